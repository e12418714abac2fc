import { largestBatch } from "./largest-batch.ts";
import { batchPoint } from "./load-point.ts";
import type { Replica } from "./replica.ts";
import { heldOutputShare, shapeCosts, type RequestShape, type ShapeCosts } from "./request-shape.ts";
import { leastBusyCrowd } from "./shared-load.ts";

/** What a benchmark asks of a server, times in ms. */
export interface BenchmarkLimits {
  readonly ttftMs: number;
  readonly tpotMs: number;
  /** Share of requests that must keep both, 0.5 <= quantile < 1. */
  readonly quantile: number;
  /** Engines of the system under test; each request goes to the one that has the fewest. */
  readonly engines: number;
}

/**
 * Largest rate of one engine that a benchmark such as MLPerf would measure, requests/s; 0 when even an idle engine misses a
 * limit. Without limits the rate at saturation.
 *
 * Who is measured keeps an engine as full as it gets: sequences are sent back when the cache is full, so that each holds what
 * it has, not what it may come to. Llama 70B and DeepSeek R1 in MLPerf v5.1 have 1.1 to 1.8 times as many in flight as would
 * fit at their final lengths, and what fits at their mean lengths within 10 %. A plan that must keep promises does not count
 * on that (`capacityPerS`).
 */
export function benchmarkCapacityPerS(replica: Replica, shape: RequestShape, limits: BenchmarkLimits | null): number {
  const costs = shapeCosts(replica, shape, heldOutputShare);
  if (!(costs.seats >= 1)) return 0;
  if (limits === null) return batchPoint(replica, costs, costs.seats).perS;
  const excess = (batch: number) => excessOf(replica, costs, batch, limits);
  if (!(excess(0) <= 0)) return 0;
  return batchPoint(replica, costs, largestBatch(costs.seats, excess)).perS;
}

/** How far the engine at a mean batch is from keeping the limits: 0 or less where it does. */
function excessOf(
  replica: Replica,
  costs: ShapeCosts,
  batch: number,
  { ttftMs, tpotMs, quantile, engines }: BenchmarkLimits,
): number {
  const point = batchPoint(replica, costs, batch);
  const late = point.ttftExcess(quantile, ttftMs);
  if (late > 0 || engines === 1) return Math.max(late, point.tpotQuantileMs(quantile) / tpotMs - 1);
  // Dividing requests by how many each engine has evens out the crowds; prompts still come by chance.
  const crowd = leastBusyCrowd(batch, engines);
  const shared = batchPoint(replica, costs, batch, { crowd, met: 1, metMean: 1, metSquare: 1 });
  return Math.max(late, shared.tpotQuantileMs(quantile) / tpotMs - 1);
}
