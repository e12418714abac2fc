/**
 * Plans several periods as one problem. What is bought stays in service until the end of its life and is paid for as an
 * annuity as long; so the present cost of the horizon is the sum of the periods' yearly costs, each weighted with its
 * discounted years, and assets that outlive the horizon need no terminal value.
 *
 * All periods are decided together: growing demand, supply that runs short and power that comes late are seen before they
 * arrive, and the bound holds for every plan of the horizon.
 */
import { enginePredictions } from "../../route/index.ts";
import type { World } from "../../catalog/index.ts";
import { hasPriceVintages } from "../../finance/index.ts";
import { judgeDistribution } from "./alternatives.ts";
import { buildModel } from "../problem/build-model.ts";
import { brokenLimits, fatalFailures, findClashes } from "./clashes.ts";
import { describePeriod } from "./describe-period.ts";
import type { HorizonPeriod, PlanDocument } from "./plan-document.ts";
import type { PlanOptions, PlanTools } from "../problem/plan-options.ts";
import {
  centralisedAlternative,
  certificateOf,
  describingOptions,
  headOf,
  infeasibleDocument,
  pathOptions,
  searchOptions,
  searchOf,
  withValue,
} from "./plan-period.ts";
import type { PathOptions } from "../problem/solution-path.ts";
import type { ProblemSolution } from "../problem/problem.ts";
import { failoverOf, type ResilientResult } from "../survival/resilient-result.ts";
import { solvePlan } from "../survival/solve-plan.ts";
import { gapOf } from "../problem/solution-path.ts";
import { discountedYears, periodSolution, stackPeriodsSteps, type StackedPeriods } from "../world/stack-periods.ts";

export async function planHorizon(world: World, tools: PlanTools, options: PlanOptions): Promise<PlanDocument> {
  const startedMs = tools.nowMs();
  const seconds = (): number => (tools.nowMs() - startedMs) / 1000;
  const stacked = await buildModel(stackPeriodsSteps(world), tools, options);
  const [first] = stacked.periods as [StackedPeriods["periods"][number]];
  const builtS = seconds();
  const path = pathOptions(tools, options, builtS);
  for (const planned of stacked.periods) {
    const clashes = findClashes(planned, planned.period > 0);
    if (clashes.length === 0) continue;
    const { id } = world.periods[planned.period]!;
    const placed = clashes.map((clash) => ({ ...clash, detail: `in period ${id}: ${clash.detail}` }));
    return infeasibleDocument(first, stacked.problem, path, options, placed, seconds());
  }

  const stages = stacked.periods.map((planned, period) => ({ planned, ...stacked.first[period]! }));
  const solved = await solvePlan(stacked.problem, stages, tools, searchOptions(path, builtS));
  const { result } = solved;
  const ids = world.periods.map(({ id }) => id);
  const broken = [...brokenLimits(stacked.problem, result.solution, world, ids), ...fatalFailures(solved.fatal)];
  if (broken.length > 0) return infeasibleDocument(first, stacked.problem, path, options, broken, seconds());
  return horizonDocument(stacked, solved, tools, path, options, seconds);
}

/** The document of a solved horizon; `proven` is what its bound and certificate are of, where that was solved apart. */
export async function horizonDocument(
  stacked: StackedPeriods,
  solved: ResilientResult,
  tools: PlanTools,
  path: PathOptions,
  options: PlanOptions,
  seconds: () => number,
  proven = solved,
): Promise<PlanDocument> {
  const { result } = solved;
  const [first] = stacked.periods as [StackedPeriods["periods"][number]];
  const { world } = first;
  const stages = stacked.periods.map((planned, period) => ({ planned, ...stacked.first[period]! }));
  const certificate = await certificateOf(proven, tools, path, seconds);
  const mayDiffer = hasPriceVintages(world) || world.sites.some(({ installed }) => installed.length > 0);
  const descriptions: Awaited<ReturnType<typeof describePeriod>>[] = [];
  for (const [period, planned] of stacked.periods.entries()) {
    const solution = periodSolution(stacked, period, result.solution);
    const vintages = mayDiffer ? stacked.vintages(period, result.solution.modules) : [];
    const moves = solved.moves.filter(({ stage }) => stage === period);
    const terms = describingOptions(path, seconds, stacked.periods.length);
    descriptions.push(await describePeriod(planned, solution, tools, terms, moves, vintages));
  }
  const weights = descriptions.map((_, period) => discountedYears(world, period));
  // What the document costs is what anyone computes from it, to the last digit.
  const presentCostUsd = descriptions.reduce(
    (sum, { description }, period) => sum + weights[period]! * description.cost.totalUsdPerYear,
    0,
  );
  const boundUsd = Math.min(Math.max(result.bestBoundUsd, certificate.boundUsd), presentCostUsd);
  const relativeGap = gapOf(presentCostUsd, boundUsd);
  // What is proven is proven of the horizon; a period's part of it is in proportion to its cost.
  const part = presentCostUsd === 0 ? 1 : boundUsd / presentCostUsd;
  const periods = descriptions.map(({ description }, period): HorizonPeriod => {
    const costUsd = description.cost.totalUsdPerYear;
    return {
      period,
      discountedYears: weights[period]!,
      status: result.status,
      objectiveUsdPerYear: costUsd,
      bestBoundUsdPerYear: costUsd * part,
      relativeGap,
      deployment: description.deployment,
      cost: description.cost,
      training: description.training,
      unserved: description.unserved,
      purchases: purchasesIn(stacked, period, result.solution),
    };
  });

  const opening = periods[0]!;
  const now = descriptions[0]!;
  const whole = { ...result, objectiveUsd: opening.objectiveUsdPerYear, bestBoundUsd: opening.bestBoundUsdPerYear };
  // The alternative is compared once, for the first period.
  const centralised = await centralisedAlternative(first, tools, path, options, seconds);
  return withValue({
    ...headOf(first, options),
    status: result.status,
    objectiveUsdPerYear: opening.objectiveUsdPerYear,
    bestBoundUsdPerYear: opening.bestBoundUsdPerYear,
    relativeGap,
    method: result.method,
    search: { ...searchOf(stacked.problem, path, result, seconds()), ...(solved.apart && { apart: solved.apart }) },
    ...now.description,
    ...failoverOf(
      solved,
      stages,
      periods.map((entry) => entry.deployment),
    ),
    predictions: enginePredictions(world, now.description.deployment),
    certificate: null,
    alternatives: { centralised },
    verdict: centralised === null ? null : judgeDistribution(first, { ...whole, solution: now.told }, centralised),
    clashes: [],
    horizon: {
      periods,
      presentCostUsd,
      boundUsd,
      relativeGap,
      certificate,
    },
  });
}

/** Modules a period buys: what stands beyond what is still alive of earlier purchases. */
function purchasesIn(
  stacked: StackedPeriods,
  period: number,
  { modules }: ProblemSolution,
): HorizonPeriod["purchases"] {
  const { problem, poolModule, poolTrains, poolInstalled } = stacked.periods[period]!;
  return Array.from({ length: problem.pools.count }, (_, pool) => pool).flatMap((pool) => {
    if (poolInstalled[pool] || poolModule[pool]! < 0) return [];
    const count = stacked.purchase(stacked.first[period]!.pool + pool, modules);
    if (count <= 0) return [];
    return [{ site: problem.pools.site[pool]!, module: poolModule[pool]!, trains: poolTrains[pool] === 1, count }];
  });
}
