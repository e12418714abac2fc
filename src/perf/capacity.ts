import { largestBatch } from "./largest-batch.ts";
import { batchPoint } from "./load-point.ts";
import type { Replica } from "./replica.ts";
import { shapeCosts, type RequestShape } from "./request-shape.ts";

/** What a request may wait for. */
export interface LatencyLimits {
  /** Compute share of the time to first token, ms. */
  readonly ttftMs: number;
  /** Share of requests that must keep it, 0 < quantile < 1. */
  readonly quantile: number;
  /** Mean time per output token, ms; null = no limit. */
  readonly tpotMs: number | null;
}

/**
 * Largest request rate of one engine within the limits, requests/s; 0 when even an idle engine misses one.
 *
 * Relaxing a limit never lowers the result: both latencies rise with the batch, and the batch is sought on a grid that
 * does not depend on the limits. Costs some 12 evaluations of a batch where first tokens are what limits it.
 */
export function capacityPerS(replica: Replica, shape: RequestShape, limits: LatencyLimits): number {
  const costs = shapeCosts(replica, shape);
  if (!(costs.seats >= 1)) return 0;
  const { ttftMs, quantile, tpotMs } = limits;
  const point = (batch: number) => batchPoint(replica, costs, batch);
  // Finite also where a time is not.
  const ttftExcess = (batch: number) => point(batch).ttftExcess(quantile, ttftMs);
  const tpotExcess = (batch: number) => (tpotMs === null ? -1 : 1 - tpotMs / point(batch).tpotMs);
  if (!(ttftExcess(0) <= 0 && tpotExcess(0) <= 0)) return 0;
  // The time per token costs little to know, and where it stops an engine, first tokens have mostly time left.
  const paced = largestBatch(costs.seats, tpotExcess);
  const batch = ttftExcess(paced) <= 0 ? paced : Math.min(paced, largestBatch(costs.seats, ttftExcess));
  return point(batch).perS;
}

/** Batches at which an engine is looked at from nearly idle to full: neighbours differ by a quarter. */
const curveSteps = 28;
const emptiest = 1 / 500;

/**
 * Rates of one engine, requests/s, and the time that a share `quantile` of first tokens stays within at each, ms: from an
 * engine that is nearly idle to one that is full, both rising. The batches do not depend on the quantile. Each point takes a
 * search, so they come one by one to whoever may have enough of them.
 */
export function* firstTokenCurve(
  replica: Replica,
  shape: RequestShape,
  quantile: number,
): Generator<{ readonly perS: number; readonly ttftMs: number }> {
  const costs = shapeCosts(replica, shape);
  if (!(costs.seats >= 1)) return;
  let [perS, ttftMs] = [0, 0];
  for (let step = 0; step < curveSteps; step++) {
    const point = batchPoint(replica, costs, costs.seats * emptiest ** (1 - step / (curveSteps - 1)));
    perS = Math.max(perS, point.perS);
    ttftMs = Math.max(ttftMs, point.ttftQuantileMs(quantile, ttftMs));
    if (!(ttftMs < Infinity)) return;
    yield { perS, ttftMs };
  }
}

/** Compute share of the first-token time on an idle engine at a quantile of the input length, ms; Infinity when a request does not fit. */
export function unloadedTtftMs(replica: Replica, shape: RequestShape, quantile: number): number {
  const costs = shapeCosts(replica, shape);
  if (!(costs.seats >= 1)) return Number.POSITIVE_INFINITY;
  return batchPoint(replica, costs, 0).ttftQuantileMs(quantile);
}
