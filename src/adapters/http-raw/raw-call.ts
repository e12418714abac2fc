import type { Socket } from "node:net";
import type { ByteSource, ByteText, Call } from "../../serve/index.ts";
import { giveBack, joined } from "./body-bytes.ts";
import { fieldValue, type MessageHead } from "./message-head.ts";
import { requestFacts } from "./request-facts.ts";

/** A form's bytes, left where they lie until somebody wants them as a text. */
export class FormBody implements ByteSource {
  readonly length: number;
  /** All but the last of the same length. */
  #pieces: readonly [Buffer, ...Buffer[]] | null;
  readonly #pieceBytes: number;
  #text: ByteText | null = null;

  /** `own`: the buffers are nobody else's. */
  constructor(pieces: readonly [Buffer, ...Buffer[]], own: boolean) {
    this.length = pieces.reduce((sum, { length }) => sum + length, 0);
    this.#pieceBytes = Math.max(1, pieces[0].length);
    this.#pieces = pieces;
    if (!own) this.#read();
  }

  get text(): ByteText {
    if (this.#pieces === null) return this.#text ?? "";
    // Never both for longer than it takes to make the one of the other.
    const whole = joined(this.#pieces);
    this.#pieces = [whole];
    const text = this.#read();
    giveBack(whole);
    return text;
  }

  /** Of a single piece. */
  #read(): ByteText {
    const text = this.#pieces![0].toString("latin1");
    this.#pieces = null;
    this.#text = text;
    return text;
  }

  /** Nobody will read it any more. */
  free(): void {
    for (const piece of this.#pieces ?? []) giveBack(piece);
    this.#pieces = null;
    this.#text = null;
  }

  indexOf(text: ByteText, from = 0): number {
    if (this.#pieces === null) return this.#text?.indexOf(text, from) ?? -1;
    for (let index = Math.floor(from / this.#pieceBytes); index < this.#pieces.length; index++) {
      const start = index * this.#pieceBytes;
      const found = this.#pieces[index]!.indexOf(text, Math.max(0, from - start), "latin1");
      if (found >= 0) return start + found;
      // It may begin here and end in a later piece.
      const seam = Math.max(from, start + this.#pieceBytes - text.length + 1);
      const across = this.slice(seam, start + this.#pieceBytes + text.length - 1).indexOf(text);
      if (across >= 0) return seam + across;
    }
    return -1;
  }

  startsWith(text: ByteText, at = 0): boolean {
    return this.slice(at, at + text.length) === text;
  }

  slice(from: number, to: number): ByteText {
    if (this.#pieces === null) return this.#text?.slice(from, to) ?? "";
    let text = "";
    for (let at = from; at < Math.min(to, this.length);) {
      const index = Math.floor(at / this.#pieceBytes);
      const start = index * this.#pieceBytes;
      text += this.#pieces[index]!.toString("latin1", at - start, to - start);
      at = start + this.#pieceBytes;
    }
    return text;
  }
}

/** A request as the gateway sees it. */
export class RawCall implements Call {
  readonly method: string;
  readonly path: string;
  readonly bodyBytes: number;
  readonly query: string;
  #body: string | FormBody;
  readonly #fields: readonly string[];
  readonly #socket: Socket;

  constructor(head: MessageHead, body: string | FormBody, bodyBytes: number, socket: Socket) {
    this.method = head.method;
    const { path, query } = requestFacts(head);
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

  forgetBody(): void {
    if (typeof this.#body === "string") this.#body = "";
    else this.#body.free();
  }
}
