/**
 * A plan document from a decision made for several futures: the plan of one of them that begins with what was decided. Its bound
 * and certificate are that future's own, so its gap says what the decision costs there beyond the best that was possible.
 */
import type { World } from "../../catalog/index.ts";
import { brokenLimits, fatalFailures, findClashes } from "../document/clashes.ts";
import type { FirstStage } from "./futures-model.ts";
import type { PlannedFuture } from "./futures-plan.ts";
import type { PlanDocument } from "../document/plan-document.ts";
import { horizonDocument } from "../document/plan-horizon.ts";
import type { PlanOptions, PlanTools } from "../problem/plan-options.ts";
import { infeasibleDocument, pathOptions, periodDocument } from "../document/plan-period.ts";
import type { PlanProblem } from "../problem/problem.ts";
import { gapOf } from "../problem/solution-path.ts";
import { solvePlan } from "../survival/solve-plan.ts";
import { poolKey } from "../world/stacked-fleet.ts";
import { stackPeriods, type StackedPeriods } from "../world/stack-periods.ts";
import { worldProblem, type WorldProblem } from "../world/world-problem.ts";

/**
 * @param planned The future as the decision was made for it, whose pools `first` counts.
 * @throws RangeError when the decision holds machines that the future has no use or no power for: a plan document tells of what
 * is in service.
 */
export async function futureDocument(
  world: World,
  name: string,
  first: FirstStage,
  planned: PlannedFuture,
  tools: PlanTools,
  options: PlanOptions,
): Promise<PlanDocument> {
  const startedMs = tools.nowMs();
  const seconds = (): number => (tools.nowMs() - startedMs) / 1000;
  const path = pathOptions(tools, options, 0);
  const isHorizon = planned.stacked !== undefined;
  const stacked = isHorizon ? stackPeriods(world) : null;
  const opening = stacked?.periods[0] ?? worldProblem(world, options.period ?? 0);
  const problem = stacked?.problem ?? opening.problem;
  const given = beginningWith(problem, opening, first, planned, name);
  const stages = stacked === null ? [{ planned: opening, arc: 0, pool: 0 }] : stagesOf(stacked);
  const clashes = stages.flatMap((stage) => findClashes(stage.planned, isHorizon && stage.planned.period > 0));
  if (clashes.length > 0) return infeasibleDocument(opening, problem, path, options, clashes, seconds());

  const free = await solvePlan(problem, stages, tools, path);
  const bound = await solvePlan(given, stages, tools, path);
  const ids = isHorizon ? world.periods.map(({ id }) => id) : [];
  const broken = [...brokenLimits(given, bound.result.solution, world, ids), ...fatalFailures(bound.fatal)];
  if (broken.length > 0) {
    throw new RangeError(
      `in ${name} no plan was found with all of the common decision in service (${broken.flatMap(({ limits }) => limits).join(", ")}); name another future`,
    );
  }
  const { objectiveUsd, solution } = bound.result;
  const bestBoundUsd = Math.min(free.result.bestBoundUsd, objectiveUsd);
  const relativeGap = gapOf(objectiveUsd, bestBoundUsd);
  const status = relativeGap <= path.relativeGap + 1e-9 ? "optimal" : "gapNotReached";
  const result = { ...free.result, solution, objectiveUsd, bestBoundUsd, relativeGap, status } as const;
  const { apart: _free, ...rest } = free;
  const whole = { ...rest, result, moves: bound.moves, ...(bound.apart && { apart: bound.apart }) };
  return stacked === null
    ? periodDocument(opening, whole, tools, path, options, seconds, free)
    : horizonDocument(stacked, whole, tools, path, options, seconds, free);
}

const stagesOf = (stacked: StackedPeriods) =>
  stacked.periods.map((planned, period) => ({ planned, ...stacked.first[period]! }));

/** The problem in which what was decided stands, no more and no less. */
function beginningWith(
  problem: PlanProblem,
  opening: WorldProblem,
  { modules }: FirstStage,
  { periods, decided }: PlannedFuture,
  name: string,
): PlanProblem {
  const [made] = periods as [WorldProblem];
  const wanted = new Map<string, number>();
  for (const [pool, count] of modules.entries()) {
    if (decided?.[pool] === 0 || (made.poolInstalled[pool] && pool < made.firstAuxiliary)) continue;
    if (isBuilt(made, pool)) wanted.set(String(poolKey(made, pool)), count);
  }
  const minCount = problem.pools.minCount.slice();
  const maxCount = problem.pools.maxCount.slice();
  for (let pool = 0; pool < opening.problem.pools.count; pool++) {
    if ((opening.poolInstalled[pool] && pool < opening.firstAuxiliary) || !isBuilt(opening, pool)) continue;
    const key = String(poolKey(opening, pool));
    minCount[pool] = maxCount[pool] = wanted.get(key) ?? 0;
    wanted.delete(key);
  }
  const useless = [...wanted.values()].reduce((sum, count) => sum + count, 0);
  if (useless > 0) {
    throw new RangeError(
      `${name} has no use for ${useless} of the modules decided on, and a plan document tells of what is in service; name another future`,
    );
  }
  return { ...problem, pools: { ...problem.pools, minCount, maxCount } };
}

/** Modules and upgrades; switches and campuses follow from them. */
function isBuilt({ auxiliary, firstAuxiliary }: WorldProblem, pool: number): boolean {
  return pool < firstAuxiliary || auxiliary[pool - firstAuxiliary]!.kind === "upgrade";
}
