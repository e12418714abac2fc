import type { ByteText, EngineEvents, EngineRun } from "./ports.ts";

/**
 * Bytes that are searched and cut like `ByteText`, wherever they lie: a large body then need not become a text of its own
 * as well. Every `ByteText` is one.
 */
export interface ByteSource {
  readonly length: number;
  indexOf(text: ByteText, from?: number): number;
  startsWith(text: ByteText, at?: number): boolean;
  slice(from: number, to: number): ByteText;
}

/** A request as a transport hands it over: complete, within the size limits, and already decoded. */
export interface Call {
  readonly method: string;
  /** Without query. */
  readonly path: string;
  /** Ordinary text; of a form (`multipart/…`) `ByteText`, because it may hold anything. */
  readonly body: string;
  readonly bodyBytes: number;
  /** Of a form: its bytes where they lie; absent = only `body` has them. Who needs no text should not ask for `body`. */
  readonly bytes?: ByteSource | undefined;
  /** What follows the question mark of the target; absent or empty when there is none. */
  readonly query?: string;
  /** The connection comes from this machine, as far as the transport can tell; absent = it does not or is unknown. */
  readonly local?: boolean;
  /** Set by the gateway itself for requests it makes on somebody's behalf; a transport never sets it. */
  readonly onBehalfOf?: OnBehalfOf;
  /** Value of a header field by its lower-case name; several fields of one name joined with ", ". */
  header(name: string): string | undefined;
  /** Nobody will ask for the body any more: a stream lasts long, and what was asked need not lie there until its end. */
  forgetBody?(): void;
}

/** A request of a batch: who asked for it, and the id under which it is metered once however often it is tried. */
export interface OnBehalfOf {
  readonly keyId: string | null;
  readonly requestId: string;
}

/** The way back to one client. */
export interface Reply {
  /**
   * Sends status, header fields (name, value, name, value, …) and the beginning of the body. With `last` the answer is
   * complete and its length known. Returns false when the client reads slower than we write.
   */
  send(status: number, headers: readonly string[], body: ByteText | Uint8Array, last: boolean): boolean;
  /** Continues the body; with `last` it ends properly. Returns false when the client reads slower than we write. */
  write(bytes: ByteText, last: boolean): boolean;
  /** Breaks the connection, so that the client can tell that something is missing. */
  reset(): void;
}

/** A request being answered, as the transport sees it. */
export interface Exchange {
  /** The client closed or reset its connection before the answer was complete. */
  clientLeft(): void;
  /** The client has read what was waiting; writing may go on. */
  drained(): void;
}

/** Something to show at a path that is not part of the API: the console's files, metrics, plan documents. */
export interface Page {
  readonly status: number;
  readonly contentType: string;
  readonly body: ByteText | Uint8Array;
  readonly headers?: readonly string[];
}

/**
 * `known`: who asks holds a key or sits at this machine, and may be told the names of tenants. `takesGzip`: the body may
 * come packed, which `content-encoding` then says.
 */
export type PageSource = (path: string, known: boolean, takesGzip: boolean) => Page | null | Promise<Page | null>;

/** How an engine adapter reaches its server. */
export interface HttpClient {
  /** Sends a POST. No event is delivered before it has returned; redirects are answers like any other. */
  post(request: HttpPost, events: EngineEvents): EngineRun;
  /** Fetches a small text; empty when the server answers that it has none (a status below 500 other than 200), else null. */
  getText(path: string, timeoutMs: number, headers?: readonly string[]): Promise<string | null>;
  close(): Promise<void>;
}

export interface HttpPost {
  readonly path: string;
  /** Field names in lower case, and values, by turns; without host and length. */
  readonly headers: readonly string[];
  /** Ordinary text, sent as UTF-8; with `bytes` it is `ByteText` and sent as it is. */
  readonly body: string;
  readonly bytes?: boolean;
}
