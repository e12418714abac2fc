import { Socket } from "node:net";

/**
 * All plain connections are read into one buffer: what is read is taken in at once, so a thousand idle ones need not have
 * a buffer each, and none is made per read.
 */
export const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);

/** A socket as `net.Server` hands it over, before anything was read from it. */
interface Accepted extends Socket {
  _handle?: unknown;
}

/** Options of a socket that the types of Node leave out. */
const SocketOf = Socket as unknown as new (options: object) => Socket;

/**
 * Has what a client sends read into `readBuffer` and given to `receive`, which must be done with the bytes when it returns.
 *
 * Node offers that for connections one opens, not for those one accepts, so the connection moves into a second socket.
 * `accepted` must come from a server with `pauseOnConnect`; it stays with the server's count of connections until the
 * socket returned is closed. Where Node no longer lets the connection move, it is read the usual way.
 */
export function readShared(accepted: Socket, receive: (bytes: Buffer) => void): Socket {
  const from = accepted as Accepted;
  const handle = from._handle;
  if (handle === null || handle === undefined) {
    accepted.on("data", receive);
    accepted.resume();
    return accepted;
  }
  from._handle = null;
  const socket = new SocketOf({
    handle,
    onread: {
      buffer: readBuffer,
      callback: (count: number) => {
        receive(readBuffer.subarray(0, count));
        return true;
      },
    },
  });
  socket.on("close", () => accepted.destroy());
  return socket;
}
