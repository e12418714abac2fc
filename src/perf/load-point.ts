import { largestBatch } from "./largest-batch.ts";
import { firstToken, type FirstToken } from "./first-token.ts";
import { quantileOfSum } from "./quantile-of-sum.ts";
import type { Replica } from "./replica.ts";
import {
  decodeStepMs,
  meanStep,
  normalDeviate,
  shapeCosts,
  type RequestShape,
  type ShapeCosts,
} from "./request-shape.ts";
import { poissonCrowd, type Sharing } from "./shared-load.ts";
import { prefillLimitPerS, splitPoint } from "./split-point.ts";
import type { BatchPoint } from "./batch-point.ts";

/** How one engine fares at a steady rate. Times in ms. */
export interface LoadPoint {
  /** False when requests arrive faster than the engine can finish them; times are then Infinity. */
  readonly stable: boolean;
  /** Rate / largest sustainable rate; above 1 when not stable. */
  readonly utilization: number;
  /** Sequences decoding at once, on average. */
  readonly batch: number;
  readonly tpotMs: number;
  readonly ttftMeanMs: number;
  readonly ttftP95Ms: number;
  readonly e2eMeanMs: number;
  /** Time that a share `p` (0 < p < 1) of first tokens stays within: compute share, no network. */
  ttftQuantileMs(p: number): number;
  /** The same for last tokens. */
  e2eQuantileMs(p: number): number;
  /** Share of the time that prompts take. */
  readonly promptRatio: number;
  /** By how many percent a decode step grows with 1 % more sequences: 0 where weights cost all, 1 where contexts do. */
  readonly elasticity: number;
}

/**
 * Mean step at a batch, ms: decoding of the batch and of the sequence looked at, and the prefill that keeps the batch
 * full.
 *
 * A sequence sees more others than there are on average, as it lives longer when there are many: E[n²] / E[n] = n + var / n.
 * Arrivals are a Poisson stream, and a crowd leaves the slower the more a step lengthens with it: with the elasticity e of
 * the decode step, n fluctuates around its mean like a birth-death process with variance n / (1 - e). e = 0 is M/G/infinity,
 * e = 1 processor sharing. Prompts come at the same rate whatever the crowd.
 *
 * Where requests go to the quieter of several engines, n varies less, and a prompt meets n + var / n - 1 sequences instead of
 * the n that a Poisson stream meets: those it interrupts.
 */
export function stepAtBatch(
  replica: Replica,
  costs: ShapeCosts,
  batch: number,
  sharing?: Sharing,
): { decodeMs: number; stepMs: number } {
  const crowding = sharing?.crowd ?? poissonCrowd(elasticityAt(replica, costs, batch));
  const decoding = Math.min(batch + crowding, Math.max(costs.seats, 1));
  const interrupted = sharing ? Math.max(0, batch + sharing.crowd - 1) : batch;
  const variance = Math.max(0, decoding - 1) * (sharing?.crowd ?? 1);
  return meanStep(replica, costs, decoding, interrupted / costs.decodeSteps, Math.sqrt(variance));
}

function elasticityAt(replica: Replica, costs: ShapeCosts, batch: number): number {
  const nearMs = decodeStepMs(replica, costs, batch + 1);
  return (decodeStepMs(replica, costs, batch * (1 + nudge) + 1) - nearMs) / (nudge * nearMs);
}

/** What adding up shares may be off by. */
const rounding = 1e-12;
const nudge = 1e-3;

/**
 * Rate and latencies at a mean batch in [0, seats].
 *
 * `firstToken` says how the first token comes; a wait for a free seat is added to it (Sakasegawa's M/G/c). Against a
 * step-by-step engine from 10 to 80 % of saturation, over a game, a chat, long prompts and a mixture of experts: time per
 * token within 8 %.
 *
 * @param sharing of an engine whose requests are no Poisson stream, as others stand beside it; not for split ones.
 */
export function batchPoint(replica: Replica, costs: ShapeCosts, batch: number, sharing?: Sharing): BatchPoint {
  if (replica.split) return splitPoint(replica, replica.split, costs, batch);
  const { stepMs } = stepAtBatch(replica, costs, batch, sharing);
  const perMs = batch / (costs.decodeSteps * stepMs);

  const tpotMs = stepMs / replica.tokensPerStep;
  // Who shares a request's life, and whose prompts lengthen its steps, is a Poisson number of requests.
  const tpotQuantileMs = (p: number) => {
    const deviation = Math.sqrt(batch * (sharing?.crowd ?? 1));
    const crowd = Math.min(batch + normalDeviate(p) * deviation, Math.max(costs.seats, batch));
    return stepAtBatch(replica, costs, Math.max(crowd, 0), sharing).stepMs / replica.tokensPerStep;
  };
  // Many batches are looked at for their rate alone.
  let first: FirstToken | undefined;
  const ttft = (): FirstToken =>
    (first ??= firstToken(replica, costs, { batch, perMs, ...sharing }, seatWait(costs, batch, stepMs)));
  return {
    perS: perMs * 1e3,
    tpotMs,
    tpotQuantileMs,
    get ttftMeanMs() {
      return ttft().meanMs;
    },
    ttftQuantileMs: (p, atLeastMs) => ttft().quantileMs(p, atLeastMs),
    ttftExcess: (p, ms) => Math.log((1 - ttft().within(ms) + rounding) / (1 - p)),
  };
}

