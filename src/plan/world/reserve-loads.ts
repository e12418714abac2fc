import type { World } from "../../catalog/index.ts";
import { arcTable, compilePolicy, failoverWorld, type ArcTable } from "../../route/index.ts";
import { spotAt } from "../problem/spots.ts";

/**
 * Per pool, the modules that everyone would keep busy who may be served there or go there when something has failed; undefined
 * where no failure has to be survived. With a longer time after a failure that may be far more than are served there.
 */
export function reserveLoads(
  { world, period }: { readonly world: World; readonly period: number },
  table: ArcTable,
  poolsAt: (spot: number) => readonly number[],
  count: number,
): Float64Array | undefined {
  if (world.limits.resilience === undefined) return undefined;
  const isLonger = world.workloads.some((one) => (one.failoverBudgetMs ?? one.ttft.budgetMs) !== one.ttft.budgetMs);
  const tables = isLonger ? [table, arcTable(compilePolicy(failoverWorld(world), period))] : [table];
  const loads = new Float64Array(count);
  for (const [row, { peakPerS }] of world.demand.entries()) {
    const most = new Map<number, number>();
    for (const { rowStart, site, module, perModulePerS } of tables) {
      for (let entry = rowStart[row]!; entry < rowStart[row + 1]!; entry++) {
        const load = peakPerS[period]! / (perModulePerS[entry]! * world.limits.headroomRatio);
        const spot = spotAt(world, site[entry]!, module[entry]!);
        most.set(spot, Math.max(most.get(spot) ?? 0, load));
      }
    }
    for (const [spot, load] of most) for (const pool of poolsAt(spot)) loads[pool]! += load;
  }
  return loads;
}
