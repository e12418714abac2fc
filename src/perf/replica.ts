import type { ServerModule } from "../catalog/index.ts";
import { fit, kvBytesPerToken, kvShards, weightBytesPerAccelerator, type ReplicaSpec } from "./memory.ts";
import { arithmeticTflops, attentionTflops } from "./precision.ts";

/**
 * An engine as numbers, all times in ms. One step that decodes `n` sequences holding `S` tokens of context and prefills
 * `p` tokens (with `q` query-key pairs) takes
 *
 *   stepBaseMs + perSequenceMs·n + perContextTokenMs·S + perPrefillTokenMs·p + perAttentionTokenPairMs·q + moeWeightMs(n + p)
 *
 * Given n it is linear in S, so runs of decode steps can be summed in closed form.
 */
export interface Replica {
  readonly spec: ReplicaSpec;
  readonly kvTokenCapacity: number;
  /** Fixed cost, weights that every step reads, layers, and collective start-up. */
  readonly stepBaseMs: number;
  /** Scheduler, arithmetic and collective bytes of one decoded token. */
  readonly perSequenceMs: number;
  /** Reading the KV cache of one token. */
  readonly perContextTokenMs: number;
  readonly perPrefillTokenMs: number;
  /** A chunk of c tokens behind c0 earlier ones has c × (c0 + c/2) pairs. */
  readonly perAttentionTokenPairMs: number;
  /** Per request outside the steps. */
  readonly requestOverheadMs: number;
  readonly maxSequences: number;
  readonly maxBatchedTokens: number;
  readonly kvBlockTokens: number;
  /** Time to read the experts that `tokens` tokens of one step call; 0 for a dense model. */
  moeWeightMs(tokens: number): number;
}

/** Attention kernels reach about half of the rate of a large matrix product. Source: own fit, kernels of 2025-2026. */
const attentionEfficiency = 0.5;
const bytesPerActivation = 2;
/** Sums per layer over the accelerators: one after attention, one after the feed-forward part. */
const allReducesPerLayer = 2;

/** Compiles an engine; null when the model does not fit (`fit` says why). */
export function compileReplica(spec: ReplicaSpec): Replica | null {
  const memory = fit(spec);
  if (!memory.ok) return null;
  const { accelerator, engine, model, tensorParallel: t } = spec;
  const bytesPerMs = accelerator.memoryGBps * 1e6;
  const readMs = (bytes: number, coefficient = engine.memoryCoefficient) => (coefficient * bytes) / bytesPerMs;
  const flopsPerMs = arithmeticTflops(accelerator, spec.weightPrecision) * 1e9;

  const { shared, lookup, experts } = weightBytesPerAccelerator(spec);
  const expertReadMs = readMs(1, engine.expertMemoryCoefficient ?? engine.memoryCoefficient) * experts;
  const idleShare = model.experts ? 1 - model.experts.perToken / model.experts.count : 0;
  const expertLayersMs = model.experts ? ((engine.stepPerExpertLayerUs ?? 0) * model.layers) / 1e3 : 0;

  const collectives = t > 1 ? engine.communicationCoefficient * allReducesPerLayer * model.layers : 0;
  const collectiveStartMs = (collectives * accelerator.link.latencyUs) / 1e3;
  // Attention run in parallel over the data has a scheduler and a share of the tokens per accelerator.
  const ranks = spec.attentionDataParallel ? t : 1;
  const collectiveBytesMs =
    t > 1 ? (collectives * model.hiddenSize * bytesPerActivation) / ranks / (accelerator.link.allReduceGBps * 1e6) : 0;

  // A token's arithmetic is spread over the accelerators either way: cut with the weights, or as one of t batches.
  const computedParameters = model.activeParameters - (model.lookupParameters ?? 0);
  const computeMs = (engine.computeCoefficient * 2 * computedParameters) / t / flopsPerMs;
  const pairFlops = engine.computeCoefficient * 4 * model.layers * model.attentionHeads * model.headDim;
  const pairMs = pairFlops / t / (attentionEfficiency * attentionTflops(accelerator) * 1e9);

  return {
    spec,
    kvTokenCapacity: memory.kvTokenCapacity,
    stepBaseMs:
      engine.stepFixedMs +
      (engine.stepPerLayerUs * model.layers) / 1e3 +
      expertLayersMs +
      readMs(shared - lookup) +
      collectiveStartMs,
    perSequenceMs: engine.stepPerSequenceUs / 1e3 / ranks + computeMs + collectiveBytesMs,
    perContextTokenMs: readMs(kvBytesPerToken(model, spec.kvPrecision) / kvShards(spec)),
    perPrefillTokenMs: computeMs + collectiveBytesMs,
    perAttentionTokenPairMs: pairMs,
    requestOverheadMs: engine.requestOverheadMs,
    maxSequences: engine.maxSequences,
    maxBatchedTokens: engine.maxBatchedTokens,
    kvBlockTokens: engine.kvBlockTokens,
    // Each token calls `perToken` of `count` experts at random, so a share of them stays unread while batches are small.
    moeWeightMs: (tokens) => (tokens > 0 ? expertReadMs * (1 - idleShare ** tokens) : 0),
  };
}

/** Duration of one step, ms. */
export function stepMs(
  replica: Replica,
  decodeSequences: number,
  contextTokens: number,
  prefillTokens: number,
  attentionPairs: number,
): number {
  return (
    replica.stepBaseMs +
    replica.perSequenceMs * decodeSequences +
    replica.perContextTokenMs * contextTokens +
    replica.perPrefillTokenMs * prefillTokens +
    replica.perAttentionTokenPairMs * attentionPairs +
    replica.moeWeightMs(decodeSequences + prefillTokens)
  );
}

/** Degrees of tensor parallelism a server allows: the powers of two that divide its accelerators evenly. */
export function feasibleTensorParallel(module: ServerModule): number[] {
  const degrees: number[] = [];
  for (let t = 1; t <= module.acceleratorCount; t *= 2) {
    if (module.acceleratorCount % t === 0 && (t === 1 || module.accelerator.link.kind !== "none")) degrees.push(t);
  }
  return degrees;
}
