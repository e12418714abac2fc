import { isUtf8 } from "node:buffer";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  apiError,
  codingOf,
  packingRefusal,
  splitTarget,
  type ApiError,
  type Call,
  type Exchange,
  type Gateway,
  type Reply,
  type Unpack,
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
  /** Undoes content codings of bodies; without it packed bodies are refused. */
  readonly unpack?: Unpack;
}

export interface HttpService {
  readonly url: string;
  /** Stops listening, stops the gateway (which finishes running requests) and closes what is left. */
  close(graceMs?: number): Promise<void>;
}

/** What is answered to a request that could not be parsed, by the parser's error; anything else is a bad request. */
const refusals = new Map([
  ["HPE_HEADER_OVERFLOW", "431 Request Header Fields Too Large"],
  ["HPE_INVALID_VERSION", "505 HTTP Version Not Supported"],
  ["HPE_PAUSED_H2_UPGRADE", "505 HTTP Version Not Supported"],
]);

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
      if (message.httpVersionMajor !== 1) {
        const refusal = apiError("http_version_not_supported");
        response.shouldKeepAlive = false;
        return gateway.refuse(replyTo(message, response), refusal, callOf(message, "", 0));
      }
      receive(message, maxBodyBytes, options.unpack ?? null, (body, bytes = 0) => {
        // Gone while its body was unpacked: there is nobody to answer to.
        if (response.destroyed) return;
        const reply = replyTo(message, response);
        if (typeof body !== "string") return gateway.refuse(reply, body, callOf(message, "", 0));
        const exchange = gateway.handle(callOf(message, body, bytes), reply);
        watch(response, exchange);
      });
    },
  );
  server.on("clientError", (error: NodeJS.ErrnoException & { reason?: string }, socket) => {
    if (!socket.writable) return void socket.destroy();
    // A line end that is none behind the version bears the name of a version that is not spoken.
    const refusal = error.reason?.includes("CRLF") ? undefined : refusals.get(error.code ?? "");
    const status = refusal ?? "400 Bad Request";
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

function callOf(message: IncomingMessage, body: string, bodyBytes: number): Call {
  const { path, query } = splitTarget(message.url ?? "/");
  return {
    method: message.method ?? "GET",
    path,
    query,
    body,
    local: isLoopback(message.socket.remoteAddress),
    bodyBytes,
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
function receive(
  message: IncomingMessage,
  maxBytes: number,
  unpack: Unpack | null,
  take: (body: string | ApiError, bytes?: number) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  message.on("data", (chunk: Buffer) => {
    const before = bytes;
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
    else if (before <= maxBytes) {
      chunks.length = 0;
      take(apiError("request_too_large", { detail: `The body is larger than ${maxBytes} bytes.` }));
    }
  });
  message.on("end", () => {
    if (bytes > maxBytes) return;
    const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    const coding = codingOf(message.headers["content-encoding"]);
    if (coding === null || bytes === 0) return read(body);
    if (unpack === null) return take(packingRefusal("unknown-coding", coding, maxBytes));
    void unpack(coding, body, maxBytes).then((unpacked) => {
      if (!unpacked.ok) return take(packingRefusal(unpacked.fault, coding, maxBytes));
      const { buffer, byteOffset, byteLength } = unpacked.bytes;
      read(Buffer.from(buffer, byteOffset, byteLength));
    });
  });
  function read(body: Buffer): void {
    // A form may hold anything, sound and pictures too.
    if (/^multipart\//i.test(message.headers["content-type"] ?? "")) return take(body.toString("latin1"), body.length);
    if (isUtf8(body)) return take(body.toString("utf8"), body.length);
    take(apiError("invalid_json", { detail: "The body is not valid UTF-8." }));
  }
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
