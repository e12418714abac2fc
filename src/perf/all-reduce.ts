import type { ReplicaSpec } from "./memory.ts";

/** What the accelerators of an engine spend on adding up their partial results, ms. */
export interface AllReduce {
  /** Start-up of all sums of a step. */
  readonly startMs: number;
  /** Bytes of one decoded token: batches of decoding make messages of about a megabyte. */
  readonly perDecodeTokenMs: number;
  /** Bytes of one token of a prompt: whole prompts make messages of tens of megabytes, which links move faster. */
  readonly perPrefillTokenMs: number;
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
  if (tensorParallel === 1) return { startMs: 0, perDecodeTokenMs: 0, perPrefillTokenMs: 0 };
  const link = linkOf(spec);
  const sums = coefficient * model.layers * sumsPerLayer[spec.attentionDataParallel ? "dataParallel" : "cut"];
  const bytes = sums * model.hiddenSize * bytesPerActivation;
  return {
    startMs: (sums * link.latencyUs) / 1e3,
    perDecodeTokenMs: bytes / (link.smallGBps * 1e6),
    perPrefillTokenMs: bytes / (link.largeGBps * 1e6),
  };
}

/** The measured group of that size, else the largest smaller one, else the chip's one rate. */
function linkOf(spec: ReplicaSpec): {
  readonly latencyUs: number;
  readonly smallGBps: number;
  readonly largeGBps: number;
} {
  const { link } = spec.accelerator;
  const group = (link.groups ?? []).findLast(({ accelerators }) => accelerators <= spec.tensorParallel);
  return group ?? { latencyUs: link.latencyUs, smallGBps: link.allReduceGBps, largeGBps: link.allReduceGBps };
}
