import { connect as connectPlain, isIP, type LookupFunction } from "node:net";
import { connect as connectTls } from "node:tls";
import { performance } from "node:perf_hooks";
import type { EngineEvents, EngineFailure, EngineRun, HttpClient, HttpPost } from "../../serve/index.ts";
import { ClientConnection } from "./client-connection.ts";
import { fieldLines } from "./message-head.ts";
import { RepeatedLines } from "./repeated-lines.ts";
import { readBuffer } from "./shared-reads.ts";

export interface HttpClientOptions {
  /** `http://…` or `https://…`; only scheme, host and port are used. */
  readonly origin: string;
  /** Connections at most; requests beyond wait for one. */
  readonly connections?: number;
  readonly connectTimeoutMs?: number;
  /**
   * How long an idle connection is kept. Shorter than the 5 s after which common engine servers close theirs, so that
   * a request seldom meets a connection that is just being closed.
   */
  readonly idleTimeoutMs?: number;
  /** How a name is resolved, which is also where addresses can be refused; the system's way when absent. */
  readonly lookup?: LookupFunction;
  /** Connect to this address instead of the origin's, which goes on to name the server (several behind one name). */
  readonly address?: string;
}

const unreachable: EngineFailure = { kind: "connect", message: "the engine cannot be reached" };
const sweepMs = 500;
/** Largest text `getText` takes. */
const maxTextBytes = 8 * 1024 * 1024;

/** A pool of keep-alive connections to one server, last used first. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { protocol, hostname, port, host } = new URL(options.origin);
  const secure = protocol === "https:";
  const name = hostname.replace(/^\[|\]$/g, "");
  const at = {
    host: options.address ?? name,
    port: Number(port) || (secure ? 443 : 80),
    ...(options.lookup && { lookup: options.lookup }),
  };
  const limit = options.connections ?? 1_024;
  const idleTimeoutMs = options.idleTimeoutMs ?? 4_000;
  const connectTimeoutMs = options.connectTimeoutMs ?? 2_000;
  const idle: ClientConnection[] = [];
  const open = new Set<ClientConnection>();
  const queue: Exchange[] = [];
  const lines = new RepeatedLines();
  let closed = false;

  const sweep = setInterval(() => {
    const nowMs = performance.now();
    // Least recently used ones are in front.
    while (idle.length > 0 && nowMs - idle[0]!.idleSinceMs > idleTimeoutMs) idle.shift()!.destroy();
    for (const connection of open) if (connection.connecting && nowMs > connection.connectByMs) connection.destroy();
  }, sweepMs);
  sweep.unref();

  class Exchange implements EngineRun {
    head: string;
    body: string;
    readonly events: EngineEvents;
    connection: ClientConnection | null = null;
    cancelled = false;
    #retried = false;

    constructor(head: string, body: string, events: EngineEvents) {
      this.head = head;
      this.body = body;
      this.events = events;
    }

    sent(): void {
      this.head = "";
      this.body = "";
    }

    cancel(): void {
      if (this.cancelled) return;
      this.cancelled = true;
      this.connection?.destroy();
    }

    pause(): void {
      this.connection?.pause();
    }

    resume(): void {
      this.connection?.resume();
    }

    /** The connection broke. One that was kept open may have been closed by the server before it saw the request. */
    broke(failure: EngineFailure, fresh: boolean, answered: boolean): void {
      this.connection = null;
      if (this.cancelled) return;
      if (!fresh && !answered && !this.#retried && !closed) {
        this.#retried = true;
        dispatch(this, true);
      } else this.events.end(failure);
    }
  }

  function dispatch(exchange: Exchange, onNewConnection = false): void {
    const kept = onNewConnection ? undefined : idle.pop();
    if (kept) return kept.carry(exchange);
    if (open.size >= limit) return void queue.push(exchange);
    const receive = (bytes: Buffer) => connection.receive(bytes);
    const socket = secure
      ? connectTls({ ...at, servername: isIP(name) === 0 ? name : "" }).on("data", receive)
      : connectPlain({
          ...at,
          onread: { buffer: readBuffer, callback: (count) => (receive(readBuffer.subarray(0, count)), true) },
        });
    socket.setNoDelay(true);
    const connection = new ClientConnection(socket, performance.now() + connectTimeoutMs, {
      free: () => serveNext(connection),
      gone: () => {
        open.delete(connection);
        const index = idle.indexOf(connection);
        if (index >= 0) idle.splice(index, 1);
        const waiting = nextWaiting();
        if (waiting) dispatch(waiting, true);
      },
    });
    open.add(connection);
    connection.carry(exchange);
  }

  function serveNext(connection: ClientConnection): void {
    const waiting = nextWaiting();
    if (waiting) connection.carry(waiting);
    else if (closed) connection.destroy();
    else idle.push(connection);
  }

  function nextWaiting(): Exchange | undefined {
    for (;;) {
      const waiting = queue.shift();
      if (!waiting?.cancelled) return waiting;
    }
  }

  return {
    post({ path, headers, body, bytes: isBytes = false }: HttpPost, events: EngineEvents): EngineRun {
      // The body as bytes in Latin-1, so that head and body leave in one write. Plain ASCII is that already.
      const byteLength = isBytes ? body.length : Buffer.byteLength(body, "utf8");
      const bytes = byteLength === body.length ? body : Buffer.from(body, "utf8").toString("latin1");
      const head = `POST ${path} HTTP/1.1\r\nhost: ${host}\r\n${lines.of(headers)}`;
      const exchange = new Exchange(`${head}content-length: ${byteLength}\r\n\r\n`, bytes, events);
      if (closed) queueMicrotask(() => exchange.cancelled || events.end(unreachable));
      else dispatch(exchange);
      return exchange;
    },
    getText(path, timeoutMs, headers = []) {
      return new Promise((resolve) => {
        let status = 0;
        let text = "";
        const events: EngineEvents = {
          head(head) {
            status = head.status;
          },
          data(bytes) {
            text += bytes;
            if (text.length > maxTextBytes) finish(null);
          },
          end(failure) {
            if (failure !== null || status >= 500) finish(null);
            else finish(status === 200 ? Buffer.from(text, "latin1").toString("utf8") : "");
          },
        };
        const head = `GET ${path} HTTP/1.1\r\nhost: ${host}\r\n${fieldLines(headers)}`;
        const exchange = new Exchange(`${head}\r\n`, "", events);
        const timer = setTimeout(() => finish(null), timeoutMs);
        const finish = (result: string | null) => {
          clearTimeout(timer);
          if (result === null) exchange.cancel();
          resolve(result);
        };
        if (closed) finish(null);
        else dispatch(exchange);
      });
    },
    async close() {
      closed = true;
      clearInterval(sweep);
      for (const connection of open) connection.destroy();
    },
  } satisfies HttpClient;
}
