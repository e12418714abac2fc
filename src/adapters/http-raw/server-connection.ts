import { isUtf8 } from "node:buffer";
import type { Socket } from "node:net";
import { performance } from "node:perf_hooks";
import {
  apiError,
  packingRefusal,
  type ApiError,
  type ByteText,
  type Exchange,
  type Gateway,
  type Reply,
  type Unpack,
} from "../../serve/index.ts";
import { ArrivingBody, type BodyLimits } from "./arriving-body.ts";
import { joined } from "./body-bytes.ts";
import { LateWriter } from "./late-writer.ts";
import type { MessageHead } from "./message-head.ts";
import { MessageParser, type MessageEvents } from "./message-parser.ts";
import { FormBody, RawCall } from "./raw-call.ts";
import { RepeatedLines } from "./repeated-lines.ts";
import { parseRefusal, requestFacts, statedLength } from "./request-facts.ts";
import { statusLine } from "./status-line.ts";

export interface ConnectionLimits extends BodyLimits {
  readonly maxHeaderBytes: number;
  readonly headersTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  /** Null = packed bodies are refused. */
  readonly unpack: Unpack | null;
}

/** Time a client gets to read an error before its connection is cut, ms: anew with all that still comes of what it sends, up to the most. */
const lingerMs = 1_000;
const lingerMostMs = 30_000;
/** Whoever sends a body at this pace gets the time for all of it: a megabyte over a slow line takes longer than the same minute. */
const patientBytesPerMs = 64;
/** Bytes of a next request that may wait while one is being answered. */
const maxWaitingBytes = 64 * 1024;

/** Of all answers, whoever they go to. */
const lines = new RepeatedLines();

/**
 * One client connection: requests one after the other, each handed to the gateway when complete, and its answer written
 * straight to the socket. One write per piece of answer, framing included.
 */
export class ServerConnection implements MessageEvents, Reply {
  readonly socket: Socket;
  readonly #gateway: Gateway;
  readonly #limits: ConnectionLimits;
  readonly #parser: MessageParser;
  readonly #writer: LateWriter;
  /** When to give up on what the client is doing; Infinity while the gateway is at work. */
  deadlineMs: number;
  /** Since when it waits for a request, or for the rest of its head; good while it is `idle`. */
  idleSinceMs: number;
  /** When the bytes that are being parsed came. */
  #readMs: number;
  /** When it is cut whatever still comes; null until there is nothing more to say. */
  #cutMs: number | null = null;
  /** A request has begun to arrive. */
  #begun = false;
  #head: MessageHead | null = null;
  readonly #body: ArrivingBody;
  /** The form that is being answered. */
  #form: FormBody | null = null;
  #exchange: Exchange | null = null;
  #answering = false;
  #chunked = false;
  #closeAfter = false;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #closed = false;
  #stopping = false;

