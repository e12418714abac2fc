/** Weight of the newest observation in the running means. */
const memory = 0.05;
/** Mean deviations added to the mean: most first tokens come within. */
const deviations = 2;

/** How long engines take for a first token once they have a request, by workload, as seen lately. */
export class FirstTokens {
  readonly #meanMs: Float64Array;
  readonly #deviationMs: Float64Array;

  constructor(workloads: number) {
    this.#meanMs = new Float64Array(workloads).fill(Number.NaN);
    this.#deviationMs = new Float64Array(workloads);
  }

  observe(workload: number, tookMs: number): void {
    const before = this.#meanMs[workload]!;
    if (Number.isNaN(before)) {
      this.#meanMs[workload] = tookMs;
      return;
    }
    this.#meanMs[workload] = before + memory * (tookMs - before);
    const deviationMs = this.#deviationMs[workload]!;
    this.#deviationMs[workload] = deviationMs + memory * (Math.abs(tookMs - before) - deviationMs);
  }

  /** What most first tokens need, ms; 0 while none was seen. */
  expectedMs(workload: number): number {
    const meanMs = this.#meanMs[workload]!;
    return Number.isNaN(meanMs) ? 0 : meanMs + deviations * this.#deviationMs[workload]!;
  }
}
