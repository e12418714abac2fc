import type { RequestFacts } from "./request-facts.ts";

/** Start line and fields of an HTTP/1 message. */
export interface MessageHead {
  /** Requests only. */
  readonly method: string;
  readonly target: string;
  /** Responses only. */
  readonly status: number;
  /** 1, or what a message that should be refused says. */
  readonly majorVersion: number;
  readonly minorVersion: number;
  /** Names as written, and values, by turns. */
  readonly fields: readonly string[];
  /** The sender will keep the connection open after this message. */
  readonly keepAlive: boolean;
  readonly upgrade: boolean;
  /** Of requests, once somebody has asked for them; all but the length of the body is the same whenever the head comes again. */
  facts: RequestFacts | null;
}

/** Value of a field by its lower-case name; several fields of one name joined with ", ". */
export function fieldValue(fields: readonly string[], name: string): string | undefined {
  let value: string | undefined;
  for (let index = 0; index < fields.length; index += 2) {
    if (!isNamed(fields[index]!, name)) continue;
    value = value === undefined ? fields[index + 1]! : `${value}, ${fields[index + 1]!}`;
  }
  return value;
}

/** Whether a field's name as written is `name`, which is in lower case. Names differ soon, so nothing is converted. */
export function isNamed(written: string, name: string): boolean {
  const { length } = name;
  if (written.length !== length) return false;
  for (let index = 0; index < length; index++) {
    const code = written.charCodeAt(index);
    const lower = code >= 0x41 && code <= 0x5a ? code | 0x20 : code;
    if (lower !== name.charCodeAt(index)) return false;
  }
  return true;
}

/** Field lines of names and values by turns. Adding texts costs less than a template, which asks of each what it is. */
export function fieldLines(fields: readonly string[]): string {
  let lines = "";
  for (let index = 0; index < fields.length; index += 2) lines += fields[index]! + ": " + fields[index + 1]! + "\r\n";
  return lines;
}
