/** A plan without a solver, in a moment: prices from a few evaluations of the bound, rounded and improved. */
import { withImpliedLimits } from "../problem/implied-limits.ts";
import { lagrangianBound } from "../bound/lagrangian.ts";
import { checkSolution, objectiveUsd, type PlanProblem, type ProblemSolution } from "../problem/problem.ts";
import { planAround, roundedCounts, type Rounding } from "./round-plan.ts";
import { moveTables } from "./row-moves.ts";
import { viewBySite } from "../problem/site-view.ts";

const iterations = 150;
const roundings: readonly Rounding[] = [
  { by: "modules", threshold: 0.5 },
  { by: "sites", threshold: 0.25 },
];

/** @returns The cheapest plan found, with its cost; null when none kept every limit. */
export function roundedPlan(
  problem: PlanProblem,
): { readonly solution: ProblemSolution; readonly usd: number; readonly boundUsd: number } | null {
  const never = (): boolean => false;
  const bound = lagrangianBound(withImpliedLimits(problem), viewBySite(problem), { iterations, stop: never });
  const moves = moveTables(problem, bound.modulePrice);
  let best: { solution: ProblemSolution; usd: number; boundUsd: number } | null = null;
  for (const rounding of roundings) {
    const solution = planAround(problem, bound, moves, roundedCounts(problem, bound, rounding), never).solution();
    const usd = objectiveUsd(problem, solution);
    if (checkSolution(problem, solution).length > 0 || (best !== null && best.usd <= usd)) continue;
    best = { solution, usd, boundUsd: bound.boundUsd };
  }
  return best;
}
