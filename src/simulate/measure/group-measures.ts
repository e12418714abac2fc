import type { FinishedBatch } from "./finished-batch.ts";
import { QuantileSketch } from "../chance/quantile-sketch.ts";
import { makeRecords } from "../chance/records.ts";

/** Positions of the sums of one group and workload; times in ms at the engine, network not counted. */
const sumAt = {
  completed: 0,
  ttftMs: 1,
  e2eMs: 2,
  inputTokens: 3,
  inputTokensSquared: 4,
  cachedTokens: 5,
  outputTokens: 6,
  outputTokensSquared: 7,
} as const;
// What is exported is fetched and checked at every use; what is not is a constant to the compiler.
export const groupSum = sumAt;

/** Equal slices of the measured time in which requests are counted, to tell steady arrivals from bursts and days. */
export const sliceCount = 16;
/** Doubles of the sums of one group and workload: a line of memory. */
const recordSize = 8;
/** Error of quantiles per group: small beside the 10 % that are looked for, and small in memory. */
const quantileError = 0.01;

/** A sketch of each of more groups would be slower to write than the simulation itself, so there every tenth request counts. */
const fewGroups = 256;
const sampledEvery = 10;
/** Where there are few groups, the first requests of each all count, and then every tenth: in a steady stream none is special. */
const countedWhole = 20_000;
/** Fewer say nothing about a 99th percentile. */
const enoughSamples = 1000;

/** So many times go to a sketch together: it is much larger than they are, and then its lines of memory are waited for at once. */
const pendingCount = 32;

/** What engines of a group measured of each workload, to be held against the engine model of the plan. */
export class GroupMeasures {
  readonly #workloads: number;
  readonly #sums: Float64Array;
  /** Requests of each group and workload, slice by slice: those of one time lie in few lines of memory. */
  readonly #counts: Uint32Array;
  readonly #fromMs: number;
  readonly #slicesPerMs: number;
  readonly #countedWhole: number;
  /** Times on their way to the sketches of each group and workload: first those to the first token, then those to the last. */
  readonly #pending: Float64Array;
  readonly #pendingOf: Uint8Array;
  readonly #order = new Int32Array(pendingCount);
  /** Made when the first request comes: most groups of a large mesh serve one workload. */
  readonly #ttftMs: (QuantileSketch | undefined)[] = [];
  readonly #e2eMs: (QuantileSketch | undefined)[] = [];

  constructor(
    groups: number,
    workloads: number,
    { fromMs, durationMs }: { readonly fromMs: number; readonly durationMs: number },
  ) {
    this.#workloads = workloads;
    this.#sums = makeRecords(groups * workloads, recordSize).float;
    this.#counts = new Uint32Array(sliceCount * groups * workloads);
    this.#pending = new Float64Array(groups * workloads * 2 * pendingCount);
    this.#pendingOf = new Uint8Array(groups * workloads);
    this.#fromMs = fromMs;
    this.#countedWhole = groups > fewGroups ? 0 : countedWhole;
    this.#slicesPerMs = sliceCount / Math.max(1, durationMs - fromMs);
  }

