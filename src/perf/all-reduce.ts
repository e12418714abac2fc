import { allReduceSizesMB } from "../catalog/index.ts";
import type { ReplicaSpec } from "./memory.ts";

/** What the accelerators of an engine spend on adding up their partial results: start + perToken·n + beyond(n), ms. */
export interface AllReduce {
  /** All sums of a step at their smallest. */
  readonly startMs: number;
  /** Bytes of a token at the rate of the longest messages. */
  readonly perTokenMs: number;
  /** What shorter messages take longer than at that rate: rises with the tokens of a step to a limit. 0 for no token. */
  readonly beyondMs: ((tokens: number) => number) | null;
}

const bytesPerActivation = 2;

/**
 * Sums per layer: one after attention and one after the feed-forward part. With attention in parallel over the data the
 * first falls away, and gathering all tokens before the experts and scattering them after costs as much as the second.
 */
const sumsPerLayer = { cut: 2, dataParallel: 1 } as const;

/** Cost of the sums over `spec.tensorParallel` accelerators, times the coefficient; all zero for one. */
export function allReduce(spec: ReplicaSpec, coefficient: number): AllReduce {
  const { model, tensorParallel } = spec;
  if (tensorParallel === 1) return { startMs: 0, perTokenMs: 0, beyondMs: null };
  const sums = coefficient * model.layers * sumsPerLayer[spec.attentionDataParallel ? "dataParallel" : "cut"];
  const tokenMB = (model.hiddenSize * bytesPerActivation) / 1e6;
  const { link } = spec.accelerator;
  const groups = link.groupsByEngine?.[spec.engine.like ?? spec.engine.id] ?? link.groups;
  // The measured group of that size, else the largest smaller one, else the chip's one rate.
  const group = groups?.findLast(({ accelerators }) => accelerators <= tensorParallel);
  if (group === undefined) {
    const perTokenMs = (sums * tokenMB) / link.allReduceGBps;
    return { startMs: (sums * link.latencyUs) / 1e3, perTokenMs, beyondMs: null };
  }
  const { latencyUs, timesUs } = group;
  const sizes = [0, ...allReduceSizesMB];
  const times = [latencyUs, ...timesUs];
  const last = sizes.length - 1;
  const usPerMB = (times[last]! - times[last - 1]!) / (sizes[last]! - sizes[last - 1]!);
  // What a message of each size takes beyond its bytes at the rate of the longest; noise must not make it fall.
  let most = 0;
  const beyondUs = times.map((us, i) => (most = Math.max(most, us - latencyUs - usPerMB * sizes[i]!)));
  return {
    startMs: (sums * latencyUs) / 1e3,
    perTokenMs: (sums * usPerMB * tokenMB) / 1e3,
    beyondMs: (tokens) => (sums * between(sizes, beyondUs, tokens * tokenMB)) / 1e3,
  };
}

/** Value at `x` on the line through the points, which begin at 0; beyond the last one its value. */
function between(xs: readonly number[], ys: readonly number[], x: number): number {
  for (let i = 1; i < xs.length; i++) {
    if (x <= xs[i]!) return ys[i - 1]! + ((ys[i]! - ys[i - 1]!) * (x - xs[i - 1]!)) / (xs[i]! - xs[i - 1]!);
  }
  return ys.at(-1)!;
}
