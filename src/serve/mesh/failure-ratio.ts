/** How long an outcome is remembered: after this time it counts for 1/e, ms. */
const memoryMs = 30_000;
/** Outcomes that must be remembered before their ratio says anything. */
const enough = 8;
/** A ratio below this is nothing to act on: requests fail now and then everywhere. */
const tolerated = 0.05;

/** The share of recent requests that failed at one engine; finds the one that fails every other time, which no streak shows. */
export class FailureRatio {
  #all = 0;
  #failed = 0;
  #atMs = 0;

  count(failed: boolean, nowMs: number): void {
    this.#fade(nowMs);
    this.#all++;
    if (failed) this.#failed++;
  }

  /** 0 to 1; 0 while too little is known. */
  at(nowMs: number): number {
    // Nearly always, and then nothing has to be known of how long ago the others were.
    if (this.#failed === 0) return 0;
    this.#fade(nowMs);
    const ratio = this.#all < enough ? 0 : this.#failed / this.#all;
    return ratio < tolerated ? 0 : ratio;
  }

  #fade(nowMs: number): void {
    if (nowMs <= this.#atMs) return;
    const kept = Math.exp((this.#atMs - nowMs) / memoryMs);
    this.#all *= kept;
    this.#failed *= kept;
    this.#atMs = nowMs;
  }
}
