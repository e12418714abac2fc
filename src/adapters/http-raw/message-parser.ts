import { createRequire } from "node:module";
import { ChunkReader } from "./chunk-reader.ts";
import type { MessageHead } from "./message-head.ts";
import { RepeatedHead } from "./repeated-head.ts";

export interface MessageEvents {
  onHead(head: MessageHead): void;
  /** A piece of the body: `bytes` from `start` to `end`. Valid during the call only if the caller reuses buffers. */
  onBody(bytes: Buffer, start: number, end: number): void;
  /** Return true to stop before the next message on the connection. */
  onComplete(): boolean;
}

/** Why parsing stopped for good; the name is llhttp's. */
export interface ParseError {
  readonly code: string;
  readonly headersTooLarge: boolean;
  /** The start line names a version that is not spoken here. */
  readonly otherVersion: boolean;
}

/** Hears of what was read and told before. */
const nobody: MessageEvents = { onHead() {}, onBody() {}, onComplete: () => false };

const ok = 0;
const paused = 21;
const pausedForUpgrade = 22;
const requestType = 1;
const responseType = 2;
/** Bytes handed to the parser at once; what Node reads from a socket at once fits. */
const bufferBytes = 64 * 1024;

/**
 * A strict HTTP/1 parser: llhttp, the one inside Node, in the WebAssembly build that the package undici carries. It
 * gives spans of the bytes read, no objects, which is what makes it several times cheaper than `node:http`. Messages in which
 * there is nothing to judge are read without it, see `RepeatedHead`.
 */
export class MessageParser {
  readonly #pointer: number;
  #events: MessageEvents;
  readonly #maxHeaderBytes: number;
  #fields: string[] = [];
  #lastWasValue = true;
  #target = "";
  #headerBytes = 0;
  #headersTooLarge = false;
  readonly #isRequest: boolean;
  readonly #heads = new RepeatedHead();
  /** Between the first byte of a message that llhttp reads and its end. */
  #inMessage = false;
  /** A message was the last one, or leads to another protocol: llhttp knows what may come behind it. */
  #isLast = false;
  /** Reads the body of an answer in plain chunks. */
  #chunks: ChunkReader | null = null;
  #inChunks = false;

