import { isUtf8 } from "node:buffer";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  apiError,
  splitTarget,
  type ApiError,
  type Call,
  type Exchange,
  type Gateway,
  type Reply,
} from "../../serve/index.ts";

export interface HttpOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly maxBodyBytes?: number;
  readonly maxHeaderBytes?: number;
  /** From the first byte of a request to the end of its headers. */
  readonly headersTimeoutMs?: number;
  /** From the first byte of a request to the end of its body. */
  readonly requestTimeoutMs?: number;
}

export interface HttpService {
  readonly url: string;
  /** Stops listening, stops the gateway (which finishes running requests) and closes what is left. */
  close(graceMs?: number): Promise<void>;
}

/** Serves `gateway` over HTTP/1.1. Rejects when the address cannot be bound. */
export async function serveHttp(gateway: Gateway, options: HttpOptions): Promise<HttpService> {
  const maxBodyBytes = options.maxBodyBytes ?? 32 * 1024 * 1024;
  const server = createServer(
    {
      maxHeaderSize: options.maxHeaderBytes ?? 32 * 1024,
      headersTimeout: options.headersTimeoutMs ?? 10_000,
      requestTimeout: options.requestTimeoutMs ?? 60_000,
      noDelay: true,
      keepAlive: true,
    },
    (message, response) => {
      receive(message, maxBodyBytes, (body) => {
        const reply = replyTo(message, response);
        if (typeof body !== "string") return gateway.refuse(reply, body);
        const exchange = gateway.handle(callOf(message, body), reply);
        watch(response, exchange);
      });
    },
  );
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable) return void socket.destroy();
    const status = error.code === "HPE_HEADER_OVERFLOW" ? "431 Request Header Fields Too Large" : "400 Bad Request";
    socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const { address, port, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${port}`,
    async close(graceMs = 10_000) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await gateway.stop(graceMs);
      server.closeIdleConnections();
      // What still reads after the gateway is done gets a moment, then its connection is cut.
      const cut = setTimeout(() => server.closeAllConnections(), 1_000);
      await closed;
      clearTimeout(cut);
    },
  };
}

function callOf(message: IncomingMessage, body: string): Call {
  const { path, query } = splitTarget(message.url ?? "/");
  return {
    method: message.method ?? "GET",
    path,
    query,
    body,
    local: isLoopback(message.socket.remoteAddress),
    bodyBytes: Number(message.headers["content-length"] ?? body.length),
    header(name) {
      const value = message.headers[name];
      return Array.isArray(value) ? value.join(", ") : value;
    },
  };
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(?:127\.|::1$|::ffff:127\.)/.test(address);
}

/** Collects the body; hands on its text or the error that describes what is wrong with it. */
function receive(message: IncomingMessage, maxBytes: number, done: (body: string | ApiError) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  message.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
    else if (chunks.length > 0) {
      chunks.length = 0;
      done(apiError("request_too_large", { detail: `The body is larger than ${maxBytes} bytes.` }));
    }
  });
  message.on("end", () => {
    if (bytes > maxBytes) return;
    const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    // A form may hold anything, sound and pictures too.
    if (/^multipart\//i.test(message.headers["content-type"] ?? "")) return done(body.toString("latin1"));
    done(isUtf8(body) ? body.toString("utf8") : apiError("invalid_json", { detail: "The body is not valid UTF-8." }));
  });
}

function replyTo(message: IncomingMessage, response: ServerResponse): Reply {
  const bodyless = message.method === "HEAD";
  return {
    send(status, headers, body, last) {
      if (response.destroyed || response.headersSent) return true;
      // What was not read would otherwise be taken for the next request.
      const fields = message.complete ? headers : [...headers, "connection", "close"];
      if (!last) {
        response.writeHead(status, fields as string[]);
        return typeof body === "string" ? response.write(body, "latin1") : response.write(body);
      }
      const length = typeof body === "string" ? body.length : body.byteLength;
      response.writeHead(status, [...fields, "content-length", String(length)]);
      if (bodyless) response.end();
      else if (typeof body === "string") response.end(body, "latin1");
      else response.end(body);
      return true;
    },
    write(bytes, last) {
      if (response.destroyed) return true;
      if (last) {
        response.end(bytes, "latin1");
        return true;
      }
      return response.write(bytes, "latin1");
    },
    reset() {
      const { socket } = response;
      if (socket && "resetAndDestroy" in socket) socket.resetAndDestroy();
      else response.destroy();
    },
  };
}

function watch(response: ServerResponse, exchange: Exchange): void {
  response.on("drain", () => exchange.drained());
  response.on("close", () => {
    if (!response.writableFinished) exchange.clientLeft();
  });
}
