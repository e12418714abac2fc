import type { Replica, Split, StepTerms } from "../../perf/index.ts";

/** What the parts of a step cost, ms. */
export interface StepCosts {
  readonly baseMs: number;
  /** What the tokens of a step cost together: experts they load, short sums over accelerators; `null` for none. */
  readonly batchMs: ((tokens: number) => number) | null;
  readonly perSequenceMs: number;
  readonly perContextTokenMs: number;
  readonly perPrefillTokenMs: number;
  readonly perTokenPairMs: number;
}

/**
 * What one engine step costs, as the simulator uses it: the coefficients `perf` compiled, stretched when the engine has
 * only a share of its accelerators or runs slow. All times in ms.
 *
 * A step with n decoding sequences over S context tokens and p prefill tokens takes
 * `base + batch(n + p) + perSequence·n + perContextToken·S + perPrefillToken·p + perTokenPair·pairs`.
 */
export interface EngineCosts extends StepCosts {
  /** What a step draws, in ms at full load that take the same energy above idling; absent = full load all the while. */
  readonly draw?: StepCosts;
  /** Tokens of a decoding sequence that pass the model in a step: 1, and those a draft proposes; absent = 1. */
  readonly tokensPerSequence?: number;
  /** Tokens a decoding sequence gains per step, in sixteenths of a token; absent = 1. */
  readonly tokensPerStep?: number;
  /** Units that run prompts and answers apart; all else describes one unit. Absent = one unit does both. */
  readonly split?: Split;
  /** Stages of the pipeline: prompts of a step run side by side in as many batches; absent = 1. */
  readonly stages?: number;
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
    ...stepCosts(replica, stretch),
    draw: stepCosts(replica.draw, stretch),
    ...(replica.tokensPerSequence > 1 && {
      tokensPerSequence: replica.tokensPerSequence,
      tokensPerStep: replica.tokensPerStep,
    }),
    // Links keep their speed when an engine has only a share of its accelerators' time.
    ...(replica.split && { split: replica.split }),
    ...(replica.pipelineStages > 1 && { stages: replica.pipelineStages }),
    requestOverheadMs: replica.requestOverheadMs,
    maxSequences: replica.maxSequences,
    maxBatchedTokens: replica.maxBatchedTokens,
    kvBlocks,
    kvBlockTokens: replica.kvBlockTokens,
    // The last step of a sequence may go beyond its end by what a draft gains.
    maxRequestTokens: Math.min(
      kvBlocks * replica.kvBlockTokens - Math.ceil(replica.tokensPerStep - 1),
      replica.spec.model.maxContextTokens,
    ),
  };
}

function stepCosts(terms: StepTerms, stretch: number): StepCosts {
  const { batchMs } = terms;
  return {
    baseMs: terms.stepBaseMs * stretch,
    batchMs: batchMs === null ? null : (tokens) => batchMs(tokens) * stretch,
    perSequenceMs: terms.perSequenceMs * stretch,
    perContextTokenMs: terms.perContextTokenMs * stretch,
    perPrefillTokenMs: terms.perPrefillTokenMs * stretch,
    perTokenPairMs: terms.perAttentionTokenPairMs * stretch,
  };
}
