/** Improves the incumbent by freeing one neighbourhood after another and solving it exactly, while the rest stands still. */
import { solveExact } from "./exact.ts";
import { createSearch, type Region } from "./free-places.ts";
import type { LagrangianResult } from "../bound/lagrangian.ts";
import { applyTo } from "./neighbourhood.ts";
import { createPlanState, type PlanState } from "./plan-state.ts";
import { checkSolution, objectiveUsd } from "../problem/problem.ts";
import type { MoveTables } from "./row-moves.ts";
import type { SearchState } from "./search-state.ts";
import type { SiteView } from "../problem/site-view.ts";
import type { PathResult } from "../problem/solution-path.ts";

/** Rounds of neighbourhoods between two checks of the whole plan. */
const roundsBetweenChecks = 20;
/** By how much, relative to it, a limit may be exceeded without being broken. */
const limitTolerance = 1e-6;
/** Neighbourhoods solved at the same time; they share no site. */
const atOnce = 2;
/** What a neighbourhood must gain to be worth taking over, as a share of what the plan costs. */
const negligibleGain = 1e-9;

/** Ends when the gap is closed, time is up or nothing more is worth freeing. */
export async function searchNeighbourhoods(
  search: SearchState,
  view: SiteView,
  bound: LagrangianResult,
  tables: MoveTables,
): Promise<void> {
  const { problem } = search;
  const freeing = createSearch(problem, view, bound, tables);
  let state = createPlanState(problem, search.incumbent);
  let stateUsd = search.incumbentUsd;
  const verify = (): void => {
    const solution = state.solution();
    const usd = objectiveUsd(problem, solution);
    if (usd <= search.incumbentUsd && checkSolution(problem, solution).length === 0) {
      search.replaceIncumbent(solution, usd);
    } else state = createPlanState(problem, search.incumbent);
    stateUsd = search.incumbentUsd;
  };
  let rounds = 0;
  while (!search.isTimeUp() && !search.isEnough(stateUsd)) {
    const regions = freeing.next(state, atOnce);
    if (regions.length === 0) break;
    const leftS = search.leftS();
    const solved = await Promise.all(regions.map((region) => solveRegion(search, region, leftS)));
    for (const [i, result] of solved.entries()) {
      if (result === null) continue;
      if (result.message !== "") search.message = result.message;
      const { part, places } = regions[i]!;
      const gained = objectiveUsd(part.problem, part.start) - result.objectiveUsd;
      const seconds = result.curve.at(-1)?.seconds ?? 0;
      freeing.learn(places, gained, search.incumbentUsd, seconds, result.status === "timeLimit");
      if (gained <= negligibleGain * search.incumbentUsd) continue;
      // Two regions may each have taken what is left of the same limit.
      state.checkpoint();
      applyTo(state, part, result.solution);
      if (i > 0 && isOverrun(state)) {
        state.rollback();
        continue;
      }
      stateUsd -= gained;
    }
    search.record(stateUsd);
    if (++rounds % roundsBetweenChecks === 0) verify();
  }
  verify();
}

/** Whether a limit is exceeded by more than what a solver may do; ties are limits of the state alone and kept by parts. */
function isOverrun({ problem: { limits }, limitUse }: PlanState): boolean {
  return limits.some(({ upper }, l) => limitUse[l]! > upper + limitTolerance * Math.max(1, Math.abs(upper)));
}

/** Null where no time is left for it. */
async function solveRegion(
  { tools, options: { seed, signal } }: SearchState,
  { part, gap, timeS }: Region,
  leftS: number,
): Promise<PathResult | null> {
  const timeLimitS = Math.min(timeS, leftS);
  if (!(timeLimitS > 0)) return null;
  return solveExact(
    part.problem,
    tools.apart?.() ?? tools,
    { relativeGap: gap, timeLimitS, seed, ...(signal === undefined ? {} : { signal }) },
    part.start,
  );
}
