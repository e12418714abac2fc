import type { Accelerator, EngineProfile, Model, Precision } from "../catalog/index.ts";
import { arithmeticTflops, bytesPerKvElement, bytesPerWeight } from "./precision.ts";

/** One engine: a model in a format on `tensorParallel` accelerators of one server. */
export interface ReplicaSpec {
  readonly accelerator: Accelerator;
  readonly tensorParallel: number;
  /**
   * Set when attention is replicated instead of cut: each accelerator runs attention for its share of the sequences and
   * holds their cache whole; experts stay divided. The way latent attention is served at scale. Default false.
   */
  readonly attentionDataParallel?: boolean;
  /** Stages the layers are divided into; the engine takes tensorParallel × pipelineParallel accelerators. Default 1. */
  readonly pipelineParallel?: number;
  readonly model: Model;
  readonly engine: EngineProfile;
  readonly weightPrecision: Precision;
  readonly kvPrecision: Precision;
  /** Share of the memory engines may use that this one has, 0 to 1: below 1 beside others on its accelerators. Default 1. */
  readonly memoryRatio?: number;
}

/**
 * Makers print the binary gigabytes of a memory as GB, and the driver keeps some: a "24 GB" card shows 23.5 GiB, an
 * "80 GB" one 79.2 GiB. Bytes an engine sees per printed gigabyte: 2^30 × 0.98. Seen with nvidia-smi on Ada and Hopper
 * cards, 2024 to 2026.
 */
const visibleBytesPerGB = 1024 ** 3 * 0.98;

/** KV bytes per token over all layers and accelerators, without copies. */
export function kvBytesPerToken(model: Model, kvPrecision: Precision): number {
  const bf16 =
    model.kvBytesPerTokenBf16 ?? 2 * (model.attentionLayers ?? model.layers) * model.kvHeads * model.headDim * 2;
  return (bf16 * bytesPerKvElement[kvPrecision]) / 2;
}

/**
 * Over how many accelerators the KV cache is divided. A head cannot be cut, so beyond one head each accelerator keeps
 * a copy; latent attention (MLA) has a single latent vector and is copied everywhere.
 */
export function kvShards(spec: ReplicaSpec): number {
  if (spec.attentionDataParallel) return spec.tensorParallel;
  return spec.model.kvBytesPerTokenBf16 === undefined ? Math.min(spec.tensorParallel, spec.model.kvHeads) : 1;
}

/** Format of all but the routed experts: some models are released with only those in fewer bits. */
export function sharedPrecision({ model, weightPrecision }: ReplicaSpec): Precision {
  const fewBits = weightPrecision === "fp4" || weightPrecision === "int4";
  return fewBits ? (model.sharedPrecision ?? weightPrecision) : weightPrecision;
}

/**
 * Bytes of weights in the format on one accelerator: what every token passes (of which `lookup` is held but not read: the
 * input embedding), and the routed experts.
 */
export function weightBytesPerAccelerator(spec: ReplicaSpec): {
  readonly shared: number;
  readonly lookup: number;
  readonly experts: number;
} {
  const { experts, totalParameters } = spec.model;
  const expertParameters = experts ? experts.count * experts.parametersEach : 0;
  const perWeight = bytesPerWeight[spec.weightPrecision];
  const perSharedWeight = bytesPerWeight[sharedPrecision(spec)];
  const stages = spec.pipelineParallel ?? 1;
  const cut = (spec.attentionDataParallel ? 1 : spec.tensorParallel) * stages;
  return {
    shared: ((totalParameters - expertParameters) * perSharedWeight) / cut,
    lookup: ((spec.model.lookupParameters ?? 0) * perSharedWeight) / cut,
    experts: (expertParameters * perWeight) / spec.tensorParallel / stages,
  };
}

/** What an engine asks of the memory of each of its accelerators, bytes; `available` is what it may take when alone. */
export function memoryOf(spec: ReplicaSpec): {
  readonly available: number;
  readonly weights: number;
  readonly overhead: number;
  readonly perToken: number;
} {
  const { accelerator, engine } = spec;
  const { shared, experts } = weightBytesPerAccelerator(spec);
  return {
    available: accelerator.memoryGB * visibleBytesPerGB * engine.memoryUtilization,
    weights: shared + experts,
    overhead: engine.overheadGB * 1e9 + engine.overheadBytesPerBatchedToken * engine.maxBatchedTokens,
    perToken: kvBytesPerToken(spec.model, spec.kvPrecision) / kvShards(spec) / (spec.pipelineParallel ?? 1),
  };
}

export type Fit =
  | { readonly ok: true; readonly kvTokenCapacity: number }
  | { readonly ok: false; readonly reason: string; readonly neededGB: number; readonly availableGB: number };

/**
 * Whether a model fits, and how many tokens of KV cache are left. GB are decimal, per accelerator.
 *
 * Memory × utilisation × the engine's share of it − weights / TP − overhead, in whole blocks. Checked against vLLM 0.19 on a 24 GB card:
 * Llama-3.1-8B in bf16 leaves 41,408 tokens.
 */
export function fit(spec: ReplicaSpec): Fit {
  const { accelerator, engine, model, tensorParallel } = spec;
  const { available: whole, weights, overhead, perToken } = memoryOf(spec);
  const available = whole * (spec.memoryRatio ?? 1);
  const blocks = Math.floor((available - weights - overhead) / perToken / engine.kvBlockTokens);
  const neededGB = (weights + overhead + perToken * engine.kvBlockTokens) / 1e9;
  const availableGB = available / 1e9;
  if (!(arithmeticTflops(accelerator, spec.weightPrecision) > 0) || !(accelerator.memoryGBps > 0)) {
    return {
      ok: false,
      reason: `no arithmetic or memory rate is known for ${accelerator.name}`,
      neededGB,
      availableGB,
    };
  }
  const copies = engine.split !== undefined && engine.split.transferGBps === undefined;
  const alone = tensorParallel * (spec.pipelineParallel ?? 1) === 1 && !copies;
  if (!alone && !(accelerator.link.allReduceGBps > 0)) {
    return { ok: false, reason: `${accelerator.name} has no link to share a model over`, neededGB, availableGB };
  }
  if (!(blocks >= 1)) {
    const count = tensorParallel * (spec.pipelineParallel ?? 1);
    const cards = count === 1 ? "one" : `each of ${count}`;
    const reason = `${model.name} in ${spec.weightPrecision} needs ${neededGB.toFixed(1)} GB on ${cards} ${accelerator.name}, which offers ${availableGB.toFixed(1)} GB`;
    return { ok: false, reason, neededGB, availableGB };
  }
  return { ok: true, kvTokenCapacity: blocks * engine.kvBlockTokens };
}
