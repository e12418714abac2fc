import type { Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { codingOf, packedUnasked, type EngineEvents, type EngineFailure } from "../../serve/index.ts";
import { LateWriter, requestBegan, requestEnded } from "./late-writer.ts";
import { fieldValue, type MessageHead } from "./message-head.ts";
import { MessageParser, type MessageEvents } from "./message-parser.ts";

/** A request on its way over a connection. */
export interface Carried {
  /** A character for each byte. */
  readonly head: string;
  readonly body: string;
  /** Head and body will not be sent again. */
  sent(): void;
  readonly events: EngineEvents;
  readonly cancelled: boolean;
  connection: ClientConnection | null;
  /** `fresh`: the connection carried nothing before. `answered`: something of the answer had arrived. */
  broke(failure: EngineFailure, fresh: boolean, answered: boolean): void;
}

export interface ConnectionOwner {
  /** The connection may carry another request. */
  free(): void;
  gone(): void;
}

const maxHeaderBytes = 64 * 1024;

/** One connection to an engine's server, carrying one request at a time. */
export class ClientConnection implements MessageEvents {
  readonly connectByMs: number;
  connecting = true;
  idleSinceMs = 0;
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #parser: MessageParser;
  readonly #writer: LateWriter;
  #carried: Carried | null = null;
  #fresh = true;
  #answered = false;
  #interim = false;
  #keepAlive = false;
  #text = "";
  #complete = false;
  #gone = false;
  #failure: EngineFailure | null = null;

  constructor(socket: Socket, connectByMs: number, owner: ConnectionOwner) {
    this.#socket = socket;
    this.connectByMs = connectByMs;
    this.#owner = owner;
    this.#writer = new LateWriter(socket);
    this.#parser = new MessageParser("response", this, maxHeaderBytes);
    socket.on(isSecure(socket) ? "secureConnect" : "connect", () => {
      this.connecting = false;
    });
    socket.on("end", () => this.#ended());
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.#failure ??= this.connecting
        ? { kind: "connect", message: "the engine cannot be reached" }
        : { kind: error.code === "ECONNRESET" ? "reset" : "early-close", message: "the engine broke the connection" };
    });
    socket.on("close", () => this.#closed());
  }

  carry(carried: Carried): void {
    this.#carried = carried;
    this.#answered = false;
    this.#complete = false;
    carried.connection = this;
    requestBegan();
    this.#writer.write(carried.head, carried.body);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  onHead({ status, fields, keepAlive }: MessageHead): void {
    this.#interim = status < 200;
    if (this.#interim) return;
    if (codingOf(fieldValue(fields, "content-encoding")) !== null) {
      this.#failure = packedUnasked;
      return void this.#socket.destroy();
    }
    this.#keepAlive = keepAlive;
    this.#carried?.events.head({
      status,
      contentType: fieldValue(fields, "content-type") ?? "",
      retryAfterMs: readRetryAfter(fieldValue(fields, "retry-after")),
    });
  }

  onBody(bytes: Buffer, start: number, end: number): void {
    const text = bytes.toString("latin1", start, end);
    // Nearly always there is one piece per read.
    this.#text = this.#text === "" ? text : this.#text + text;
  }

  onComplete(): boolean {
    if (!this.#interim) this.#complete = true;
    return this.#complete;
  }

  /** Takes what was read from the socket; the buffer may be reused afterwards. */
  receive(bytes: Buffer): void {
    const carried = this.#carried;
    // Bytes nobody asked for: whatever they belong to, this connection cannot be trusted with the next request.
    if (carried === null) return void this.#socket.destroy();
    if (!this.#answered) carried.sent();
    this.#answered = true;
    const taken = this.#parser.execute(bytes);
    this.#deliver(carried);
    if (this.#carried !== carried) return;
    if (typeof taken !== "number") {
      this.#failure = { kind: "protocol", message: "the engine broke the HTTP protocol" };
      this.#socket.destroy();
    } else if (this.#complete) this.#finish(carried, taken === bytes.length);
  }

  /** One delivery per read, however many chunks it held. */
  #deliver(carried: Carried): void {
    const text = this.#text;
    this.#text = "";
    if (text !== "" && !carried.cancelled) carried.events.data(text);
  }

  #finish(carried: Carried, clean: boolean): void {
    this.#carried = null;
    requestEnded();
    carried.connection = null;
    this.#fresh = false;
    this.idleSinceMs = performance.now();
    const reusable = clean && this.#keepAlive && !this.#gone && !this.#socket.destroyed;
    if (reusable && this.#socket.isPaused()) this.#socket.resume();
    if (!carried.cancelled) carried.events.end(null);
    if (reusable) this.#owner.free();
    else this.#socket.destroy();
  }

  #ended(): void {
    const carried = this.#carried;
    if (carried === null || !this.#answered) return;
    // An answer without a length ends with its connection; for any other this is too early.
    if (this.#parser.finish() && this.#complete) {
      this.#keepAlive = false;
      this.#deliver(carried);
      this.#finish(carried, false);
    } else
      this.#failure ??= {
        kind: "early-close",
        message: "the engine closed the connection in the middle of its answer",
      };
  }

  #closed(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#parser.free();
    const carried = this.#carried;
    this.#carried = null;
    this.#owner.gone();
    if (!carried) return;
    requestEnded();
    const early: EngineFailure = this.connecting
      ? { kind: "connect", message: "the engine cannot be reached" }
      : { kind: "early-close", message: "the engine closed the connection before its answer" };
    carried.broke(this.#failure ?? early, this.#fresh, this.#answered);
  }
}

function isSecure(socket: Socket): boolean {
  return "encrypted" in socket;
}

/** `Retry-After` in seconds or as a date, in ms; null when absent or unreadable. */
function readRetryAfter(value: string | undefined): number | null {
  if (value === undefined) return null;
  if (/^\d{1,9}(?:\.\d+)?$/.test(value)) return Number(value) * 1_000;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - Date.now());
}
