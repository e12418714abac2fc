/** Waits of first tokens kept per workload, and how many must be there before they mean anything. */
const kept = 256;
const enough = 50;
/** Waits observed between two computations of the quantile. */
const stride = 16;
/** Share of first tokens that come before a second engine is asked. */
const quantile = 0.95;
/** Unused permissions to hedge that may be saved up, so that a burst of slow answers cannot double the traffic. */
const savedAtMost = 10;

interface Workload {
  readonly waitsMs: Float64Array;
  readonly sorted: Float64Array;
  seen: number;
  delayMs: number | null;
}

/**
 * Decides when a stream that has not begun is worth a second attempt elsewhere (Dean and Barroso, The Tail at Scale,
 * 2013): after the 95th percentile of recent first-token waits, and for at most `ratio` of all requests.
 */
export class Hedging {
  readonly #ratio: number;
  readonly #workloads: Workload[];
  #credit = 1;

  constructor(ratio: number, workloads: number) {
    this.#ratio = ratio;
    this.#workloads = Array.from({ length: workloads }, () => ({
      waitsMs: new Float64Array(kept),
      sorted: new Float64Array(kept),
      seen: 0,
      delayMs: null,
    }));
  }

  /** A request begins: time after which it may be hedged, ms; null = not at all. */
  delayMs(workload: number): number | null {
    if (this.#ratio <= 0) return null;
    this.#credit = Math.min(savedAtMost, this.#credit + this.#ratio);
    return this.#workloads[workload]!.delayMs;
  }

  /** Whether one more hedge fits into the cap; if so it is counted. */
  take(): boolean {
    if (this.#ratio <= 0 || this.#credit < 1) return false;
    this.#credit -= 1;
    return true;
  }

  /** The first token of a stream came after `waitMs`. */
  observe(workload: number, waitMs: number): void {
    const entry = this.#workloads[workload]!;
    entry.waitsMs[entry.seen % kept] = waitMs;
    entry.seen++;
    if (entry.seen < enough || entry.seen % stride !== 0) return;
    entry.sorted.set(entry.waitsMs);
    const sorted = entry.sorted.subarray(0, Math.min(entry.seen, kept)).sort();
    entry.delayMs = sorted[Math.floor(sorted.length * quantile)]!;
  }
}
