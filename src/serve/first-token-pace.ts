/** Weight of the newest interval in the running mean. */
const memory = 0.2;
/** The shortest first token seen is forgotten by this much per observation, so that it follows an engine that slows down. */
const forget = 1.01;

/**
 * How fast an engine that says nothing about itself works its queue off, seen from outside: by Little's law, requests
 * that wait for their first token leave after as long as it takes that many others to get theirs. What remains beyond
 * the shortest first token seen is queue.
 */
export class FirstTokenPace {
  #waiting = 0;
  #busySinceMs = 0;
  #lastMs = Number.NEGATIVE_INFINITY;
  #intervalMs = Number.NaN;
  #shortestMs = Number.POSITIVE_INFINITY;

  began(nowMs: number): void {
    if (this.#waiting++ === 0) this.#busySinceMs = nowMs;
  }

  /** A request got its first token after `tookMs`; null when it was given up before. */
  ended(nowMs: number, tookMs: number | null): void {
    this.#waiting--;
    if (tookMs === null) return;
    const intervalMs = nowMs - Math.max(this.#lastMs, this.#busySinceMs);
    this.#intervalMs = Number.isNaN(this.#intervalMs)
      ? intervalMs
      : this.#intervalMs + memory * (intervalMs - this.#intervalMs);
    this.#lastMs = nowMs;
    this.#shortestMs = Math.min(this.#shortestMs * forget, tookMs);
  }

  /** Mean time between first tokens while others wait, ms; NaN while not known. */
  get intervalMs(): number {
    return this.#intervalMs;
  }

  /** Wait before prefill that a request arriving now has to expect, ms; 0 while nothing is known. */
  get drainMs(): number {
    if (Number.isNaN(this.#intervalMs)) return 0;
    return Math.max(0, this.#waiting * this.#intervalMs - this.#shortestMs);
  }
}
