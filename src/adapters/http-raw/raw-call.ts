import type { Socket } from "node:net";
import { splitTarget, type ByteSource, type ByteText, type Call } from "../../serve/index.ts";
import { fieldValue, type MessageHead } from "./message-head.ts";

const nothing: Buffer = Buffer.alloc(0);

/** A form's bytes, left where they lie until somebody wants them as a text. */
export class FormBody implements ByteSource {
  #bytes: Buffer;
  #text: ByteText | null;

  /** `own`: the buffer is nobody else's. */
  constructor(bytes: Buffer, own: boolean) {
    this.#bytes = bytes;
    this.#text = own ? null : bytes.toString("latin1");
  }

  get text(): ByteText {
    // Never both for longer than it takes to make the one of the other.
    this.#text ??= this.#bytes.toString("latin1");
    this.#bytes = nothing;
    return this.#text;
  }

  /** Nobody will read it any more: the memory of a large one need not wait for the collector. */
  free(): void {
    if (this.#text === null && this.#bytes.length > 0) (this.#bytes.buffer as ArrayBuffer).transfer(0);
    this.#bytes = nothing;
  }

  get length(): number {
    return this.#text?.length ?? this.#bytes.length;
  }

  indexOf(text: ByteText, from = 0): number {
    return this.#text === null ? this.#bytes.indexOf(text, from, "latin1") : this.#text.indexOf(text, from);
  }

  startsWith(text: ByteText, at = 0): boolean {
    return this.slice(at, at + text.length) === text;
  }

  slice(from: number, to: number): ByteText {
    return this.#text === null ? this.#bytes.toString("latin1", from, to) : this.#text.slice(from, to);
  }
}

/** A request as the gateway sees it. */
export class RawCall implements Call {
  readonly method: string;
  readonly path: string;
  readonly bodyBytes: number;
  readonly query: string;
  readonly #body: string | FormBody;
  readonly #fields: readonly string[];
  readonly #socket: Socket;

  constructor(head: MessageHead, body: string | FormBody, bodyBytes: number, socket: Socket) {
    this.method = head.method;
    const { path, query } = splitTarget(head.target);
    this.path = path;
    this.query = query;
    this.#body = body;
    this.bodyBytes = bodyBytes;
    this.#fields = head.fields;
    this.#socket = socket;
  }

  get body(): string {
    return typeof this.#body === "string" ? this.#body : this.#body.text;
  }

  get bytes(): ByteSource | undefined {
    return typeof this.#body === "string" ? undefined : this.#body;
  }

  /** Looked up only when somebody asks: few requests depend on it. */
  get local(): boolean {
    return /^(?:127\.|::1$|::ffff:127\.)/.test(this.#socket.remoteAddress ?? "");
  }

  header(name: string): string | undefined {
    return fieldValue(this.#fields, name);
  }
}
