import { batchMs, type Replica } from "./replica.ts";
import { heldOutputShare, meanStep, shapeCosts } from "./request-shape.ts";

/** An engine that always has the same number of requests in flight, as benchmarks run it. Times in ms. */
export interface ClosedLoopPoint {
  readonly tpotMs: number;
  readonly ttftMs: number;
  /** Sequences that decode at once; below the concurrency when the cache holds no more. */
  readonly decoding: number;
}

/** Prompts cannot fill the steps for good in a closed loop, as those who wait send nothing new. */
const largestOccupancy = 0.9;

/** Lengths drawn evenly from 0.8 to 1.0 times the stated one, as InferenceX does. */
const usualLengthCv = 0.064;

/** How a benchmark loads an engine and what its server holds back; the defaults are those of common load generators. */
export interface ClosedLoopProtocol {
  /**
   * Requests per client, all clients beginning at once: ten in vLLM's and InferenceX's benchmarks. The first prompts queue
   * behind each other, and answers of nearly one length bring the next ones back in a crowd that spreads from round to round.
   */
  readonly rounds?: number;
  /** Steps for which the server's settings hold a request back, on average: polling intervals, waits for fuller batches. */
  readonly heldSteps?: number;
  /** Mean length of prompts and answers over the length stated; 1 where every request has the same. */
  readonly lengthRatio?: number;
  /** Standard deviation of an answer's length over its mean. */
  readonly lengthCv?: number;
}

/**
 * Time per output token and to first token at `concurrency` requests in flight, all of the same length.
 *
 * First token = overhead + the step in progress (a new request comes when a step has just ended and the next has begun) +
 * the own prompt + prompts before it. All clients begin at once, so that the first prompts queue behind each other; answers
 * end, and the next prompts come, the more spread the more rounds have passed. Within the crowd of a round the queue is
 * M/D/1 at the crowd's own rate, no longer than a quarter of the crowd, or what does not fit into the time it comes in.
 * @returns null when one request does not fit.
 */
export function closedLoop(
  replica: Replica,
  statedInputTokens: number,
  statedOutputTokens: number,
  concurrency: number,
  protocol: ClosedLoopProtocol = {},
): ClosedLoopPoint | null {
  const { rounds = 10, heldSteps = 0, lengthRatio = 1, lengthCv = usualLengthCv } = protocol;
  const inputTokens = statedInputTokens * lengthRatio;
  const outputTokens = statedOutputTokens * lengthRatio;
  const shape = { inputMean: inputTokens, inputCv: 0, outputMean: outputTokens, outputCv: 0, prefixHitRatio: 0 };
  const costs = shapeCosts(replica, shape);
  if (inputTokens + outputTokens > replica.kvTokenCapacity) return null;
  const places = replica.kvTokenCapacity / (inputTokens + outputTokens * heldOutputShare);
  const decoding = Math.min(concurrency, replica.maxSequences, places);
  const prefillsPerStep = (decoding * replica.tokensPerStep) / outputTokens;
  const { decodeMs, stepMs } = meanStep(replica, costs, decoding, prefillsPerStep);
  const decodingTokens = decoding * replica.tokensPerSequence;
  const tpotMs = stepMs / replica.tokensPerStep;
  const roundMs = outputTokens * tpotMs;

  const chunks = Math.max(1, Math.ceil(inputTokens / replica.maxBatchedTokens));
  const promptsPerStep = Math.max(1, Math.floor(replica.maxBatchedTokens / inputTokens));
  const together = (tokens: number) => batchMs(replica, decodingTokens + tokens) - batchMs(replica, decodingTokens);
  const ownMs = chunks * (decodeMs + together(inputTokens / chunks)) + costs.prefillMs;
  // Prompts that wait are taken together; each lengthens the wait of the next by its share of such a step.
  const shared = Math.min(promptsPerStep, decoding);
  const serviceMs =
    (costs.prefillMs + (chunks * (decodeMs + together((shared * inputTokens) / chunks))) / shared) /
    replica.pipelineStages;
  const bunchMs = decoding * serviceMs;
  let waitedMs = (bunchMs + ownMs) / 2;
  let variance = bunchMs ** 2 / 12;
  for (let round = 1; round < rounds; round++) {
    variance += (lengthCv * roundMs) ** 2;
    const widthMs = Math.min(roundMs, Math.sqrt(12 * variance));
    const occupancy = Math.min(bunchMs / widthMs, largestOccupancy);
    const queueMs =
      Math.min((occupancy / (2 * (1 - occupancy))) * serviceMs, bunchMs / 4) + Math.max(0, bunchMs - widthMs) / 2;
    const promptsInStep = Math.min((prefillsPerStep * roundMs) / widthMs, promptsPerStep);
    const crowdedMs = meanStep(replica, costs, decoding, promptsInStep).stepMs;
    waitedMs += crowdedMs + heldSteps * stepMs + ownMs + queueMs;
  }
  const placeMs = (concurrency / decoding - 1) * roundMs;
  return { tpotMs, ttftMs: replica.requestOverheadMs + waitedMs / rounds + placeMs, decoding };
}
