/**
 * A recorded sequence of requests. Parsers take text and never throw on content: every row that is not used is counted
 * under a named rule, the first of each kind with its line, so a report can say what was left out and why.
 */
export interface Trace {
  readonly requests: readonly TraceRequest[];
  readonly report: TraceReport;
}

export interface TraceRequest {
  /** Since the first request of the trace, ms. Never falls from one request to the next. */
  readonly atMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Hash of each block of the prompt, in order; equal leading hashes are equal prefixes. */
  readonly prefixHashes?: readonly number[];
}

export interface TraceReport {
  /** Rows that held something, the header not counted. */
  readonly rows: number;
  readonly used: number;
  readonly problems: readonly TraceProblem[];
}

export interface TraceProblem {
  readonly rule: TraceRule;
  /** What was done with such rows. */
  readonly action: "skipped" | "sorted" | "kept";
  readonly count: number;
  /** The first of them, from 1, header included. */
  readonly firstLine: number;
  readonly example: string;
}

/** Why a row is remarkable. */
export type TraceRule =
  /** Too few or too many fields, or not the format at all: skipped. */
  | "malformed"
  /** The last row ends in the middle: skipped. */
  | "truncated"
  /** A time that is no time: skipped. */
  | "bad-time"
  /** A token count that is no whole number: skipped. */
  | "bad-tokens"
  /** No input or no output: nothing to simulate, skipped. */
  | "empty-request"
  /** More tokens than any model takes (above 10 million): skipped. */
  | "absurd-tokens"
  /** Earlier than the row before it: kept, the trace is sorted. */
  | "unordered"
  /** Equal to the row before it in every field: kept, as simultaneous equal requests do occur. */
  | "duplicated"
  /** More than a year away from the first request: skipped. */
  | "absurd-time";

/** No model in the catalogue takes a hundredth of it. */
const absurdTokens = 10_000_000;
const yearMs = 365 * 86_400_000;

const actions: Record<TraceRule, TraceProblem["action"]> = {
  malformed: "skipped",
  truncated: "skipped",
  "bad-time": "skipped",
  "bad-tokens": "skipped",
  "empty-request": "skipped",
  "absurd-tokens": "skipped",
  unordered: "sorted",
  duplicated: "kept",
  "absurd-time": "skipped",
};

/** Collects rows as a parser reads them, applies the rules all formats share, and reports. */
export class TraceBuilder {
  readonly #requests: TraceRequest[] = [];
  readonly #problems = new Map<TraceRule, { count: number; firstLine: number; example: string }>();
  #rows = 0;
  #firstMs = Number.NaN;
  #sorted = true;

  countRow(): void {
    this.#rows++;
  }

  reject(rule: TraceRule, line: number, text: string): void {
    const known = this.#problems.get(rule);
    if (known) known.count++;
    else this.#problems.set(rule, { count: 1, firstLine: line, example: text.slice(0, 120) });
  }

  /** `timeMs` on any clock; the trace starts at its first usable row. */
  add(request: Omit<TraceRequest, "atMs"> & { timeMs: number }, line: number, text: string): void {
    const { timeMs, inputTokens, outputTokens } = request;
    if (!Number.isFinite(timeMs)) return this.reject("bad-time", line, text);
    if (!isWhole(inputTokens) || !isWhole(outputTokens)) return this.reject("bad-tokens", line, text);
    if (inputTokens > absurdTokens || outputTokens > absurdTokens) return this.reject("absurd-tokens", line, text);
    if (inputTokens === 0 || outputTokens === 0) return this.reject("empty-request", line, text);
    if (Number.isNaN(this.#firstMs)) this.#firstMs = timeMs;
    const atMs = timeMs - this.#firstMs;
    if (Math.abs(atMs) > yearMs) return this.reject("absurd-time", line, text);
    const before = this.#requests.at(-1);
    if (before && atMs < before.atMs) {
      this.#sorted = false;
      this.reject("unordered", line, text);
    } else if (
      before &&
      atMs === before.atMs &&
      inputTokens === before.inputTokens &&
      outputTokens === before.outputTokens &&
      sameHashes(request.prefixHashes, before.prefixHashes)
    ) {
      this.reject("duplicated", line, text);
    }
    const { prefixHashes } = request;
    this.#requests.push({ atMs, inputTokens, outputTokens, ...(prefixHashes ? { prefixHashes } : {}) });
  }

  finish(): Trace {
    let requests: readonly TraceRequest[] = this.#requests;
    if (!this.#sorted) {
      // A stable sort keeps simultaneous requests in the order of the file; the earliest becomes the new start.
      const sorted = this.#requests.toSorted((a, b) => a.atMs - b.atMs);
      const startMs = sorted[0]!.atMs;
      requests = sorted.map((request) => ({ ...request, atMs: request.atMs - startMs }));
    }
    const problems = [...this.#problems].map(([rule, found]) => ({ rule, action: actions[rule], ...found }));
    return { requests, report: { rows: this.#rows, used: requests.length, problems } };
  }
}

function isWhole(value: number): boolean {
  return Number.isInteger(value) && value >= 0;
}

function sameHashes(a: readonly number[] | undefined, b: readonly number[] | undefined): boolean {
  if (!a || !b) return a === b;
  return a.length === b.length && a.every((hash, i) => hash === b[i]);
}
