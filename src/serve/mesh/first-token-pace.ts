/** Weight of the newest interval in the running mean. */
const memory = 0.2;
/** The shortest first token is one of so many last ones that met few others, so that it follows an engine that slows down. */
const remembered = 32;
/** A first token that took no longer than this many times the shortest met no queue. */
const easyRatio = 1.25;
/** So many times as many as met no queue side by side may be tried: an engine's room is only found by asking more of it. */
const growth = 2;
/** What is left of the number that met no queue after a first token that may have met one. */
const doubt = 0.95;

/**
 * How fast an engine that says nothing about itself works its queue off, seen from outside: by Little's law, requests
 * that wait for their first token leave after as long as it takes that many others to get theirs. What remains beyond
 * the shortest first token seen is queue. That holds for an engine that is busy. One with room to spare gives first tokens no faster than it
 * is asked for them, so as many as were served side by side without slowing each other count as no queue, and some more.
 */
export class FirstTokenPace {
  #waiting = 0;
  #busySinceMs = 0;
  #lastMs = Number.NEGATIVE_INFINITY;
  #intervalMs = Number.NaN;
  #shortestMs = Number.POSITIVE_INFINITY;
  /** First tokens that say how long one takes alone, the newest over the oldest, ms. */
  readonly #alone: number[] = [];
  #nextAlone = 0;
  /** Waited side by side and had their first token as soon as one that was alone. */
  #easy = 0;

  /** A request was handed over; returns how many wait with it, for `ended`. */
  began(nowMs: number): number {
    if (this.#waiting++ === 0) this.#busySinceMs = nowMs;
    return this.#waiting;
  }

  /** A request got its first token after `tookMs`; null when it was given up before. */
  ended(nowMs: number, tookMs: number | null, together: number): void {
    this.#waiting--;
    if (tookMs === null) return;
    const intervalMs = nowMs - Math.max(this.#lastMs, this.#busySinceMs);
    this.#intervalMs = Number.isNaN(this.#intervalMs)
      ? intervalMs
      : this.#intervalMs + memory * (intervalMs - this.#intervalMs);
    this.#lastMs = nowMs;
    // What took long because many waited says nothing about how long one takes alone.
    if (together <= Math.max(1, this.#easy) || tookMs < this.#shortestMs) this.#remember(tookMs);
    this.#easy = tookMs <= easyRatio * this.#shortestMs ? Math.max(this.#easy, together) : this.#easy * doubt;
  }

  #remember(tookMs: number): void {
    const forgotten = this.#alone[this.#nextAlone];
    this.#alone[this.#nextAlone] = tookMs;
    this.#nextAlone = (this.#nextAlone + 1) % remembered;
    this.#shortestMs = forgotten === this.#shortestMs ? Math.min(...this.#alone) : Math.min(this.#shortestMs, tookMs);
  }

  /** Mean time between first tokens while others wait, ms; NaN while not known. */
  get intervalMs(): number {
    return this.#intervalMs;
  }

  /** Wait before prefill that a request arriving now has to expect, ms; 0 while nothing is known. */
  get drainMs(): number {
    if (Number.isNaN(this.#intervalMs) || this.#waiting <= growth * this.#easy) return 0;
    return Math.max(0, this.#waiting * this.#intervalMs - this.#shortestMs);
  }
}
