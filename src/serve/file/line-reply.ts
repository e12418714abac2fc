import type { ByteText } from "../wire/ports.ts";
import type { Reply } from "../wire/transport.ts";

/** The answer to a request that the gateway made itself. */
export interface LineAnswer {
  /** 0 when the answer broke off. */
  readonly status: number;
  readonly requestId: string | null;
  readonly retryAfterMs: number | null;
  /** Engines that were asked. */
  readonly attempts: number;
  readonly body: ByteText;
}

/** Takes an answer down that no client is waiting for; reads as fast as it is written. */
export class LineReply implements Reply {
  readonly answered: Promise<LineAnswer>;
  #settle: (answer: LineAnswer) => void = () => {};
  #status = 0;
  #headers: readonly string[] = [];
  #body: ByteText = "";

  constructor() {
    this.answered = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  send(status: number, headers: readonly string[], body: ByteText | Uint8Array, last: boolean): boolean {
    this.#status = status;
    this.#headers = headers;
    this.#body = typeof body === "string" ? body : "";
    if (last) this.#finish(status);
    return true;
  }

  write(bytes: ByteText, last: boolean): boolean {
    this.#body += bytes;
    if (last) this.#finish(this.#status);
    return true;
  }

  reset(): void {
    this.#finish(0);
  }

  #finish(status: number): void {
    const retryAfterS = Number(this.#header("retry-after"));
    this.#settle({
      status,
      requestId: this.#header("x-request-id") ?? null,
      retryAfterMs: Number.isFinite(retryAfterS) && retryAfterS > 0 ? retryAfterS * 1_000 : null,
      attempts: status === 0 ? 1 : Number(this.#header("x-disperse-attempts") ?? 0),
      body: this.#body,
    });
  }

  #header(name: string): string | undefined {
    const at = this.#headers.findIndex((entry, index) => index % 2 === 0 && entry === name);
    return at < 0 ? undefined : this.#headers[at + 1];
  }
}