/** The wait for a free seat: how likely, and its mean if so, ms. */
function seatWait({ seats, outputCvSquared, decodeSteps }: ShapeCosts, batch: number, stepMs: number) {
  const load = seats > 0 ? batch / seats : 1;
  return {
    share: load ** (Math.sqrt(2 * (seats + 1)) - 1),
    meanMs: load < 1 ? (((1 + outputCvSquared) / 2) * decodeSteps * stepMs) / (seats * (1 - load)) : Infinity,
  };
}

/** Largest rate that memory, seats and arithmetic sustain, requests/s; 0 when a request does not fit. */
export function saturationPerS(replica: Replica, shape: RequestShape): number {
  const costs = shapeCosts(replica, shape);
  return saturationOf(replica, costs);
}

function saturationOf(replica: Replica, costs: ShapeCosts): number {
  if (!(costs.seats >= 1)) return 0;
  const { perS } = batchPoint(replica, costs, costs.seats);
  return replica.split ? Math.min(perS, prefillLimitPerS(replica, replica.split, costs)) : perS;
}

/**
 * How an engine fares at `requestsPerS`. Never NaN; a rate it cannot sustain gives `stable: false`.
 *
 * @param sharing where the requests are no Poisson stream, as `sharingOf` knows it.
 */
export function loadPoint(replica: Replica, shape: RequestShape, requestsPerS: number, sharing?: Sharing): LoadPoint {
  const costs = shapeCosts(replica, shape);
  const rate = Math.max(0, requestsPerS);
  const saturation = saturationOf(replica, costs);
  if (!(rate < saturation)) {
    const never = Number.POSITIVE_INFINITY;
    const utilization = saturation > 0 ? rate / saturation : never;
    return {
      stable: false,
      utilization,
      batch: costs.seats,
      tpotMs: never,
      ttftMeanMs: never,
      ttftP95Ms: never,
      e2eMeanMs: never,
      ttftQuantileMs: () => never,
      e2eQuantileMs: () => never,
      promptRatio: (rate * costs.prefillMs) / 1e3,
      elasticity: elasticityAt(replica, costs, costs.seats),
    };
  }
  const batch = largestBatch(costs.seats, (n) => batchPoint(replica, costs, n, sharing).perS - rate);
  const point = batchPoint(replica, costs, batch, sharing);
  return {
    // Just below saturation the prompts alone can fill every step; then no first token comes in finite time.
    stable: point.ttftMeanMs < Number.POSITIVE_INFINITY,
    utilization: rate / saturation,
    batch,
    tpotMs: point.tpotMs,
    ttftMeanMs: point.ttftMeanMs,
    get ttftP95Ms() {
      return point.ttftQuantileMs(0.95);
    },
    e2eMeanMs: point.ttftMeanMs + (costs.outputMean - 1) * point.tpotMs,
    ttftQuantileMs: point.ttftQuantileMs,
    e2eQuantileMs: (p) => e2eQuantileMs(point, costs, p),
    promptRatio: (point.perS * costs.prefillMs) / 1e3,
    elasticity: elasticityAt(replica, costs, batch),
  };
}

/**
 * First token, then the answer's tokens. How long an answer is and how crowded its time is multiply, and both are near
 * lognormal, so their deviations add as logarithms: a long answer feels a crowd for longer.
 */
function e2eQuantileMs(point: BatchPoint, costs: ShapeCosts, p: number): number {
  const decodeMs = (costs.outputMean - 1) * point.tpotMs;
  const crowd = Math.max(0, Math.log(point.tpotQuantileMs(oneDeviation) / point.tpotMs));
  // A Poisson number of prompts interrupts an answer; of the crowd's spread their number is part, their lengths are not.
  const prompts = costs.prefillMoments(0);
  const lengths = decodeMs > 0 ? ((point.perS / 1e3) * (prompts.square - prompts.mean ** 2)) / decodeMs : 0;
  const sigma = Math.sqrt(Math.log1p(costs.outputCvSquared) + crowd ** 2 + Math.max(0, lengths));
  const decoding = {
    meanMs: decodeMs,
    quantileMs: (q: number) => decodeMs * Math.exp(sigma * normalDeviate(q) - sigma ** 2 / 2),
  };
  const first = { meanMs: point.ttftMeanMs, quantileMs: point.ttftQuantileMs };
  return quantileOfSum(0, [first, decoding]).quantileMs(p);
}

/** Share of a normal that lies below one deviation above its mean. */
const oneDeviation = 0.841;
