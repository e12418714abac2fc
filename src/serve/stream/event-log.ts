import type { ByteText } from "../wire/ports.ts";
import type { Exchange, Reply } from "../wire/transport.ts";

/** Bytes that are written before it is asked whether the reader keeps up. */
const pieceBytes = 64 * 1024;

/**
 * Events of one stream, numbered from 0, for any number of readers who come and go: each gets what it has missed and then
 * what follows. Readers that are slow cost nothing but their place. Beyond `maxBytes` the oldest are forgotten.
 */
export class EventLog {
  readonly #maxBytes: number;
  /** Told a reader whose next event, of this number, has been forgotten. */
  readonly missed: (number: number) => ByteText;
  readonly #readers = new Set<Reader>();
  #events: ByteText[] = [];
  #first = 0;
  #bytes = 0;
  #ended = false;

  constructor(maxBytes: number, missed: (number: number) => ByteText) {
    this.#maxBytes = maxBytes;
    this.missed = missed;
  }

  /** Number of the next event. */
  get next(): number {
    return this.#first + this.#events.length;
  }

  /** Number of the oldest that is still known. */
  get first(): number {
    return this.#first;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get isRead(): boolean {
    return this.#readers.size > 0;
  }

  add(...events: readonly ByteText[]): void {
    for (const event of events) {
      this.#events.push(event);
      this.#bytes += event.length;
    }
    let forgotten = 0;
    while (this.#bytes > this.#maxBytes && forgotten < this.#events.length - 1)
      this.#bytes -= this.#events[forgotten++]!.length;
    if (forgotten > 0) {
      this.#events = this.#events.slice(forgotten);
      this.#first += forgotten;
    }
    this.#tell();
  }

  /** Nothing will follow. */
  end(): void {
    this.#ended = true;
    this.#tell();
  }

  /** Sends `reply` everything from number `from` on, as it comes. */
  follow(reply: Reply, from: number, headers: readonly string[] = []): Exchange {
    const reader = new Reader(this, reply, from, headers);
    this.#readers.add(reader);
    reader.look();
    return reader;
  }

  leave(reader: Reader): void {
    this.#readers.delete(reader);
  }

  /** Events from `number` on, as many as fit one write; null when they have been forgotten. */
  piece(number: number): { readonly text: ByteText; readonly next: number } | null {
    if (number < this.#first) return null;
    let text = "";
    let next = number;
    for (; next < this.next && text.length < pieceBytes; next++) text += this.#events[next - this.#first]!;
    return { text, next };
  }

  #tell(): void {
    for (const reader of this.#readers) reader.look();
  }
}

class Reader implements Exchange {
  readonly #log: EventLog;
  readonly #reply: Reply;
  readonly #headers: readonly string[];
  #next: number;
  #begun = false;
  #full = false;
  #over = false;

  constructor(log: EventLog, reply: Reply, from: number, headers: readonly string[]) {
    this.#log = log;
    this.#reply = reply;
    this.#next = from;
    this.#headers = headers;
  }

  look(): void {
    while (!this.#full && !this.#over) {
      const piece = this.#log.piece(this.#next);
      if (piece === null) return this.#write(this.#log.missed(this.#next), true);
      this.#next = Math.max(this.#next, piece.next);
      const last = this.#log.ended && this.#next >= this.#log.next;
      if (piece.text === "" && !last && this.#begun) return;
      this.#write(piece.text, last);
    }
  }

  clientLeft(): void {
    this.#over = true;
    this.#log.leave(this);
  }

  drained(): void {
    this.#full = false;
    this.look();
  }

  #write(text: ByteText, last: boolean): void {
    if (last) this.clientLeft();
    if (this.#begun) this.#full = !this.#reply.write(text, last);
    else {
      const type = ["content-type", "text/event-stream; charset=utf-8", "cache-control", "no-store"];
      this.#begun = true;
      this.#full = !this.#reply.send(200, [...type, ...this.#headers], text, last);
    }
  }
}
