/** How far behind the latest number one may come that is new, in numbers: requests overtake each other on their way. */
const windowSize = 65_536;

/**
 * Numbers that have come, each of which may come once (as in RFC 4303 §3.4.3). Takes the same memory however many come; one
 * that is too far behind the latest to be known counts as having come.
 */
export class ReplayWindow {
  readonly #seen = new Uint32Array(windowSize / 32);
  #latest = -1;

  /** False when the number has come before, or may have. */
  take(number: number): boolean {
    if (!Number.isSafeInteger(number) || number < 0) return false;
    if (number <= this.#latest - windowSize) return false;
    if (number > this.#latest) {
      if (number - this.#latest >= windowSize) this.#seen.fill(0);
      else for (let between = this.#latest + 1; between <= number; between++) this.#clear(between);
      this.#latest = number;
    }
    const bit = number % windowSize;
    const mask = 1 << (bit & 31);
    if ((this.#seen[bit >>> 5]! & mask) !== 0) return false;
    this.#seen[bit >>> 5]! |= mask;
    return true;
  }

  #clear(number: number): void {
    const bit = number % windowSize;
    this.#seen[bit >>> 5]! &= ~(1 << (bit & 31));
  }
}
