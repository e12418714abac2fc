/** How long a shortest way is believed in, ms: monotonic clocks drift apart by some ten ms in that time. */
const windowMs = 300_000;

/**
 * When what a gateway tells was true, on this gateway's clock. Their clocks need not agree: the report that was fastest on
 * its way says how far they are apart, and what a later one took longer it is old when it comes. So a report that lay in a
 * network that hung is as old as it is.
 */
export class ReportAge {
  /** Smallest difference of the clocks seen in this window and in the one before. */
  #least = Number.POSITIVE_INFINITY;
  #leastBefore = Number.POSITIVE_INFINITY;
  #sinceMs = Number.NaN;

  /** `toldMs` on the teller's monotonic clock, `heardMs` on this one's; returns when it was true on this one's. */
  trueMs(toldMs: number, heardMs: number): number {
    if (!(heardMs - this.#sinceMs < windowMs)) {
      this.#leastBefore = this.#least;
      this.#least = Number.POSITIVE_INFINITY;
      this.#sinceMs = heardMs;
    }
    this.#least = Math.min(this.#least, heardMs - toldMs);
    return toldMs + Math.min(this.#least, this.#leastBefore);
  }
}
