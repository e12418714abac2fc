/** The problems of all futures, with the same sites and the same pools in the same order. */
import type { World } from "../../catalog/index.ts";
import { alignedHorizons, decidedPools, levelised } from "./futures-horizon.ts";
import type { PlannedFuture } from "./futures-plan.ts";
import { fleetKey } from "../problem/period-terms.ts";
import { haveSamePools } from "../world/same-pools.ts";
import type { Steps } from "../problem/steps.ts";
import { worldProblemSteps, type WorldProblem } from "../world/world-problem.ts";

/** One period of every world. */
export function* singleFutures(worlds: readonly World[], period: number): Steps<PlannedFuture[]> {
  return (yield* alignedProblems(worlds, period)).map((entry) => ({ problem: entry.problem, periods: [entry] }));
}

/** All periods of every world, in levelised dollars a year. */
export function* horizonFutures(worlds: readonly World[]): Steps<PlannedFuture[]> {
  return (yield* alignedHorizons(worlds)).map((stacked, s) => ({
    problem: levelised(stacked, worlds[s]!),
    decided: decidedPools(stacked),
    periods: stacked.periods,
    stacked,
  }));
}

/** The problems of all worlds with the same pools: what one future has a use for may be built, idle, in every other. */
function* alignedProblems(worlds: readonly World[], period: number): Steps<WorldProblem[]> {
  const alone: WorldProblem[] = [];
  for (const world of worlds) alone.push(yield* worldProblemSteps(world, period));
  const keys = new Set<number>();
  for (const { world, problem, poolModule, poolTrains, firstAuxiliary } of alone) {
    for (let pool = 0; pool < firstAuxiliary; pool++) {
      keys.add(fleetKey(world, problem.pools.site[pool]!, poolModule[pool]!, poolTrains[pool] === 1));
    }
  }
  if (haveSamePools(alone)) return alone;
  const aligned: WorldProblem[] = [];
  for (const world of worlds) aligned.push(yield* worldProblemSteps(world, period, keys));
  if (!haveSamePools(aligned)) throw new RangeError("the futures do not have the same modules installed");
  return aligned;
}
