/** Waits of first tokens kept per workload, and how many must be there before they mean anything. */
const kept = 256;
const enough = 50;
/** Waits observed between two computations of the quantile. */
const stride = 16;
/** Share of first tokens that come before a second engine is asked. */
const quantile = 0.95;
/** Unused permissions to hedge that may be saved up, so that a burst of slow answers cannot double the traffic. */
const savedAtMost = 10;
/**
 * When an answer that is not a stream is late: nobody sees when it begins, and its length is anybody's guess, so it is held against
 * the longest of the latest answers, which counts for less with each that comes after it.
 */
const late = { enough: 8, ms: 1_000, ratio: 2, fading: 0.99 };

interface Workload {
  readonly waitsMs: Float64Array;
  seen: number;
  delayMs: number | null;
  whole: number;
  longestMs: number;
}

/**
 * Decides when an answer that has not begun is worth a second attempt elsewhere (Dean and Barroso, The Tail at Scale,
 * 2013): a stream after the 95th percentile of recent first-token waits, another after far more than any took lately, and
 * for at most `ratio` of all streams and of all others. Each kind has permissions of its own: streams hedge as often as they may,
 * and an engine that hangs must not keep whole answers for want of one.
 */
export class Hedging {
  readonly #ratio: number;
  readonly #workloads: Workload[];
  #streamCredit = 1;
  #wholeCredit = 1;

  constructor(ratio: number, workloads: number) {
    this.#ratio = ratio;
    this.#workloads = Array.from({ length: workloads }, () => ({
      waitsMs: new Float64Array(kept),
      seen: 0,
      delayMs: null,
      whole: 0,
      longestMs: 0,
    }));
  }

  /** A request begins, which earns its share of a permission. */
  began(isStream: boolean): void {
    if (isStream) this.#streamCredit = Math.min(savedAtMost, this.#streamCredit + this.#ratio);
    else this.#wholeCredit = Math.min(savedAtMost, this.#wholeCredit + this.#ratio);
  }

  /** Time after which a stream may be hedged, ms; null = not at all. */
  delayMs(workload: number): number | null {
    return this.#ratio <= 0 ? null : this.#workloads[workload]!.delayMs;
  }

  /** Time after which an answer that is no stream is late, ms; null = too few such have come for a judgement. */
  wholeDelayMs(workload: number): number | null {
    const { whole, longestMs } = this.#workloads[workload]!;
    return whole < late.enough ? null : late.ms + late.ratio * longestMs;
  }

  /** An answer that was no stream came whole after `tookMs`. */
  observeWhole(workload: number, tookMs: number): void {
    const entry = this.#workloads[workload]!;
    entry.whole++;
    entry.longestMs = Math.max(tookMs, entry.longestMs * late.fading);
  }

  /** Whether one more hedge of a stream, or of another answer, fits into the cap; if so it is counted. */
  take(isStream: boolean): boolean {
    if (this.#ratio <= 0 || (isStream ? this.#streamCredit : this.#wholeCredit) < 1) return false;
    if (isStream) this.#streamCredit--;
    else this.#wholeCredit--;
    return true;
  }

  /** The first token of a stream came after `waitMs`. */
  observe(workload: number, waitMs: number): void {
    const entry = this.#workloads[workload]!;
    entry.waitsMs[entry.seen % kept] = waitMs;
    entry.seen++;
    if (entry.seen < enough || entry.seen % stride !== 0) return;
    const count = Math.min(entry.seen, kept);
    entry.delayMs = largest(entry.waitsMs, count, count - Math.floor(count * quantile));
  }
}

/** The longest waits met so far, the longest first; written anew for each quantile. */
const longest = new Float64Array(kept);

/** The wait of that rank among the first `count`, 1 = the longest. Few are longer, so keeping those takes a fraction of sorting all. */
function largest(waitsMs: Float64Array, count: number, rank: number): number {
  longest.fill(Number.NEGATIVE_INFINITY, 0, rank);
  for (let index = 0; index < count; index++) {
    const waitMs = waitsMs[index]!;
    if (!(waitMs > longest[rank - 1]!)) continue;
    let place = rank - 1;
    for (; place > 0 && waitMs > longest[place - 1]!; place--) longest[place] = longest[place - 1]!;
    longest[place] = waitMs;
  }
  return longest[rank - 1]!;
}
