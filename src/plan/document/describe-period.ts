/** From a solution of a period's problem to what a plan document says of the period. */
import { annualCost, type CostBreakdown } from "../../finance/index.ts";
import type { Deployment } from "../../route/index.ts";
import { capacityWorth } from "./capacity-worth.ts";
import { limitUse } from "../problem/coupling-limit.ts";
import { toDeployment } from "./deployment.ts";
import { documentSolution } from "./document-solution.ts";
import type { FailoverMove } from "../world/failover-terms.ts";
import { idleModules } from "../world/idle-modules.ts";
import type { LimitUse, PlanDocument, SiteLoad, TrainingPlacement } from "./plan-document.ts";
import { objectiveUsd, type ProblemSolution } from "../problem/problem.ts";
import { toldPurchases } from "../world/purchases.ts";
import { reserveOfMoves } from "../engine/reserve-moves.ts";
import type { PathOptions, PathTools } from "../problem/solution-path.ts";
import type { Vintage } from "../world/stack-periods.ts";
import { reportUnserved, reportUntrained } from "./unserved.ts";
import type { WorldProblem } from "../world/world-problem.ts";

/** Relative difference between objective and recomputed cost above which the document would be wrong. */
const costTolerance = 1e-6;

export type PeriodDescription = Pick<
  PlanDocument,
  "deployment" | "cost" | "sites" | "limits" | "unserved" | "training" | "untrained" | "idle"
> & { readonly cost: CostBreakdown };

/**
 * @param solution Of `planned.problem`.
 * @param moves Where requests go when something fails, in this period.
 * @param vintages What is in service by when it was bought; all of it in this period, or installed, when left out.
 * @returns The description, and the solution as it can be read back from it.
 * @throws Error when the cost recomputed by finance differs from the objective, which is a fault of the program.
 */
export async function describePeriod(
  planned: WorldProblem,
  solution: ProblemSolution,
  tools: PathTools,
  path: PathOptions,
  moves: readonly FailoverMove[],
  vintages: readonly Vintage[] = [],
): Promise<{ description: PeriodDescription; told: ProblemSolution }> {
  const { problem, world, period } = planned;
  const worth = await capacityWorth(problem, solution, tools, path);
  const reserve = reserveOfMoves(planned, moves);
  const decided = toDeployment(planned, solution, worth, reserve);
  const training = placeTraining(planned, solution, decided);
  const purchases = toldPurchases(world, decided, vintages).map(({ dearerUsd: _dearer, ...purchase }) => purchase);
  const dated = { ...decided, ...(purchases.length > 0 && { vintages: purchases }) };
  const told = documentSolution(planned, { deployment: dated, training });
  const deployment = { ...dated, pools: enginesOf(decided, toDeployment(planned, told, worth, reserve)) };
  const cost = annualCost(world, { ...deployment, training: training.map(toTrainingUse) }, period);
  const dearerUsd = vintages.reduce((sum, vintage) => sum + vintage.count * vintage.dearerUsd, 0);
  requireSameCost(objectiveUsd(problem, solution) + dearerUsd, cost);
  const description = {
    deployment,
    cost,
    sites: siteLoads(planned, deployment),
    limits: limitUses(planned, told),
    unserved: reportUnserved(planned, told),
    training,
    untrained: reportUntrained(planned, told),
    idle: idleModules(world, deployment, period),
  };
  return { description, told };
}

/** The pools of a deployment with the engines of the same pools in another. */
export function enginesOf({ pools }: Deployment, other: Deployment): Deployment["pools"] {
  const key = ({ site, module }: Deployment["pools"][number]): string => `${site} ${module}`;
  const groups = new Map(other.pools.map((pool) => [key(pool), pool.groups]));
  return pools.map((pool) => ({ ...pool, groups: groups.get(key(pool)) ?? [] }));
}

function requireSameCost(objectiveUsd: number, cost: CostBreakdown): void {
  const difference = Math.abs(objectiveUsd - cost.totalUsdPerYear);
  if (!(difference <= costTolerance * Math.max(1, Math.abs(objectiveUsd)))) {
    throw new Error(
      `the plan costs ${cost.totalUsdPerYear} USD/year by recomputation, its objective says ${objectiveUsd}`,
    );
  }
}

function toTrainingUse(placement: TrainingPlacement): { demand: number; pool: number; modules: number } {
  return { demand: placement.training, pool: placement.pool, modules: placement.modules };
}

function placeTraining(planned: WorldProblem, solution: ProblemSolution, deployment: Deployment): TrainingPlacement[] {
  const { world, period, problem, demandRowCount, poolModule } = planned;
  const placements: TrainingPlacement[] = [];
  for (const [training, demand] of world.training.entries()) {
    const row = demandRowCount + training;
    for (let arc = problem.arcs.starts[row]!; arc < problem.arcs.starts[row + 1]!; arc++) {
      const share = solution.share[arc]!;
      if (share === 0) continue;
      const pool = problem.arcs.pool[arc]!;
      const position = deployment.pools.findIndex(
        (entry) => entry.site === problem.pools.site[pool] && entry.module === poolModule[pool],
      );
      placements.push({
        training,
        pool: position,
        modules: share * problem.arcs.load[arc]!,
        pflops: share * demand.pflops[period]!,
      });
    }
  }
  return placements;
}

/** What every open site is used for in a period. */
export function siteLoads(
  { world, period }: Pick<WorldProblem, "world" | "period">,
  deployment: Deployment,
): SiteLoad[] {
  const loads = new Map<number, { modules: number; servedPerS: number; powerKw: number; egressGbps: number }>();
  const at = (site: number) => {
    let load = loads.get(site);
    if (load === undefined) loads.set(site, (load = { modules: 0, servedPerS: 0, powerKw: 0, egressGbps: 0 }));
    return load;
  };
  for (const pool of deployment.pools) {
    const load = at(pool.site);
    const count = pool.count + pool.trainingCount;
    load.modules += count;
    load.powerKw += count * world.modules[pool.module]!.powerKw * world.sites[pool.site]!.pue;
  }
  for (const flow of deployment.flows) {
    const load = at(deployment.pools[flow.pool]!.site);
    load.servedPerS += flow.peakPerS;
    load.egressGbps += (flow.peakPerS * world.workloads[world.demand[flow.row]!.workload]!.responseBytes * 8) / 1e9;
  }
  return [...loads]
    .sort((a, b) => a[0] - b[0])
    .map(([site, load]) => ({
      site,
      ...load,
      powerLimitKw: world.sites[site]!.powerLimitKw[period]! + addedKw(world, deployment, site),
      portGbps: world.sites[site]!.portGbps,
    }));
}

/** Power that the upgrades bought for a site add, kW. */
function addedKw(world: WorldProblem["world"], { upgrades = [] }: Deployment, site: number): number {
  return upgrades.reduce(
    (sum, entry) => (entry.site === site ? sum + world.sites[site]!.upgrades![entry.upgrade]!.addedKw : sum),
    0,
  );
}

/** How far every limit over several sites is used. */
export function limitUses({ problem }: WorldProblem, solution: ProblemSolution): LimitUse[] {
  return problem.limits.map((limit) => ({ name: limit.name, used: limitUse(limit, solution), upper: limit.upper }));
}
