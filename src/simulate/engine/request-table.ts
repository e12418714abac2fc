import { makeRecords } from "../chance/records.ts";
import * as requestRecords from "./request-records.ts";

// Of this module, so that they are constants to the compiler: what is imported is fetched and checked at every use.
const { requestFloat, requestInt, requestInts, requestSize } = requestRecords;

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