  constructor(socket: Socket, gateway: Gateway, limits: ConnectionLimits, nowMs: number) {
    this.socket = socket;
    this.#gateway = gateway;
    this.#limits = limits;
    this.#writer = new LateWriter(socket);
    this.#parser = new MessageParser("request", this, limits.maxHeaderBytes);
    this.#body = new ArrivingBody(limits, () => gateway.senderOf(new RawCall(this.#head!, "", 0, socket)));
    this.deadlineMs = nowMs + limits.headersTimeoutMs;
    this.idleSinceMs = nowMs;
    this.#readMs = nowMs;
    socket.on("drain", () => this.#exchange?.drained());
    socket.on("end", () => this.#leave());
    socket.on("close", () => this.#leave());
    socket.on("error", () => this.#leave());
  }

  get idle(): boolean {
    return !this.#answering && this.#head === null;
  }

  /** No further request is taken; an idle connection closes at once. */
  stop(): void {
    this.#stopping = true;
    if (this.idle) this.#end();
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** The deadline has passed. */
  expired(): void {
    this.deadlineMs = Number.POSITIVE_INFINITY;
    if (this.#answering || this.#closed) this.socket.destroy();
    else if (this.#begun) this.#reject(apiError("request_timeout"));
    else this.#closeGently();
  }

  onHead(head: MessageHead): void {
    this.#head = head;
    this.deadlineMs = this.#readMs + this.#limits.bodyTimeoutMs;
    if (this.#body.expect(statedLength(head)) && requestFacts(head).waits) this.#write("HTTP/1.1 100 Continue\r\n\r\n");
  }

  onBody(bytes: Buffer, start: number, end: number): void {
    this.deadlineMs += (end - start) / patientBytesPerMs;
    this.#body.add(bytes, start, end);
  }

  onComplete(): boolean {
    const head = this.#head!;
    this.deadlineMs = Number.POSITIVE_INFINITY;
    this.#answering = true;
    this.#closeAfter = !head.keepAlive || head.upgrade || this.#stopping;
    const { isOwn: own, refusal } = this.#body;
    const body = this.#body.take();
    const { error, isLast, packing } = requestFacts(head);
    if (error !== null) {
      if (isLast) this.#closeAfter = true;
      this.#refuse(error);
    } else if (refusal !== null) this.#refuse(refusal);
    else if (packing !== null && body[0].length > 0) {
      this.#unpack(head, packing, own ? joined(body) : Buffer.from(body[0]));
    } else this.#hand(head, body, own);
    return true;
  }

  /** `own`: the buffers are nobody else's; several always are. */
  #hand(head: MessageHead, body: [Buffer, ...Buffer[]], own: boolean): void {
    if (requestFacts(head).isForm) this.#form = new FormBody(body, own);
    const bodyBytes = body.reduce((sum, { length }) => sum + length, 0);
    const read = this.#form ?? textOf(joined(body));
    if (read === null) return this.#refuse(apiError("invalid_json", { detail: "The body is not valid UTF-8." }));
    const exchange = this.#gateway.handle(new RawCall(head, read, bodyBytes, this.socket), this);
    // The answer may be complete already, and then nobody is interested in this exchange any more.
    if (this.#answering) this.#exchange = exchange;
  }

  #unpack(head: MessageHead, coding: string, packed: Buffer): void {
    const { unpack, maxBodyBytes } = this.#limits;
    if (unpack === null) return this.#refuse(packingRefusal("unknown-coding", coding, maxBodyBytes));
    const waiting: Exchange = { clientLeft() {}, drained() {} };
    this.#exchange = waiting;
    void unpack(coding, packed, maxBodyBytes).then((unpacked) => {
      // Taken away when the client leaves.
      if (this.#exchange !== waiting) return;
      this.#exchange = null;
      if (!unpacked.ok) return this.#refuse(packingRefusal(unpacked.fault, coding, maxBodyBytes));
      const { buffer, byteOffset, byteLength } = unpacked.bytes;
      this.#hand(head, [Buffer.from(buffer, byteOffset, byteLength)], true);
    });
  }

  send(status: number, headers: readonly string[], body: ByteText | Uint8Array, last: boolean): boolean {
    if (this.#closed) return true;
    const head = this.#head;
    const old = head?.minorVersion === 0;
    const bodyless = head?.method === "HEAD";
    let text = statusLine(status);
    text += lines.of(headers);
    if (old || this.#stopping) this.#closeAfter = true;
    if (this.#closeAfter) text += "connection: close\r\n";
    if (last) {
      text += `content-length: ${typeof body === "string" ? body.length : body.byteLength}\r\n\r\n`;
      if (bodyless) this.#write(text);
      else if (typeof body === "string") this.#write(text, body);
      else {
        this.#write(text);
        this.#writer.flush();
        this.socket.write(body);
      }
      this.#finish();
      return true;
    }
    // An HTTP/1.0 client knows no chunks: there the end of the connection is the end of the answer.
    this.#chunked = !old;
    text += this.#chunked ? "transfer-encoding: chunked\r\n\r\n" : "\r\n";
    const first = typeof body === "string" ? body : Buffer.from(body).toString("latin1");
    return this.#write(text, this.#frame(first));
  }

  write(bytes: ByteText, last: boolean): boolean {
    if (this.#closed) return true;
    if (!last) return this.#write(this.#frame(bytes));
    this.#write(this.#chunked ? `${this.#frame(bytes)}0\r\n\r\n` : bytes);
    this.#finish();
    return true;
  }

  reset(): void {
    this.#exchange = null;
    this.#writer.flush();
    this.socket.resetAndDestroy();
  }

  #write(text: ByteText, more?: ByteText): boolean {
    return this.#writer.write(text, more);
  }

  #end(): void {
    this.#writer.flush();
    this.socket.end();
  }

  #frame(bytes: ByteText): ByteText {
    if (!this.#chunked || bytes === "") return bytes;
    return `${bytes.length.toString(16)}\r\n${bytes}\r\n`;
  }

  /** Takes what was read from the socket; the buffer may be reused afterwards. */
  read(bytes: Buffer): void {
    if (this.#closed) return;
    if (this.#closeAfter && this.#answering) return this.#linger();
    if (this.#answering) {
      this.#waiting.push(Buffer.from(bytes));
      this.#waitingBytes += bytes.length;
      if (this.#waitingBytes > maxWaitingBytes) this.socket.pause();
      return;
    }
    this.#parse(bytes);
  }

  #parse(bytes: Buffer): void {
    this.#readMs = performance.now();
    // A head has its time from its first byte on; that more of it comes is no reason to give it more.
    if (!this.#begun) {
      this.#begun = true;
      this.idleSinceMs = this.#readMs;
      this.deadlineMs = this.#readMs + this.#limits.headersTimeoutMs;
    }
    const taken = this.#parser.execute(bytes);
    this.#body.keep();
    if (typeof taken !== "number") {
      return this.#reject(parseRefusal(taken));
    }
    if (!this.#answering) {
      const { refusal } = this.#body;
      if (refusal !== null) return this.#reject(refusal);
    }
    if (taken < bytes.length && !this.#closeAfter) {
      const rest = bytes.subarray(taken);
      if (this.#answering) {
        this.#waiting.unshift(Buffer.from(rest));
        this.#waitingBytes += rest.length;
      } else this.#parse(rest);
    }
  }

  /** The answer is complete: make ready for the next request. */
  #finish(): void {
    this.#exchange = null;
    this.#answering = false;
    this.#form?.free();
    this.#form = null;
    this.#head = null;
    this.#begun = false;
    this.#body.next();
    if (this.#closeAfter) return this.#closeGently();
    this.idleSinceMs = performance.now();
    this.deadlineMs = this.idleSinceMs + this.#limits.keepAliveTimeoutMs;
    if (this.#waiting.length === 0) return;
    // Answers are often complete within the parser's own callback, where it must not be entered again.
    queueMicrotask(() => this.#readWaiting());
  }

  #readWaiting(): void {
    if (this.#answering || this.#closed) return;
    const bytes = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (this.socket.isPaused()) this.socket.resume();
    this.#parse(bytes);
  }

  /** Answers something that never became a request; the connection cannot be trusted afterwards. */
  #reject(error: ApiError): void {
    if (this.#answering) return void this.socket.destroy();
    this.#answering = true;
    this.#closeAfter = true;
    this.#body.drop();
    this.#refuse(error);
  }

  #refuse(error: ApiError): void {
    const head = this.#head;
    this.#gateway.refuse(this, error, head === null ? undefined : new RawCall(head, "", 0, this.socket));
  }

  /** Ends our side and keeps reading for a moment, because a reset would take the answer away from a client still writing. */
  #closeGently(): void {
    this.#answering = true;
    this.#cutMs = performance.now() + lingerMostMs;
    this.#linger();
    this.#end();
  }

  #linger(): void {
    if (this.#cutMs !== null) this.deadlineMs = Math.min(performance.now() + lingerMs, this.#cutMs);
  }

  #leave(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.deadlineMs = Number.POSITIVE_INFINITY;
    const exchange = this.#exchange;
    this.#exchange = null;
    this.#parser.free();
    this.#body.drop();
    this.#writer.flush();
    if (!this.socket.writableEnded) this.socket.destroy();
    exchange?.clientLeft();
  }
}

/** Bytes as text; null when they are not valid UTF-8, which shows in the text, so that most are looked at once. */
function textOf(bytes: Buffer): string | null {
  const text = bytes.toString("utf8");
  return text.includes("\ufffd") && !isUtf8(bytes) ? null : text;
}
