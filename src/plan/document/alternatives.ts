/** The same demand served from the core only, and whether distributing is worth it. */
import { money } from "../problem/money.ts";
import { tiers } from "../../catalog/index.ts";
import type { Alternative, Verdict } from "./plan-document.ts";
import { siteOfArc, unservedShares, type PlanProblem, type ProblemSolution } from "../problem/problem.ts";
import { restrictArcs } from "../problem/restrict-arcs.ts";
import type { PathResult } from "../problem/solution-path.ts";
import type { WorldProblem } from "../world/world-problem.ts";

/**
 * A period with the arcs of the sites that `keeps` refuses taken away, and nothing bought there that would stand idle, not even for a
 * least share. Everything else keeps its position.
 */
export function restrictTo(planned: WorldProblem, keeps: (site: number) => boolean): WorldProblem {
  const { problem, arc } = restrictArcs(planned.problem, (each) => keeps(siteOfArc(planned.problem, each)), Infinity);
  const { pools } = problem;
  const maxCount = pools.maxCount.map((most, pool) =>
    pool >= planned.firstAuxiliary || keeps(pools.site[pool]!) ? most : pools.minCount[pool]!,
  );
  return {
    ...planned,
    problem: { ...problem, pools: { ...pools, maxCount } },
    arcOption: Uint8Array.from(arc, (each) => planned.arcOption[each]!),
  };
}

/** Summary of a result for the world's demand; `problem` is the one that was solved. */
export function summariseAlternative(
  name: string,
  planned: WorldProblem,
  problem: PlanProblem,
  result: PathResult,
): Alternative {
  const { world } = planned;
  const unserved = unservedShares(problem, result.solution.share);
  const { peak, served } = servedPerWorkload(planned, unserved);
  const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
  let unservedUsd = 0;
  for (let row = 0; row < problem.rows.count; row++) unservedUsd += unserved[row]! * problem.rows.unservedUsd[row]!;
  return {
    name,
    status: result.status,
    objectiveUsdPerYear: result.objectiveUsd,
    bestBoundUsdPerYear: result.bestBoundUsd,
    unservedUsdPerYear: unservedUsd,
    servedRatio: sum(peak) > 0 ? sum(served) / sum(peak) : 1,
    servedByWorkload: world.workloads.map((workload, index) => ({
      workload: workload.id,
      servedRatio: peak[index]! > 0 ? served[index]! / peak[index]! : 1,
    })),
    openSites: tiers.map((tier) => ({ tier, count: openSites(planned, result.solution, tier) })),
  };
}

/** Open sites of a tier that hold modules. */
function openSites({ world, problem }: WorldProblem, solution: ProblemSolution, tier: string): number {
  const used = new Set<number>();
  for (let pool = 0; pool < problem.pools.count; pool++) {
    if (solution.modules[pool]! > 0) used.add(problem.pools.site[pool]!);
  }
  return used
    .values()
    .filter((site) => world.sites[site]!.tier === tier)
    .toArray().length;
}

function servedPerWorkload(
  { world, period, demandRowCount, memberStarts, members }: WorldProblem,
  unserved: Float64Array,
): { peak: Float64Array; served: Float64Array } {
  const peak = new Float64Array(world.workloads.length);
  const served = new Float64Array(world.workloads.length);
  for (let row = 0; row < demandRowCount; row++) {
    for (let i = memberStarts[row]!; i < memberStarts[row + 1]!; i++) {
      const demand = world.demand[members[i]!]!;
      peak[demand.workload]! += demand.peakPerS[period]!;
      served[demand.workload]! += demand.peakPerS[period]! * (1 - unserved[row]!);
    }
  }
  return { peak, served };
}

/**
 * Distributing is worth it when the plan is cheaper than the best centralised one by more than what is not proven: the
 * centralised **bound** must lie above the plan's cost, or nothing is said for distribution.
 */
export function judgeDistribution(planned: WorldProblem, result: PathResult, centralised: Alternative): Verdict {
  const savingUsdPerYear = centralised.objectiveUsdPerYear - result.objectiveUsd;
  const away = openSites(planned, result.solution, "regional") + openSites(planned, result.solution, "edge");
  if (away === 0) {
    const sentence =
      openSites(planned, result.solution, "core") === 0
        ? "Do not distribute: nothing that may be built pays."
        : "Do not distribute: the cheapest plan found stands in the core alone.";
    return { distribute: false, savingUsdPerYear: Math.max(0, savingUsdPerYear), sentence };
  }
  if (centralised.bestBoundUsdPerYear <= result.objectiveUsd) {
    // The core alone was planned without the survival of failures, so it costs less than it would have to.
    const sentence =
      planned.world.limits.resilience === undefined
        ? `Do not distribute on this evidence: a difference of ${money(savingUsdPerYear)} a year lies within what is not proven.`
        : "Do not distribute on this evidence: the core alone, planned without the survival of failures, is not proven to cost more (disperse compare plans it with that).";
    return { distribute: false, savingUsdPerYear, sentence };
  }
  const plannedUnserved = summariseAlternative("", planned, planned.problem, result).unservedUsdPerYear;
  const fromService = centralised.unservedUsdPerYear - plannedUnserved;
  const reason =
    fromService >= savingUsdPerYear
      ? `because it serves demand worth ${money(fromService)} a year that the core alone leaves unserved`
      : fromService > 0.5 * savingUsdPerYear
        ? `mostly because it serves demand worth ${money(fromService)} a year that the core alone does not`
        : "because serving from nearer places is cheaper (egress, energy and sites together)";
  const sentence = `Distribute: it is worth ${money(savingUsdPerYear)} a year over the core alone, ${reason}.`;
  return { distribute: true, savingUsdPerYear, sentence };
}