  /** Counts those of a batch that stand at positions `order[0]` to `order[count - 1]` and came to an engine. */
  finish(batch: FinishedBatch, order: Int32Array, count: number): void {
    const sums = this.#sums;
    const counts = this.#counts;
    const records = counts.length / sliceCount;
    for (let position = 0; position < count; position++) {
      const request = order[position]!;
      const group = batch.group[request]!;
      if (group < 0) continue;
      const at = group * this.#workloads + batch.workload[request]!;
      const first = at * recordSize;
      const inputTokens = batch.inputTokens[request]!;
      const outputTokens = batch.outputTokens[request]!;
      const engineTtftMs = batch.engineTtftMs[request]!;
      const engineE2eMs = batch.engineE2eMs[request]!;
      const completed = sums[first + sumAt.completed]! + 1;
      sums[first + sumAt.completed] = completed;
      sums[first + sumAt.ttftMs] = sums[first + sumAt.ttftMs]! + engineTtftMs;
      sums[first + sumAt.e2eMs] = sums[first + sumAt.e2eMs]! + engineE2eMs;
      sums[first + sumAt.inputTokens] = sums[first + sumAt.inputTokens]! + inputTokens;
      sums[first + sumAt.inputTokensSquared] = sums[first + sumAt.inputTokensSquared]! + inputTokens * inputTokens;
      sums[first + sumAt.cachedTokens] = sums[first + sumAt.cachedTokens]! + batch.cachedTokens[request]!;
      sums[first + sumAt.outputTokens] = sums[first + sumAt.outputTokens]! + outputTokens;
      sums[first + sumAt.outputTokensSquared] = sums[first + sumAt.outputTokensSquared]! + outputTokens * outputTokens;
      const slice = Math.floor((batch.arrivalMs[request]! - this.#fromMs) * this.#slicesPerMs);
      const counted = Math.min(sliceCount - 1, slice) * records + at;
      counts[counted] = counts[counted]! + 1;
      if (completed > this.#countedWhole && completed % sampledEvery !== 0) continue;
      const next = at * 2 * pendingCount + this.#pendingOf[at]!;
      this.#pending[next] = Math.max(0, engineTtftMs);
      this.#pending[next + pendingCount] = Math.max(0, engineE2eMs);
      if (++this.#pendingOf[at]! === pendingCount) this.#sketch(at);
    }
  }

  /** Puts the times that wait into the sketches of a group and workload. */
  #sketch(at: number): void {
    const count = this.#pendingOf[at]!;
    if (count === 0) return;
    const first = at * 2 * pendingCount;
    const ttft = (this.#ttftMs[at] ??= new QuantileSketch(quantileError));
    const e2e = (this.#e2eMs[at] ??= new QuantileSketch(quantileError));
    const order = this.#order;
    for (let i = 0; i < count; i++) order[i] = first + i;
    ttft.addAll(this.#pending, order, 0, count);
    for (let i = 0; i < count; i++) order[i] = first + pendingCount + i;
    e2e.addAll(this.#pending, order, 0, count);
    this.#pendingOf[at] = 0;
  }

  /** Requests and output tokens of all workloads of a group. */
  totalOf(group: number, position: number): number {
    let total = 0;
    for (let workload = 0; workload < this.#workloads; workload++) total += this.sumOf(group, workload, position);
    return total;
  }

  sumOf(group: number, workload: number, position: number): number {
    return this.#sums[(group * this.#workloads + workload) * recordSize + position]!;
  }

  /** Time to first token and to the last that a share `p` of the requests kept, ms, within 1 %; null when too few were counted. */
  quantiles(group: number, workload: number, p: number): { readonly ttftMs: number; readonly e2eMs: number } | null {
    const at = group * this.#workloads + workload;
    this.#sketch(at);
    if (!((this.#ttftMs[at]?.count ?? 0) >= enoughSamples)) return null;
    const ttftMs = this.#ttftMs[at]?.quantile(p) ?? null;
    const e2eMs = this.#e2eMs[at]?.quantile(p) ?? null;
    return ttftMs === null || e2eMs === null ? null : { ttftMs, e2eMs };
  }

  /** Variance over mean of the requests per slice of time: 1 for a steady Poisson stream, more for bursts and days. */
  dispersion(group: number, workload: number): number {
    const records = this.#counts.length / sliceCount;
    const at = group * this.#workloads + workload;
    const counts = Array.from({ length: sliceCount }, (_, slice) => this.#counts[slice * records + at]!);
    const mean = counts.reduce((sum, count) => sum + count, 0) / sliceCount;
    const squares = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0);
    return mean > 0 ? squares / (sliceCount - 1) / mean : 0;
  }
}
