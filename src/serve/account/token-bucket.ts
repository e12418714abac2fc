/**
 * A rate limit that allows a minute's worth at once and refills evenly. Where `parts` gateways keep one limit together, each
 * has a bucket that refills with its part, and what one has left another may be given.
 */
export class TokenBucket {
  readonly #perMinute: number;
  readonly #parts: number;
  #level: number;
  #filledMs: number;

  constructor(perMinute: number, nowMs: number, parts = 1) {
    this.#perMinute = perMinute;
    this.#parts = parts;
    this.#level = perMinute / parts;
    this.#filledMs = nowMs;
  }

  /**
   * Time until `amount` may be taken, ms; 0 = now. More than the bucket holds may be taken once it is full. Of a part, the
   * time in which all parts together refill as much.
   */
  waitMs(amount: number, nowMs: number): number {
    const missing = this.missing(amount, nowMs);
    const perMs = this.#perMinute / 60_000;
    return missing <= 0 ? 0 : perMs > 0 ? missing / perMs : Number.MAX_SAFE_INTEGER;
  }

  /** What there is too little for `amount`; none when it is not above zero. */
  missing(amount: number, nowMs: number): number {
    const part = this.#perMinute / this.#parts;
    if (this.#level < part) {
      const refilled = Math.max(0, nowMs - this.#filledMs) * (part / 60_000);
      this.#level = Math.min(part, this.#level + refilled);
    }
    this.#filledMs = Math.max(this.#filledMs, nowMs);
    return Math.min(amount, this.#perMinute) - this.#level;
  }

  /** What may be taken at once. */
  left(nowMs: number): number {
    return Math.max(0, -this.missing(0, nowMs));
  }

  /** Takes an amount, which may leave the bucket in debt; a negative amount is given back. */
  take(amount: number): void {
    this.#level = Math.min(this.#perMinute, this.#level - amount);
  }
}
