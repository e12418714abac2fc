import type { FinishedRequest, MeasureOptions } from "./measures.ts";
import { QuantileSketch } from "./quantile-sketch.ts";

/** Positions of the sums of one group and workload; times in ms at the engine, network not counted. */
export const groupSum = {
  completed: 0,
  ttftMs: 1,
  e2eMs: 2,
  decodeMs: 3,
  decodeTokens: 4,
  inputTokens: 5,
  inputTokensSquared: 6,
  cachedTokens: 7,
  outputTokensSquared: 8,
} as const;
const sumCount = 9;

/** Equal slices of the measured time in which requests are counted, to tell steady arrivals from bursts and days. */
const sliceCount = 16;
/** Error of quantiles per group: small beside the 10 % that are looked for, and small in memory. */
const quantileError = 0.01;

/** A sketch of each of more groups would be slower to write than the simulation itself, so there every tenth request counts. */
const fewGroups = 256;
const sampledEvery = 10;
/** Where there are few groups, the first requests of each all count, and then every tenth: in a steady stream none is special. */
const countedWhole = 20_000;
/** Fewer say nothing about a 99th percentile. */
const enoughSamples = 1000;

/** What engines of a group measured of each workload, to be held against the engine model of the plan. */
export class GroupMeasures {
  readonly #workloads: number;
  readonly #sums: Float64Array;
  readonly #slices: Uint32Array;
  readonly #fromMs: number;
  readonly #slicesPerMs: number;
  readonly #countedWhole: number;
  /** Made when the first request comes: most groups of a large mesh serve one workload. */
  readonly #ttftMs: (QuantileSketch | undefined)[] = [];
  readonly #e2eMs: (QuantileSketch | undefined)[] = [];

  constructor(groups: number, workloads: number, { fromMs, durationMs }: MeasureOptions) {
    this.#workloads = workloads;
    this.#sums = new Float64Array(groups * workloads * sumCount);
    this.#slices = new Uint32Array(groups * workloads * sliceCount);
    this.#fromMs = fromMs;
    this.#countedWhole = groups > fewGroups ? 0 : countedWhole;
    this.#slicesPerMs = sliceCount / Math.max(1, durationMs - fromMs);
  }

  finish(request: FinishedRequest): void {
    const at = request.group * this.#workloads + request.workload;
    const sums = this.#sums;
    const first = at * sumCount;
    const { inputTokens, outputTokens, engineTtftMs, engineE2eMs } = request;
    sums[first + groupSum.completed] = sums[first + groupSum.completed]! + 1;
    sums[first + groupSum.ttftMs] = sums[first + groupSum.ttftMs]! + engineTtftMs;
    sums[first + groupSum.e2eMs] = sums[first + groupSum.e2eMs]! + engineE2eMs;
    sums[first + groupSum.decodeMs] = sums[first + groupSum.decodeMs]! + engineE2eMs - engineTtftMs;
    sums[first + groupSum.decodeTokens] = sums[first + groupSum.decodeTokens]! + outputTokens - 1;
    sums[first + groupSum.inputTokens] = sums[first + groupSum.inputTokens]! + inputTokens;
    sums[first + groupSum.inputTokensSquared] = sums[first + groupSum.inputTokensSquared]! + inputTokens * inputTokens;
    sums[first + groupSum.cachedTokens] = sums[first + groupSum.cachedTokens]! + request.cachedTokens;
    sums[first + groupSum.outputTokensSquared] =
      sums[first + groupSum.outputTokensSquared]! + outputTokens * outputTokens;
    const slice = Math.min(sliceCount - 1, Math.floor((request.arrivalMs - this.#fromMs) * this.#slicesPerMs));
    this.#slices[at * sliceCount + slice] = this.#slices[at * sliceCount + slice]! + 1;
    const completed = sums[first + groupSum.completed]!;
    if (completed > this.#countedWhole && completed % sampledEvery !== 0) return;
    (this.#ttftMs[at] ??= new QuantileSketch(quantileError)).add(Math.max(0, engineTtftMs));
    (this.#e2eMs[at] ??= new QuantileSketch(quantileError)).add(Math.max(0, engineE2eMs));
  }

  sumOf(group: number, workload: number, position: number): number {
    return this.#sums[(group * this.#workloads + workload) * sumCount + position]!;
  }

  /** Time to first token and to the last that a share `p` of the requests kept, ms, within 1 %; null when too few were counted. */
  quantiles(group: number, workload: number, p: number): { readonly ttftMs: number; readonly e2eMs: number } | null {
    const at = group * this.#workloads + workload;
    if (!((this.#ttftMs[at]?.count ?? 0) >= enoughSamples)) return null;
    const ttftMs = this.#ttftMs[at]?.quantile(p) ?? null;
    const e2eMs = this.#e2eMs[at]?.quantile(p) ?? null;
    return ttftMs === null || e2eMs === null ? null : { ttftMs, e2eMs };
  }

  /** Variance over mean of the requests per slice of time: 1 for a steady Poisson stream, more for bursts and days. */
  dispersion(group: number, workload: number): number {
    const first = (group * this.#workloads + workload) * sliceCount;
    const counts = this.#slices.subarray(first, first + sliceCount);
    const mean = counts.reduce((sum, count) => sum + count, 0) / sliceCount;
    const squares = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0);
    return mean > 0 ? squares / (sliceCount - 1) / mean : 0;
  }
}
