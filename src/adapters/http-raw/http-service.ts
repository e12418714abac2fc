import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type Server as TlsServer } from "node:tls";
import { performance } from "node:perf_hooks";
import { apiError, errorBody, type Gateway, type Unpack } from "../../serve/index.ts";
import { BodyRoom } from "./body-room.ts";
import { roomAmong, type Guest } from "./make-room.ts";
import { ServerConnection, type ConnectionLimits } from "./server-connection.ts";
import { readShared } from "./shared-reads.ts";
import { statusLine } from "./status-line.ts";

export interface HttpOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Certificate and key in PEM; without them the connection is not encrypted. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly maxBodyBytes?: number;
  /** All bodies together that are arriving at the same time; one that finds no room is turned away. */
  readonly maxArrivingBytes?: number;
  readonly maxHeaderBytes?: number;
  /** From the first byte of a request to the end of its headers. */
  readonly headersTimeoutMs?: number;
  /** From the end of the headers to the end of the body; a second more for every 64 kB of it that have come. */
  readonly bodyTimeoutMs?: number;
  /** How long a connection may wait for its next request. */
  readonly keepAliveTimeoutMs?: number;
  /** Connections at the same time. Beyond, idle ones make room for new ones, and where none is idle these are cut. */
  readonly maxConnections?: number;
  /** Undoes content codings of bodies; without it packed bodies are refused. */
  readonly unpack?: Unpack;
}

export interface HttpService {
  readonly url: string;
  /** Another certificate for connections from now on; throws when it does not fit its key. */
  setTls(tls: { readonly cert: string; readonly key: string }): void;
  /** Stops listening, stops the gateway (which finishes running requests) and closes what is left. */
  close(graceMs?: number): Promise<void>;
}

/** Time a client gets to read why it is not served here, ms. */
const lingerMs = 1_000;
/** How late a time-out of a connection may be noticed. */
const sweepMs = 250;

/** What a TLS connection and the socket beneath it have in common. */
function farEndOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/** Tells a client that spoke plain HTTP to a port for TLS what it should have done. */
function answerPlain(socket: Socket): void {
  const error = apiError("invalid_request", {
    detail: "A plain HTTP request came to a port that speaks TLS.",
    hint: "Use https:// in the address.",
  });
  const body = errorBody(error);
  const head = `content-type: application/json\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n`;
  socket.end(statusLine(error.status) + head + body, "latin1");
  setTimeout(() => socket.destroy(), lingerMs).unref();
}

/** Serves `gateway` over HTTP/1.1, plain or with TLS. Rejects when the address cannot be bound. */
export async function serveHttp(gateway: Gateway, options: HttpOptions): Promise<HttpService> {
  const limits: ConnectionLimits = {
    maxHeaderBytes: options.maxHeaderBytes ?? 32 * 1024,
    maxBodyBytes: options.maxBodyBytes ?? 32 * 1024 * 1024,
    headersTimeoutMs: options.headersTimeoutMs ?? 10_000,
    bodyTimeoutMs: options.bodyTimeoutMs ?? 60_000,
    keepAliveTimeoutMs: options.keepAliveTimeoutMs ?? 75_000,
    unpack: options.unpack ?? null,
    room: new BodyRoom(options.maxArrivingBytes ?? Number.POSITIVE_INFINITY),
  };
  const connections = new Set<ServerConnection>();
  const add = (connection: ServerConnection) => {
    connections.add(connection);
    connection.socket.on("close", () => connections.delete(connection));
  };
  /** Those, and under TLS those whose handshake is not over. */
  const guests: Set<Guest> = options.tls ? new Set() : connections;
  const hasRoom = roomAmong(guests, options.maxConnections ?? Number.POSITIVE_INFINITY);
  const acceptPlain = (accepted: Socket) => {
    if (!hasRoom(connections.size)) return void accepted.destroy();
    const socket = readShared(accepted, (bytes) => connection.read(bytes));
    const connection = new ServerConnection(socket, gateway, limits, performance.now());
    add(connection);
  };
  const acceptTls = (socket: Socket) => {
    const connection = new ServerConnection(socket, gateway, limits, performance.now());
    socket.on("data", (bytes: Buffer) => connection.read(bytes));
    add(connection);
    const under = beneath.get(farEndOf(socket));
    if (under) guests.delete(under);
    guests.add(connection);
    socket.on("close", () => guests.delete(connection));
  };
  /** Connections under TLS from their first byte on, by their far ends: until a handshake is over there is nothing else to know them by. */
  const beneath = new Map<string, Guest & { readonly socket: Socket }>();
  const startTls = (tls: NonNullable<HttpOptions["tls"]>) =>
    createTlsServer(
      { ...tls, noDelay: true, minVersion: "TLSv1.2", handshakeTimeout: limits.headersTimeoutMs },
      acceptTls,
    )
      // A reset while a connection is still being set up has nobody else to hear it, and a handshake that takes too long
      // nobody else to end it.
      .on("tlsClientError", (error: NodeJS.ErrnoException, socket) => {
        const plain = error.code === "ERR_SSL_HTTP_REQUEST" && beneath.get(farEndOf(socket));
        if (plain) answerPlain(plain.socket);
        else socket.destroy();
      })
      .on("connection", (socket: Socket) => {
        if (!hasRoom(beneath.size)) return void socket.destroy();
        const farEnd = farEndOf(socket);
        const under = { socket, idle: true, idleSinceMs: performance.now(), destroy: () => void socket.destroy() };
        beneath.set(farEnd, under);
        guests.add(under);
        socket.on("close", () => {
          guests.delete(under);
          if (beneath.get(farEnd) === under) beneath.delete(farEnd);
        });
      });
  const server: Server = options.tls
    ? startTls(options.tls)
    : createServer({ noDelay: true, pauseOnConnect: true }, acceptPlain);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, 4_096, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const sweep = setInterval(() => {
    const nowMs = performance.now();
    for (const connection of connections) if (nowMs >= connection.deadlineMs) connection.expired();
  }, sweepMs);
  sweep.unref();

  const { address, port, family } = server.address() as AddressInfo;
  const scheme = options.tls ? "https" : "http";
  return {
    url: `${scheme}://${family === "IPv6" ? `[${address}]` : address}:${port}`,
    setTls(tls) {
      if ("setSecureContext" in server) (server as TlsServer).setSecureContext({ ...tls, minVersion: "TLSv1.2" });
    },
    async close(graceMs = 10_000) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const connection of connections) connection.stop();
      await gateway.stop(graceMs);
      // What still reads after the gateway is done gets a moment, then its connection is cut.
      const cut = setTimeout(() => {
        for (const connection of connections) connection.destroy();
        for (const { socket } of beneath.values()) socket.destroy();
      }, 1_000);
      await closed;
      clearTimeout(cut);
      clearInterval(sweep);
    },
  };
}
