import { loadPoint } from "./load-point.ts";
import { batchMs, type Replica } from "./replica.ts";
import { decodeStepMs, shapeCosts, type RequestShape } from "./request-shape.ts";
import { drawnMs } from "./step-draw.ts";

/**
 * What one request draws above idling on an engine that gets `requestsPerS`, in ms at full load of all its accelerators.
 * A step's energy is shared by those in it, so the busier the engine, the less a request takes; at a rate that it cannot
 * sustain, as little as its seats allow. 0 when a request does not fit.
 *
 * The crowd is a Poisson number: while anything decodes, a step holds batch / (1 − e^−batch) sequences. A prompt that finds
 * the engine idle has steps of its own, another lengthens steps that are under way, one or several at a time.
 */
export function drawnMsPerRequest(replica: Replica, shape: RequestShape, requestsPerS: number): number {
  const costs = shapeCosts(replica, shape);
  if (!(costs.seats >= 1)) return 0;
  const asked = { ...replica, ...replica.draw };
  const askedPromptMs = shapeCosts(asked, shape).prefillMs;
  const decodeUnits = replica.split?.decodeUnits ?? 1;
  const point = loadPoint(replica, shape, requestsPerS);
  const batch = point.batch / decodeUnits;
  const idle = Math.exp(-batch);
  const sequences = batch > 0 ? Math.max(1, Math.min(batch / -Math.expm1(-batch), costs.seats / decodeUnits)) : 1;
  const decodeMs = decodeStepMs(replica, costs, sequences);
  const askedDecodeMs = decodeStepMs(asked, costs, sequences);
  const decodeDrawnMs = drawnMs(askedDecodeMs, decodeMs);

  const chunks = Math.max(1, costs.prefillTokens / replica.maxBatchedTokens);
  const [tokens, promptMs, askedMs] = [costs.prefillTokens, costs.prefillMs, askedPromptMs].map(
    (all) => all / chunks,
  ) as [number, number, number];
  /** A step of so many prompts, or parts of them, beside what the other sequences need. */
  const stepOf = (besidesMs: number, askedBesidesMs: number, prompts: number, decoding: number): number => {
    const together = (of: Replica) =>
      batchMs(of, decoding + Math.max(prompts * tokens, 1)) - (decoding > 0 ? batchMs(of, decoding) : 0);
    return drawnMs(
      askedBesidesMs + together(asked) + prompts * askedMs,
      besidesMs + together(replica) + prompts * promptMs,
    );
  };
  const aloneMs = stepOf(replica.stepBaseMs, asked.stepBaseMs, 1, 0);
  // Answers of one token have no steps but their prompts'.
  const decodes = costs.outputMean > 1;
  const prompts = decodes ? Math.max(1, (sequences / costs.decodeSteps) * chunks) : sequences;
  const crowdedMs = decodes
    ? (stepOf(decodeMs, askedDecodeMs, prompts, sequences * replica.tokensPerSequence) - decodeDrawnMs) / prompts
    : stepOf(replica.stepBaseMs, asked.stepBaseMs, prompts, 0) / prompts;
  const alone = replica.split ? 1 : idle;
  const units = replica.split ? replica.split.prefillUnits + replica.split.decodeUnits : 1;
  const drawn =
    ((decodes ? (costs.decodeSteps * decodeDrawnMs) / sequences : 0) +
      chunks * (alone * aloneMs + (1 - alone) * crowdedMs)) /
    units;
  // All requests of a second cannot take more than the second at full load.
  return requestsPerS > 0 ? Math.min(drawn, (1000 / requestsPerS) * Math.max(1, point.utilization)) : drawn;
}
