import type { BatchPoint } from "./batch-point.ts";
import { exponentialPart, quantileOfSum, type Part } from "./quantile-of-sum.ts";
import { batchMs, type Replica, type Split } from "./replica.ts";
import { meanStep, normalDeviate, type ShapeCosts } from "./request-shape.ts";

/**
 * An engine whose prompts and answers run on separate units, at `batch` decoding sequences over all decode units.
 *
 * First token = overhead + own step on a prefill unit + the wait for one (Sakasegawa's M/G/x; prompts that wait share a
 * step, so that its fixed part counts the less the busier the units are) + prompts that joined the same step later. Between
 * the first token and the second lie the transfer of the cache, which queues for the unit's link (M/G/1), and the rest of
 * the decode step in progress. Decode steps carry no prompts.
 */
export function splitPoint(replica: Replica, split: Split, costs: ShapeCosts, batch: number): BatchPoint {
  const { prefillUnits, decodeUnits } = split;
  const stepOf = (sequences: number) => {
    const decoding = Math.min(sequences / decodeUnits + 1, Math.max(costs.seats / decodeUnits, 1));
    return meanStep(replica, costs, decoding, 0, Math.sqrt(Math.max(0, decoding - 1))).decodeMs;
  };
  const stepMs = stepOf(batch);
  const perMs = batch / (costs.decodeSteps * stepMs);
  const prefill = prefillOf(replica, split, costs, perMs);

  const transferMs = split.transferStartMs + split.transferPerTokenMs * costs.inputTokens;
  const linkLoad = (perMs / prefillUnits) * transferMs;
  const linkWaitMs =
    linkLoad < 1 ? ((1 + costs.inputCv ** 2) / 2) * (linkLoad / (1 - linkLoad)) * transferMs : Infinity;
  const busy = -Math.expm1(-batch / decodeUnits);
  const seatLoad = costs.seats > 0 ? batch / costs.seats : 1;
  const seatWaitMs =
    seatLoad < 1
      ? (seatLoad ** (Math.sqrt(2 * (costs.seats + 1)) - 1) *
          (1 + costs.outputCvSquared) *
          costs.decodeSteps *
          stepMs) /
        (2 * costs.seats * (1 - seatLoad))
      : Infinity;
  const beforeSecondMs = transferMs + linkWaitMs + (busy * stepMs) / 2 + seatWaitMs;
  const perTokenMs = (step: number) =>
    step / replica.tokensPerStep + beforeSecondMs / Math.max(costs.outputMean - 1, 0.5);
  const tpotQuantileMs = (p: number) =>
    perTokenMs(
      stepOf(Math.max(0, Math.min(batch + normalDeviate(p) * Math.sqrt(batch), Math.max(costs.seats, batch)))),
    );
  const { fixedMs, parts, stable } = prefill;
  const ttft =
    stable && linkLoad < 1 ? quantileOfSum(fixedMs, parts) : { meanMs: Infinity, quantileMs: () => Infinity };
  return {
    perS: perMs * 1e3,
    tpotMs: perTokenMs(stepMs),
    tpotQuantileMs,
    ttftMeanMs: ttft.meanMs,
    ttftQuantileMs: ttft.quantileMs,
    ttftExcess: (p, ms) => 1 - ms / ttft.quantileMs(p),
  };
}

/** Largest rate of prompts the prefill units and their links sustain, requests/s. */
export function prefillLimitPerS(replica: Replica, split: Split, costs: ShapeCosts): number {
  const transferMs = split.transferStartMs + split.transferPerTokenMs * costs.inputTokens;
  return (split.prefillUnits * 1e3) / Math.max(sharedServiceMs(replica, costs), transferMs);
}

/** Time of a prompt on a unit where others always wait: its work, and its share of a full step's fixed part. */
function sharedServiceMs(replica: Replica, costs: ShapeCosts): number {
  return costs.prefillMs + stepFixedMs(replica, costs) * Math.min(1, costs.prefillTokens / replica.maxBatchedTokens);
}

/** What a step of prompts costs besides their tokens' work. */
function stepFixedMs(replica: Replica, costs: ShapeCosts): number {
  return replica.stepBaseMs + batchMs(replica, Math.max(costs.prefillTokens, 1));
}

function prefillOf(
  replica: Replica,
  { prefillUnits }: Split,
  costs: ShapeCosts,
  perMs: number,
): { readonly fixedMs: number; readonly parts: readonly Part[]; readonly stable: boolean } {
  const chunks = Math.max(1, costs.prefillTokens / replica.maxBatchedTokens);
  const fixedMs = stepFixedMs(replica, costs) * chunks;
  const load = (perMs / prefillUnits) * sharedServiceMs(replica, costs);
  const own = { meanMs: costs.prefillMs, quantileMs: costs.prefillQuantileMs };
  if (!(load < 1)) return { fixedMs, parts: [own], stable: false };
  // The fixed part of a step is paid alone when nobody waits, and shared when the units are busy.
  const work = costs.prefillMoments(0);
  const partMs = fixedMs * (1 - load + load * Math.min(1, costs.prefillTokens / replica.maxBatchedTokens));
  const meanMs = work.mean + partMs;
  const square = work.square + 2 * work.mean * partMs + partMs ** 2;
  const occupancy = Math.min((perMs / prefillUnits) * meanMs, load + (1 - load) * load);
  const waitShare = occupancy ** (Math.sqrt(2 * (prefillUnits + 1)) - 1);
  const waitMs = meanMs > 0 ? square / meanMs / (2 * prefillUnits * (1 - occupancy)) : 0;
  // Prompts taken together end together: each waits for those behind it as well, half of what else fits into a step.
  const behind = Math.min(
    occupancy / (2 * (1 - occupancy)),
    Math.max(0, 1 / Math.min(1, costs.prefillTokens / replica.maxBatchedTokens) - 1) / 2,
  );
  const matesMs = behind * costs.prefillMs;
  return {
    fixedMs: replica.requestOverheadMs + fixedMs,
    parts: [own, exponentialPart(waitShare, waitMs), exponentialPart(occupancy, matesMs)],
    stable: true,
  };
}
