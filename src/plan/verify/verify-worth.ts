/**
 * What pools are said to be worth a second, against what it has to account for. With what stands given, any prices of modules'
 * time bound what serving costs from below: every row takes whatever is cheapest with them, and what the modules earn so is taken
 * off again (weak duality). The closer that comes to what the flows cost, the surer are the prices, whoever made them.
 */
import { secondsPerYear } from "../../finance/index.ts";
import { documentSolution } from "../document/document-solution.ts";
import type { PlanDocument } from "../document/plan-document.ts";
import { gapOf } from "../problem/solution-path.ts";
import { spotAt } from "../problem/spots.ts";
import type { WorldProblem } from "../world/world-problem.ts";

/**
 * @returns Share of what serving requests costs, with what is left unserved, that the prices do not prove, at most 1: 0 where nothing but modules is scarce
 * and everyone is served as cheaply as what stands allows. What a full port or another limit is worth is missing from it.
 */
export function servingGapOf(document: PlanDocument, planned: WorldProblem): number {
  const { rows, arcs, pools } = planned.problem;
  const { modules, share } = documentSolution(planned, document);
  const told = new Map(
    document.deployment.pools.map((pool) => [
      spotAt(planned.world, pool.site, pool.module),
      pool.capacityUsdPerModuleS * secondsPerYear,
    ]),
  );
  const worth = new Float64Array(pools.count);
  let leastUsd = 0;
  for (let pool = 0; pool < pools.count; pool++) {
    if (modules[pool] === 0 || planned.poolModule[pool]! < 0 || planned.poolTrains[pool]) continue;
    worth[pool] = told.get(spotAt(planned.world, pools.site[pool]!, planned.poolModule[pool]!)) ?? 0;
    leastUsd -= worth[pool]! * modules[pool]!;
  }
  let servedUsd = 0;
  // Training has modules of its own, for which no worth is told.
  for (let row = 0; row < planned.demandRowCount; row++) {
    let left = 1;
    let cheapest = rows.unservedUsd[row]!;
    for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
      const pool = arcs.pool[arc]!;
      servedUsd += share[arc]! * arcs.usd[arc]!;
      left -= share[arc]!;
      if (modules[pool]! > 0) cheapest = Math.min(cheapest, arcs.usd[arc]! + arcs.load[arc]! * worth[pool]!);
    }
    servedUsd += Math.max(0, left) * rows.unservedUsd[row]!;
    leastUsd += cheapest;
  }
  return Math.min(1, gapOf(servedUsd, leastUsd));
}
