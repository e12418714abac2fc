/**
 * Finds where a member of the outermost object stands in a JSON text, so that it can be exchanged without touching
 * any other byte: unknown fields, long integers and spacing reach the engine as the caller wrote them.
 */
export interface MemberSpan {
  /** Position of the key's opening quote. */
  readonly keyStart: number;
  readonly valueStart: number;
  /** Position after the value. */
  readonly valueEnd: number;
}

/** Spans of the outermost members named in `keys`, in order of appearance. `text` must be a valid JSON object. */
export function memberSpans(text: string, keys: readonly string[]): { key: string; span: MemberSpan }[] {
  return memberSpansWithin(text, keys, Number.POSITIVE_INFINITY)!;
}

/** The same; null when any member is nested more than `deepest` levels deep. */
export function memberSpansWithin(
  text: string,
  keys: readonly string[],
  deepest: number,
): { key: string; span: MemberSpan }[] | null {
  const found: { key: string; span: MemberSpan }[] = [];
  let at = skipSpace(text, text.indexOf("{") + 1);
  while (text.charCodeAt(at) === quote) {
    const keyStart = at;
    const keyEnd = stringEnd(text, keyStart);
    const valueStart = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const valueEnd = endOfValue(text, valueStart, deepest);
    if (valueEnd < 0) return null;
    const raw = text.slice(keyStart + 1, keyEnd - 1);
    // A key may be written with escapes; only then is it worth decoding.
    const key = raw.includes("\\") ? (JSON.parse(`"${raw}"`) as string) : raw;
    if (keys.includes(key)) found.push({ key, span: { keyStart, valueStart, valueEnd } });
    at = skipSpace(text, valueEnd);
    if (text.charCodeAt(at) !== comma) break;
    at = skipSpace(text, at + 1);
  }
  return found;
}

/** Where the elements of a list stand, in order. `text` must be a valid JSON array without its brackets. */
export function elementSpans(text: string): { readonly start: number; readonly end: number }[] {
  const found: { start: number; end: number }[] = [];
  let at = skipSpace(text, 0);
  while (at < text.length) {
    const end = endOfValue(text, at, Number.POSITIVE_INFINITY);
    found.push({ start: at, end });
    at = skipSpace(text, end);
    if (text.charCodeAt(at) !== comma) break;
    at = skipSpace(text, at + 1);
  }
  return found;
}

/** Replaces the value of a member. */
export function replaceValue(text: string, span: MemberSpan, value: unknown): string {
  return text.slice(0, span.valueStart) + (value === latest ? latestText : written(value)) + text.slice(span.valueEnd);
}

/** The value that was written last, which is mostly the name of the same model again, as JSON. */
let latest: unknown = null;
let latestText = "null";

function written(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value);
  latest = value;
  return (latestText = JSON.stringify(value));
}

/** Adds a member in front of all others. */
export function addMember(text: string, key: string, value: unknown): string {
  return addWritten(text, `${JSON.stringify(key)}:${JSON.stringify(value)}`);
}

/** The same for a member that is written already. */
export function addWritten(text: string, member: string): string {
  const open = text.indexOf("{");
  const separator = text.charCodeAt(skipSpace(text, open + 1)) === closeBrace ? "" : ",";
  return text.slice(0, open + 1) + member + separator + text.slice(open + 1);
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

function skipSpace(text: string, from: number): number {
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return at;
    at++;
  }
}

/** Position after the closing quote of the string that opens at `start`. */
export function stringEnd(text: string, start: number): number {
  let at = start;
  for (;;) {
    at = text.indexOf('"', at + 1);
    if (at < 0) return text.length;
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === backslash) slashes++;
    if (slashes % 2 === 0) return at + 1;
  }
}

/** Position after the value that begins at `start`; -1 when it is nested more than `deepest` levels deep. */
function endOfValue(text: string, start: number, deepest: number): number {
  const first = text.charCodeAt(start);
  if (first === quote) return stringEnd(text, start);
  if (first !== openBrace && first !== openBracket) {
    let at = start;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === comma || code === closeBrace || code === closeBracket || code <= 0x20) break;
    }
    return at;
  }
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      at = stringEnd(text, at);
      continue;
    }
    if (code === openBrace || code === openBracket) {
      if (++depth > deepest) return -1;
    } else if (code === closeBrace || code === closeBracket) {
      depth--;
      if (depth === 0) return at + 1;
    }
    at++;
  }
  return at;
}
