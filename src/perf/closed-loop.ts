import type { Replica } from "./replica.ts";
import { meanStep, shapeCosts } from "./request-shape.ts";

/** An engine that always has the same number of requests in flight, as benchmarks run it. Times in ms. */
export interface ClosedLoopPoint {
  readonly tpotMs: number;
  readonly ttftMs: number;
  /** Sequences that decode at once; below the concurrency when the cache holds no more. */
  readonly decoding: number;
}

/**
 * Share of its output a sequence holds in the cache on average while others wait for its place. Half would be right if
 * blocks came back at once; engines keep some free so that running sequences can grow.
 */
const heldOutputShare = 0.6;

/** Prompts cannot fill the steps for good in a closed loop, as those who wait send nothing new. */
const largestOccupancy = 0.9;

/** How a benchmark loads an engine and what its server holds back; the defaults are those of common load generators. */
export interface ClosedLoopProtocol {
  /**
   * Share of all requests that are sent at once at the start and queue behind each other's prompts: one in ten where a
   * benchmark sends ten requests per client, as vLLM's and InferenceX's do.
   */
  readonly bunchShare?: number;
  /** Steps for which the server's settings hold a request back, on average: polling intervals, waits for fuller batches. */
  readonly heldSteps?: number;
}

/**
 * Time per output token and to first token at `concurrency` requests in flight, all of the same length.
 *
 * First token = overhead + the step in progress (a new request comes when a step has just ended and the next has begun) +
 * the own prompt + prompts before it (M/D/1), or for the bunch at the start half of everybody's prompts.
 * @returns null when one request does not fit.
 */
export function closedLoop(
  replica: Replica,
  inputTokens: number,
  outputTokens: number,
  concurrency: number,
  protocol: ClosedLoopProtocol = {},
): ClosedLoopPoint | null {
  const { bunchShare = 0.1, heldSteps = 0 } = protocol;
  const shape = { inputMean: inputTokens, inputCv: 0, outputMean: outputTokens, outputCv: 0, prefixHitRatio: 0 };
  const costs = shapeCosts(replica, shape);
  if (inputTokens + outputTokens > replica.kvTokenCapacity) return null;
  const places = replica.kvTokenCapacity / (inputTokens + outputTokens * heldOutputShare);
  const decoding = Math.min(concurrency, replica.maxSequences, places);
  const prefillsPerStep = (decoding * replica.tokensPerStep) / outputTokens;
  const { decodeMs, stepMs } = meanStep(replica, costs, decoding, prefillsPerStep);
  const decodingTokens = decoding * replica.tokensPerSequence;
  const chunks = Math.max(1, Math.ceil(inputTokens / replica.maxBatchedTokens));
  const expertsMs = replica.moeWeightMs(decodingTokens + inputTokens) - replica.moeWeightMs(decodingTokens);
  const ownMs = chunks * (decodeMs + expertsMs) + costs.prefillMs;
  const occupancy = Math.min((prefillsPerStep * costs.prefillMs) / stepMs / replica.pipelineStages, largestOccupancy);
  const queueMs = ((occupancy / (2 * (1 - occupancy))) * costs.prefillMs) / replica.pipelineStages;
  const startSteps = Math.max(1, Math.ceil((decoding * inputTokens) / replica.maxBatchedTokens));
  const startStepMs =
    replica.stepBaseMs + replica.moeWeightMs(decodingTokens + inputTokens) + (decoding * costs.prefillMs) / startSteps;
  const bunchMs = ((startSteps + 1) / 2) * startStepMs;
  const tpotMs = stepMs / replica.tokensPerStep;
  const placeMs = (concurrency / decoding - 1) * outputTokens * tpotMs;
  return {
    tpotMs,
    ttftMs:
      replica.requestOverheadMs +
      (1 - bunchShare) * ((1 + heldSteps) * stepMs + ownMs + queueMs) +
      bunchShare * bunchMs +
      placeMs,
    decoding,
  };
}
