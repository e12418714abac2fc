import { makeRecords } from "../chance/records.ts";

/** Doubles of one request's record: three lines of memory, the second and third of them the engine's. */
export const requestSize = 24;
/** Integers of one request's record. */
export const requestInts = 2 * requestSize;

/** Where the doubles of a request stand, from `slot * requestSize` on. */
export const requestFloat = {
  /** When the user sent it, ms. */
  arrivalMs: 0,
  /** Round trip between the user and the serving site, ms. */
  rttMs: 1,
  /** When it reached the engine's queue, ms. */
  readyMs: 2,
  /** When its first prefill step began, ms; NaN before. */
  scheduledMs: 3,
  /** When the engine produced its first token, ms; NaN before. */
  firstTokenMs: 8,
  /** What it holds in the KV cache minus what any sequence gained since the engine started: constant while it decodes. */
  kvOffset: 9,
  /** Step counter after which the last output token is there. */
  finishStep: 10,
  /** How long the site's port keeps its answer waiting, ms. */
  portWaitMs: 11,
  /** Serial number since the start of the simulation. */
  serial: 16,
  /** Standard normal number that says how lucky the user is with the network. */
  networkDraw: 17,
  /** When it was last sent to a site, ms. */
  sentMs: 18,
  /** After a preemption: when the blocks it held begin to be overwritten (see `KvBlocks`). */
  overwrittenFrom: 19,
  /** The queue that the engine it was last sent to was known to have, ms; 0 where nobody knew. */
  queueMs: 21,
} as const;

/** Where the integers of a request stand, from `slot * requestInts` on. Absent links are -1. */
export const requestInt = {
  /** Position in `World.demand`. */
  row: 8,
  inputTokens: 9,
  outputTokens: 10,
  /** Input tokens whose keys and values the engine already holds. */
  cachedTokens: 11,
  /** Engine that holds it. */
  replica: 12,
  /** Position of that engine's group in the routes' groups. */
  group: 13,
  next: 14,
  previous: 15,
  generatedTokens: 24,
  preemptions: 25,
  /** Tokens to process before the next output token: the input, after a preemption the output so far as well. */
  prefillTarget: 26,
  prefillDone: 27,
  /** Tokens of the current step's chunk. */
  chunk: 28,
  heapLeft: 29,
  heapRight: 30,
  /** What it is in the counts of traffic: see `Traffic`. */
  stream: 31,
  /** After a preemption by the engine that holds it: the tokens whose blocks were freed; -1 before. */
  keptTokens: 40,
  /** Sites tried so far. */
  attempts: 41,
} as const;

/**
 * The requests in flight, one record each. A request is a slot number; slots of finished requests are used again, so
 * memory follows the number in flight and not the number simulated.
 *
 * A record belongs to three parties: what the request is (`row` to `cachedTokens`), what has happened to it (`attempts`
 * to `preemptions`), and the book-keeping of the engine that holds it (`prefillDone` to `heapRight`).
 */
export class RequestTable {
  /** Doubles and integers of all records; other arrays once `take` has grown the table. */
  float: Float64Array = new Float64Array(0);
  int: Int32Array = new Int32Array(0);

  #free = -1;
  #capacity = 0;
  #inUse = 0;

  get inUse(): number {
    return this.#inUse;
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** Takes a slot; all fields but the engine's book-keeping are the caller's to fill. */
  take(): number {
    if (this.#free < 0) this.#grow();
    const slot = this.#free;
    const { float, int } = this;
    const ints = slot * requestInts;
    const floats = slot * requestSize;
    this.#free = int[ints + requestInt.next]!;
    this.#inUse++;
    float[floats + requestFloat.scheduledMs] = Number.NaN;
    float[floats + requestFloat.firstTokenMs] = Number.NaN;
    int[ints + requestInt.generatedTokens] = 0;
    int[ints + requestInt.preemptions] = 0;
    int[ints + requestInt.attempts] = 0;
    int[ints + requestInt.replica] = -1;
    return slot;
  }

  release(slot: number): void {
    this.int[slot * requestInts + requestInt.next] = this.#free;
    this.#free = slot;
    this.#inUse--;
  }

  /** Reads the records of the first `count` of these slots, -1 for none: see `LookAhead`. */
  touch(slots: Int32Array, count: number): number {
    let seen = 0;
    for (let at = 0; at < count; at++) {
      if (slots[at]! < 0) continue;
      const float = slots[at]! * requestSize;
      seen += this.float[float]! + this.float[float + 8]! + this.float[float + 16]!;
    }
    return seen;
  }

  /** One number of a request, for those who read few. */
  floatOf(slot: number, field: keyof typeof requestFloat): number {
    return this.float[slot * requestSize + requestFloat[field]]!;
  }

  intOf(slot: number, field: keyof typeof requestInt): number {
    return this.int[slot * requestInts + requestInt[field]]!;
  }

  setFloat(slot: number, field: keyof typeof requestFloat, value: number): void {
    this.float[slot * requestSize + requestFloat[field]] = value;
  }

  setInt(slot: number, field: keyof typeof requestInt, value: number): void {
    this.int[slot * requestInts + requestInt[field]] = value;
  }

  #grow(): void {
    const before = this.#capacity;
    const capacity = Math.max(1024, before * 2);
    const { float, int } = makeRecords(capacity, requestSize);
    // As integers, so that no bit pattern is ever taken for a number on the way.
    int.set(this.int);
    this.float = float;
    this.int = int;
    for (let slot = capacity - 1; slot >= before; slot--) {
      int[slot * requestInts + requestInt.next] = this.#free;
      this.#free = slot;
    }
    this.#capacity = capacity;
  }
}
