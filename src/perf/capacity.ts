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
 * does not depend on the limits. Costs some 12 evaluations of a batch.
 */
export function capacityPerS(replica: Replica, shape: RequestShape, limits: LatencyLimits): number {
  const costs = shapeCosts(replica, shape);
  if (!(costs.seats >= 1)) return 0;
  // By how much of itself a time exceeds its limit: finite also where the time is not, and nearly straight towards there.
  const excess = (batch: number) => {
    const point = batchPoint(replica, costs, batch);
    const ttft = 1 - limits.ttftMs / point.ttftQuantileMs(limits.quantile);
    return limits.tpotMs === null ? ttft : Math.max(ttft, 1 - limits.tpotMs / point.tpotMs);
  };
  if (!(excess(0) <= 0)) return 0;
  return batchPoint(replica, costs, largestBatch(costs.seats, excess)).perS;
}

/** Compute share of the first-token time on an idle engine at a quantile of the input length, ms; Infinity when a request does not fit. */
export function unloadedTtftMs(replica: Replica, shape: RequestShape, quantile: number): number {
  const costs = shapeCosts(replica, shape);
  if (!(costs.seats >= 1)) return Number.POSITIVE_INFINITY;
  return batchPoint(replica, costs, 0).ttftQuantileMs(quantile);
}
