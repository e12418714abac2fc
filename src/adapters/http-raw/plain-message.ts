import type { MessageHead } from "./message-head.ts";

/** Head and body of a message that came whole with one read, or the head of an answer whose body comes in chunks. */
export interface PlainMessage {
  readonly head: MessageHead;
  readonly bodyStart: number;
  /** `bodyStart` when the body comes in chunks. */
  readonly bodyEnd: number;
  readonly chunked: boolean;
  /** Where the digits of its length begin and end; 0 and 0 when it states none. */
  readonly lengthStart: number;
  readonly lengthEnd: number;
}

/** Heads longer than this are rare and left to llhttp, bytes. */
export const longestHead = 4 * 1024;
/** Digits of a length that is certainly a whole number below what is ever accepted. */
export const mostDigits = 12;

const carriageReturn = 0x0d;
const lineFeed = 0x0a;
const space = 0x20;
const colon = 0x3a;
const tilde = 0x7e;

/** Characters of field names (RFC 9110 §5.6.2) and, more than these, of targets as clients of an API write them. */
const ofNames = tableOf("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
const ofTargets = tableOf("/?=&%+-._~,:@0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

/**
 * Fields that say how the message ends or what becomes of the connection; llhttp judges those that are not plain. The first
 * are met most.
 */
const [contentLength, connection, transferEncoding, ...others] = [
  "content-length",
  "connection",
  "transfer-encoding",
  "expect",
  "upgrade",
  "proxy-connection",
].map((name) => Buffer.from(name, "latin1")) as [Buffer, Buffer, Buffer, ...Buffer[]];
const deciding = [contentLength, connection, transferEncoding, ...others];
const decidingLengths = new Uint8Array(256);
for (const { length } of deciding) decidingLengths[length] = 1;

/**
 * Reads a message that is as plain as nearly all are: whole in these bytes, `POST` or `GET` of a path or an answer with a
 * length or in chunks, HTTP/1.1, one line per field without anything unusual, a length in digits and nothing else that says
 * how the message ends. Null for all others: they go to llhttp, which judges everything, and every message that is read here it
 * reads to the same effect. Taking the bytes apart here costs a third, for no field has to cross from WebAssembly.
 */
export function readPlainMessage(
  bytes: Buffer,
  start: number,
  isRequest: boolean,
  maxHeaderBytes: number,
): PlainMessage | null {
  const end = Math.min(bytes.length, start + longestHead, start + maxHeaderBytes);
  let at = isRequest ? targetStart(bytes, start) : statusEnd(bytes, start, end);
  if (at < 0) return null;
  const lineStart = at;
  if (isRequest) {
    while (at < end && ofTargets[bytes[at]!] === 1) at++;
    if (at === lineStart || !isVersion(bytes, at + 1) || bytes[at] !== space) return null;
  }
  const targetEnd = at;
  if (isRequest) at += versionLength + 1;
  if (bytes[at] !== carriageReturn || bytes[at + 1] !== lineFeed) return null;
  at += 2;
  let ends = 0;
  let lengthStart = 0;
  let lengthEnd = 0;
  let length = -1;
  let chunked = false;
  while (bytes[at] !== carriageReturn) {
    const nameStart = at;
    while (at < end && ofNames[bytes[at]!] === 1) at++;
    const nameEnd = at;
    if (nameEnd === nameStart || bytes[at] !== colon || bytes[at + 1] !== space) return null;
    const valueStart = at + 2;
    at = valueStart;
    while (at < end && bytes[at]! >= space && bytes[at]! <= tilde) at++;
    // Spaces around a value are no part of it.
    if (at > valueStart && (bytes[valueStart] === space || bytes[at - 1] === space)) return null;
    if (at + 2 >= end || bytes[at] !== carriageReturn || bytes[at + 1] !== lineFeed) return null;
    const word = decidingLengths[nameEnd - nameStart] === 1 ? decidingName(bytes, nameStart, nameEnd) : null;
    if (word === connection) {
      if (!isWord(bytes, valueStart, at, keepAlive)) return null;
    } else if (word !== null) {
      if (length >= 0 || chunked) return null;
      if (word === contentLength) {
        length = wholeNumber(bytes, valueStart, at);
        lengthStart = valueStart;
        lengthEnd = at;
      } else chunked = !isRequest && word === transferEncoding && isWord(bytes, valueStart, at, chunkedCoding);
      if (length < 0 && !chunked) return null;
    }
    fieldEnds[ends++] = nameEnd;
    fieldEnds[ends++] = at;
    at += 2;
  }
  if (at + 1 >= end || bytes[at + 1] !== lineFeed) return null;
  // Without a length a request has no body, but an answer has one that ends with its connection.
  if (length < 0 && !chunked && !isRequest) return null;
  const bodyStart = at + 2;
  const bodyEnd = bodyStart + Math.max(0, length);
  if (bodyEnd > bytes.length) return null;
  // The head alone: what is cut out of a text keeps all of it, and of the body nothing is to be kept.
  const text = bytes.toString("latin1", start, bodyStart);
  const fields: string[] = [];
  let nameStart = targetEnd + 2 + (isRequest ? versionLength + 1 : 0) - start;
  for (let index = 0; index < ends; index += 2) {
    const nameEnd = fieldEnds[index]! - start;
    const valueEnd = fieldEnds[index + 1]! - start;
    fields.push(text.slice(nameStart, nameEnd), text.slice(nameEnd + 2, valueEnd));
    nameStart = valueEnd + 2;
  }
  const head: MessageHead = {
    method: isRequest ? (bytes[start] === 0x50 ? "POST" : "GET") : "",
    target: isRequest ? text.slice(lineStart - start, targetEnd - start) : "",
    status: isRequest ? 0 : statusOf(bytes, start),
    majorVersion: 1,
    minorVersion: 1,
    fields,
    keepAlive: true,
    upgrade: false,
    facts: null,
  };
  return { head, bodyStart, bodyEnd, chunked, lengthStart, lengthEnd };
}

/** Where names and values of the fields of the head that is being read end, by turns. */
const fieldEnds: number[] = [];

const chunkedCoding = Buffer.from("chunked", "latin1");
const keepAlive = Buffer.from("keep-alive", "latin1");

/** Whether a value is one word, which is in lower case, however it is written. */
function isWord(bytes: Buffer, start: number, end: number, word: Buffer): boolean {
  if (end - start !== word.length) return false;
  for (let index = 0; index < word.length; index++) {
    const byte = bytes[start + index]!;
    if ((byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte) !== word[index]) return false;
  }
  return true;
}

const version = Buffer.from("HTTP/1.1", "latin1");
const versionLength = version.length;
const post = Buffer.from("POST /", "latin1");
const get = Buffer.from("GET /", "latin1");

function isVersion(bytes: Buffer, at: number): boolean {
  return startsWith(bytes, at, version);
}

function startsWith(bytes: Buffer, at: number, word: Buffer): boolean {
  for (let index = 0; index < word.length; index++) if (bytes[at + index] !== word[index]) return false;
  return true;
}

/** Where the target of a plain request begins; -1 = it is none. */
function targetStart(bytes: Buffer, start: number): number {
  if (startsWith(bytes, start, post)) return start + post.length - 1;
  return startsWith(bytes, start, get) ? start + get.length - 1 : -1;
}

/** Where the status line of a plain answer ends; -1 = it is none. Answers that have no body whatever they say are none. */
function statusEnd(bytes: Buffer, start: number, end: number): number {
  if (!isVersion(bytes, start) || bytes[start + versionLength] !== space) return -1;
  const digits = start + versionLength + 1;
  const status = statusOf(bytes, start);
  if (!(status >= 200 && status <= 599) || status === 204 || status === 304 || bytes[digits + 3] !== space) return -1;
  let at = digits + 4;
  while (at < end && bytes[at]! >= space && bytes[at]! <= tilde) at++;
  return at;
}

function statusOf(bytes: Buffer, start: number): number {
  return wholeNumber(bytes, start + versionLength + 1, start + versionLength + 4);
}

/** The number that digits make; -1 when there is anything else among them or they are too many. */
function wholeNumber(bytes: Buffer, start: number, end: number): number {
  if (end - start > mostDigits || end <= start) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - 0x30;
    if (!(digit >= 0 && digit <= 9)) return -1;
    value = value * 10 + digit;
  }
  return value;
}

function decidingName(bytes: Buffer, start: number, end: number): Buffer | null {
  for (let index = 0; index < deciding.length; index++)
    if (isWord(bytes, start, end, deciding[index]!)) return deciding[index]!;
  return null;
}

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
}
