/** A rate limit that allows a minute's worth at once and refills evenly. */
export class TokenBucket {
  readonly #perMinute: number;
  #level: number;
  #filledMs: number;

  constructor(perMinute: number, nowMs: number) {
    this.#perMinute = perMinute;
    this.#level = perMinute;
    this.#filledMs = nowMs;
  }

  /** Time until `amount` may be taken, ms; 0 = now. More than the bucket holds may be taken once it is full. */
  waitMs(amount: number, nowMs: number): number {
    const perMs = this.#perMinute / 60_000;
    this.#level = Math.min(this.#perMinute, this.#level + Math.max(0, nowMs - this.#filledMs) * perMs);
    this.#filledMs = Math.max(this.#filledMs, nowMs);
    const missing = Math.min(amount, this.#perMinute) - this.#level;
    return missing <= 0 ? 0 : perMs > 0 ? missing / perMs : Number.MAX_SAFE_INTEGER;
  }

  /** Takes an amount, which may leave the bucket in debt; a negative amount is given back. */
  take(amount: number): void {
    this.#level = Math.min(this.#perMinute, this.#level - amount);
  }
}
