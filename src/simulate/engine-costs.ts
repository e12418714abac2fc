import type { Replica } from "../perf/index.ts";

/**
 * What one engine step costs, as the simulator uses it: the coefficients `perf` compiled, stretched when the engine has
 * only a share of its accelerators or runs slow. All times in ms.
 *
 * A step with n decoding sequences over S context tokens and p prefill tokens takes
 * `fixed(n + p) + perSequence·n + perContextToken·S + perPrefillToken·p + perTokenPair·pairs`.
 */
export interface EngineCosts {
  readonly baseMs: number;
  /** Extra weight traffic of the experts that `tokens` tokens load; `null` for a dense model. */
  readonly expertsMs: ((tokens: number) => number) | null;
  readonly perSequenceMs: number;
  readonly perContextTokenMs: number;
  readonly perPrefillTokenMs: number;
  readonly perTokenPairMs: number;
  /** Time outside the steps between a request's arrival and the queue. */
  readonly requestOverheadMs: number;
  readonly maxSequences: number;
  readonly maxBatchedTokens: number;
  readonly kvBlocks: number;
  readonly kvBlockTokens: number;
  /** Longest input plus output one request may have. */
  readonly maxRequestTokens: number;
}

/** `speedRatio` below 1 stretches every time; 1 is a whole engine. */
export function engineCosts(replica: Replica, speedRatio: number): EngineCosts {
  if (!(speedRatio > 0)) throw new RangeError(`speedRatio must be above 0, not ${speedRatio}`);
  const stretch = 1 / speedRatio;
  const kvBlocks = Math.floor(replica.kvTokenCapacity / replica.kvBlockTokens);
  return {
    baseMs: replica.stepBaseMs * stretch,
    expertsMs: replica.spec.model.experts ? (tokens) => replica.moeWeightMs(tokens) * stretch : null,
    perSequenceMs: replica.perSequenceMs * stretch,
    perContextTokenMs: replica.perContextTokenMs * stretch,
    perPrefillTokenMs: replica.perPrefillTokenMs * stretch,
    perTokenPairMs: replica.perAttentionTokenPairMs * stretch,
    requestOverheadMs: replica.requestOverheadMs,
    maxSequences: replica.maxSequences,
    maxBatchedTokens: replica.maxBatchedTokens,
    kvBlocks,
    kvBlockTokens: replica.kvBlockTokens,
    maxRequestTokens: Math.min(kvBlocks * replica.kvBlockTokens, replica.spec.model.maxContextTokens),
  };
}