  constructor(kind: "request" | "response", events: MessageEvents, maxHeaderBytes: number) {
    this.#events = events;
    this.#maxHeaderBytes = maxHeaderBytes;
    this.#isRequest = kind === "request";
    this.#pointer = wasm.llhttp_alloc(kind === "request" ? requestType : responseType);
    parsers.set(this.#pointer, this);
  }

  /** Parses from `start`; returns the position up to which bytes were taken, or the error. */
  execute(bytes: Buffer, start = 0): number | ParseError {
    let at = start;
    while (at < bytes.length) {
      if (this.#inChunks) {
        at = this.#readChunks(bytes, at);
        if (this.#inChunks || this.#inMessage) continue;
        if (this.#events.onComplete()) return at;
        continue;
      }
      const isStart = !this.#inMessage && !this.#isLast;
      const plain = isStart ? this.#heads.read(bytes, at, this.#isRequest, this.#maxHeaderBytes) : null;
      if (plain !== null) {
        at = plain.bodyEnd;
        this.#events.onHead(plain.head);
        if (plain.chunked) {
          this.#inChunks = true;
          (this.#chunks ??= new ChunkReader()).reset();
          continue;
        }
        if (at > plain.bodyStart) this.#events.onBody(bytes, plain.bodyStart, at);
        if (this.#events.onComplete()) return at;
        continue;
      }
      const end = Math.min(bytes.length, at + bufferBytes);
      writeMemory(bytes, at, end);
      // oxlint-disable-next-line typescript/no-this-alias -- llhttp's callbacks carry no pointer to their parser.
      current = this;
      currentBytes = bytes;
      currentText = "";
      currentShift = at - buffer;
      const outcome = wasm.llhttp_execute(this.#pointer, buffer, end - at);
      current = null;
      if (outcome === paused || outcome === pausedForUpgrade) {
        const stop = wasm.llhttp_get_error_pos(this.#pointer) + currentShift;
        if (outcome === paused) wasm.llhttp_resume(this.#pointer);
        else wasm.llhttp_resume_after_upgrade(this.#pointer);
        return stop;
      }
      if (outcome !== ok) return this.#failure(outcome);
      at = end;
    }
    return at;
  }

  /** Reads on in the body of an answer; what is not plain in it llhttp reads from there on, as if it had read all of it. */
  #readChunks(bytes: Buffer, from: number): number {
    const chunks = this.#chunks!;
    const before = chunks.read(bytes, from);
    if (chunks.to > chunks.from) this.#events.onBody(bytes, chunks.from, chunks.to);
    if (chunks.isOver || before !== null) this.#inChunks = false;
    if (before !== null) {
      const events = this.#events;
      this.#events = nobody;
      this.#inMessage = true;
      this.execute(Buffer.from(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${before}`, "latin1"));
      this.#events = events;
    }
    return chunks.at;
  }

  /** The connection ended. True when that is a proper end of the message in progress, which then completes. */
  finish(): boolean {
    if (this.#inChunks) return false;
    // oxlint-disable-next-line typescript/no-this-alias -- as above.
    current = this;
    const outcome = wasm.llhttp_finish(this.#pointer);
    current = null;
    // A message that ends with its connection is completed by this, and whoever hears of it stops the parser there.
    return outcome === ok || outcome === paused;
  }

  /** Gives the parser's memory back; it must not be used afterwards. */
  free(): void {
    if (parsers.delete(this.#pointer)) wasm.llhttp_free(this.#pointer);
  }

  begin(): number {
    this.#inMessage = true;
    this.#fields = [];
    this.#lastWasValue = true;
    this.#target = "";
    this.#headerBytes = 0;
    return 0;
  }

  /** A piece of the request target; long ones come in several. */
  url(text: string): number {
    this.#target += text;
    return this.#count(text.length);
  }

  field(text: string): number {
    if (this.#lastWasValue) this.#fields.push(text, "");
    else this.#fields[this.#fields.length - 2] += text;
    this.#lastWasValue = false;
    return this.#count(text.length);
  }

  value(text: string): number {
    if (this.#fields.length > 0) this.#fields[this.#fields.length - 1] += text;
    this.#lastWasValue = true;
    return this.#count(text.length);
  }

  headersComplete(status: number, upgrade: boolean, keepAlive: boolean): number {
    const method = status === 0 ? (methodNames[wasm.llhttp_get_method(this.#pointer)] ?? "") : "";
    this.#isLast ||= upgrade || !keepAlive;
    const fields = this.#fields;
    // What comes behind the body is no part of the head: nobody judged it as one.
    this.#fields = [];
    this.#events.onHead({
      method,
      target: this.#target,
      status,
      majorVersion: wasm.llhttp_get_http_major(this.#pointer),
      minorVersion: wasm.llhttp_get_http_minor(this.#pointer),
      fields,
      keepAlive,
      upgrade,
      facts: null,
    });
    return 0;
  }

  body(start: number, end: number): number {
    this.#events.onBody(currentBytes, start, end);
    return 0;
  }

  messageComplete(): number {
    this.#inMessage = false;
    return this.#events.onComplete() ? paused : 0;
  }

  #failure(outcome: number): ParseError {
    const code = textIn(wasm.llhttp_errno_name(outcome));
    // A line end that is none behind the version bears the same name. The other name is what llhttp says of what a client
    // says first that takes HTTP/2 for granted.
    const isVersion =
      code === "HPE_INVALID_VERSION" && !textIn(wasm.llhttp_get_error_reason(this.#pointer)).includes("CRLF");
    const otherVersion = isVersion || code === "HPE_PAUSED_H2_UPGRADE";
    return { code, headersTooLarge: this.#headersTooLarge, otherVersion };
  }

  #count(bytes: number): number {
    this.#headerBytes += bytes;
    if (this.#headerBytes <= this.#maxHeaderBytes) return 0;
    this.#headersTooLarge = true;
    return -1;
  }
}

/** The part of WebAssembly used here; the types of Node leave it to those of browsers. */
declare const WebAssembly: {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

interface Wasm {
  readonly memory: { readonly buffer: ArrayBuffer };
  malloc(bytes: number): number;
  llhttp_alloc(type: number): number;
  llhttp_free(parser: number): void;
  llhttp_execute(parser: number, data: number, length: number): number;
  llhttp_finish(parser: number): number;
  llhttp_resume(parser: number): void;
  llhttp_resume_after_upgrade(parser: number): void;
  llhttp_get_error_pos(parser: number): number;
  llhttp_get_method(parser: number): number;
  llhttp_get_http_major(parser: number): number;
  llhttp_get_http_minor(parser: number): number;
  llhttp_errno_name(code: number): number;
  llhttp_get_error_reason(parser: number): number;
}

// The parser's callbacks are functions of the WebAssembly instance, so which parser is at work is kept beside it. Calls
// never nest: a parser runs to its end or pause before anything else happens on this thread.
const parsers = new Map<number, MessageParser>();
let current: MessageParser | null = null;
let currentBytes: Buffer = Buffer.alloc(0);
/** The part of `currentBytes` that begins with the first field, as text: fields are cut out of it, see `textAt`. */
let currentText = "";
let currentTextFrom = 0;
/** What to add to an address in the instance's memory to get a position in `currentBytes`. */
let currentShift = 0;

const require = createRequire(import.meta.url);
const wasm = instantiate();
const buffer = wasm.malloc(bufferBytes);
let memory = new Uint8Array(wasm.memory.buffer);
const methodNames = namesOfMethods();

function instantiate(): Wasm {
  const code = require("undici/lib/llhttp/llhttp_simd-wasm.js") as Uint8Array;
  const instance = new WebAssembly.Instance(new WebAssembly.Module(code), {
    env: {
      wasm_on_message_begin: () => current!.begin(),
      wasm_on_url: (_parser: number, at: number, length: number) => current!.url(textAt(at, length)),
      wasm_on_status: () => 0,
      wasm_on_header_field: (_parser: number, at: number, length: number) => current!.field(textAt(at, length)),
      wasm_on_header_value: (_parser: number, at: number, length: number) => current!.value(textAt(at, length)),
      wasm_on_headers_complete: (_parser: number, status: number, upgrade: number, keepAlive: number) =>
        current!.headersComplete(status, upgrade !== 0, keepAlive !== 0),
      wasm_on_body: (_parser: number, at: number, length: number) =>
        current!.body(at + currentShift, at + currentShift + length),
      wasm_on_message_complete: () => current!.messageComplete(),
    },
  });
  return instance.exports as Wasm;
}

/** Bytes turned into text at once: most heads end within. */
const headBytes = 1_024;

/** Text at an address of the instance's memory. Converting a head once costs less than converting each of its fields. */
function textAt(address: number, length: number): string {
  const start = address + currentShift;
  if (currentText === "") {
    currentTextFrom = start;
    currentText = currentBytes.toString("latin1", start, Math.min(currentBytes.length, start + headBytes));
  }
  const from = start - currentTextFrom;
  return from + length <= currentText.length
    ? currentText.slice(from, from + length)
    : currentBytes.toString("latin1", start, start + length);
}

function writeMemory(bytes: Buffer, start: number, end: number): void {
  // Growing the memory replaces its buffer and leaves older views empty, which is quicker to see than what it is now.
  if (memory.length === 0) memory = new Uint8Array(wasm.memory.buffer);
  memory.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), buffer);
}

/** A text that ends with a zero, at an address of the instance's memory. */
function textIn(at: number): string {
  if (memory.length === 0) memory = new Uint8Array(wasm.memory.buffer);
  return Buffer.from(memory.subarray(at, memory.indexOf(0, at))).toString("latin1");
}

function namesOfMethods(): Record<number, string> {
  const { METHODS } = require("undici/lib/llhttp/constants.js") as { METHODS: Record<string, number> };
  return Object.fromEntries(Object.entries(METHODS).map(([name, number]) => [number, name]));
}
