import { Pool, type Dispatcher } from "undici";
import {
  codingOf,
  packedUnasked,
  type EngineEvents,
  type EngineFailure,
  type EngineRun,
  type HttpClient,
} from "../../serve/index.ts";

export interface HttpClientOptions {
  /** `http://…` or `https://…`; only scheme, host and port are used. */
  readonly origin: string;
  /** Connections at most; requests beyond wait. */
  readonly connections?: number;
  readonly connectTimeoutMs?: number;
}

/** The conservative way to an engine's server. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const pool = new Pool(options.origin, {
    connections: options.connections ?? 256,
    pipelining: 1,
    connect: { timeout: options.connectTimeoutMs ?? 2_000 },
    // Time limits belong to the gateway, which knows the phase a request is in.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return {
    post({ path, headers, body, bytes }, events) {
      const run = new UndiciRun(events);
      pool.dispatch(
        { method: "POST", path, headers: [...headers], body: bytes ? Buffer.from(body, "latin1") : body },
        run,
      );
      return run;
    },
    async getText(path, timeoutMs, headers = []) {
      try {
        const { statusCode, body } = await pool.request({
          method: "GET",
          path,
          headers: [...headers],
          signal: AbortSignal.timeout(timeoutMs),
        });
        const text = await body.text();
        return statusCode === 200 ? text : statusCode < 500 ? "" : null;
      } catch {
        return null;
      }
    },
    close: () => pool.destroy(),
  } satisfies HttpClient;
}

class UndiciRun implements EngineRun, Dispatcher.DispatchHandler {
  readonly #events: EngineEvents;
  #controller: Dispatcher.DispatchController | null = null;
  #cancelled = false;
  #answered = false;

  constructor(events: EngineEvents) {
    this.#events = events;
  }

  cancel(): void {
    this.#cancelled = true;
    this.#controller?.abort(new Error("cancelled"));
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#cancelled) controller.abort(new Error("cancelled"));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (this.#cancelled || status < 200) return;
    this.#answered = true;
    if (codingOf(headers["content-encoding"]?.toString()) !== null) {
      this.#cancelled = true;
      this.#events.end(packedUnasked);
      this.#controller?.abort(new Error("packed"));
      return;
    }
    const contentType = String(headers["content-type"] ?? "");
    this.#events.head({ status, contentType, retryAfterMs: readRetryAfter(headers["retry-after"]) });
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#cancelled) this.#events.data(chunk.toString("latin1"));
  }

  onResponseEnd(): void {
    if (!this.#cancelled) this.#events.end(null);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (!this.#cancelled) this.#events.end(failureOf(error, this.#answered));
  }
}

/** `Retry-After` in seconds or as a date, in ms; null when absent or unreadable. */
function readRetryAfter(value: string | string[] | undefined): number | null {
  if (typeof value !== "string") return null;
  if (/^\d{1,9}(?:\.\d+)?$/.test(value)) return Number(value) * 1_000;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - Date.now());
}

/** Error texts of sockets name addresses, so only their kind is passed on. */
function failureOf(error: Error, answered: boolean): EngineFailure {
  const code = (error as { code?: string }).code ?? "";
  if (/^(?:ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|EAI_|UND_ERR_CONNECT)/.test(code)) {
    return { kind: "connect", message: "the engine cannot be reached" };
  }
  if (code.startsWith("HPE_") || code === "UND_ERR_HEADERS_OVERFLOW" || code.startsWith("UND_ERR_RES")) {
    return { kind: "protocol", message: "the engine broke the HTTP protocol" };
  }
  return {
    kind: code === "ECONNRESET" ? "reset" : "early-close",
    message: answered
      ? "the engine closed the connection in the middle of its answer"
      : "the engine closed the connection before its answer",
  };
}
