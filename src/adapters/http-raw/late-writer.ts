import type { Socket } from "node:net";

/** Connections whose writes wait for each other, at most: the first of them must not wait long. */
const mostWaiting = 16;
/** Bytes that may wait on one connection, and that are put together in one place. */
const mostBytes = 16 * 1024;
/** While fewer requests are with engines, hardly anything comes together, and a write that waits would only be late. */
const fewestRequests = 4;

let requests = 0;
let waiting: LateWriter[] = [];
let scheduled = false;

/** How many requests are with engines is what tells whether writes come together. */
export function requestBegan(): void {
  requests++;
}

export function requestEnded(): void {
  requests--;
}

/**
 * What is written to plain connections is put together here: nearly always the system takes all of it at once, and then there is
 * room for the next. As one text it would first have to be copied into a piece of memory of its own, once for each write.
 */
let outgoing = Buffer.allocUnsafeSlow(mostBytes);

/**
 * Writes to one socket at the end of a turn of the event loop, after everything was read that has come in. A write to another
 * process on this machine wakes it, which takes a third of what the write does, and while writes follow each other closely it
 * is awake. Those of a turn leave together, and reads are not interrupted by them.
 */
export class LateWriter {
  readonly #socket: Socket;
  readonly #isPlain: boolean;
  /** What waits, and what waits behind it: two, so that a long body need not be made one text with its head. */
  #text = "";
  #more = "";

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#isPlain = !("encrypted" in socket);
  }

  /** Writes a text in Latin-1 and another behind it, now or soon; false when the other side reads slower than we write. */
  write(text: string, more = ""): boolean {
    const isFirst = this.#text === "";
    this.#text = isFirst ? text : this.#text + this.#more + text;
    this.#more = more;
    const isLate = !isFirst || (requests >= fewestRequests && this.#socket.writableLength === 0);
    if (!isLate || this.#text.length + more.length > mostBytes) return this.#writeNow();
    if (!isFirst) return true;
    if (waiting.push(this) >= mostWaiting) writeAll();
    else if (!scheduled) {
      scheduled = true;
      setImmediate(writeAll);
    }
    return true;
  }

  /** Writes what waits; to be called before anything else is done with the socket. */
  flush(): void {
    if (this.#text !== "") this.#writeNow();
  }

  #writeNow(): boolean {
    const text = this.#text;
    const more = this.#more;
    this.#text = "";
    this.#more = "";
    const socket = this.#socket;
    if (!socket.writable) return true;
    const bytes = text.length + more.length;
    if (!this.#isPlain || bytes > mostBytes || socket.connecting || socket.writableLength > 0)
      return socket.write(text + more, "latin1");
    const end = outgoing.write(text, 0, "latin1");
    if (more !== "") outgoing.write(more, end, "latin1");
    const keepsUp = socket.write(outgoing.subarray(0, bytes));
    // What was not taken is read out of there later.
    if (socket.writableLength > 0) outgoing = Buffer.allocUnsafeSlow(mostBytes);
    return keepsUp;
  }
}

function writeAll(): void {
  scheduled = false;
  const writers = waiting;
  waiting = [];
  for (const writer of writers) writer.flush();
}
