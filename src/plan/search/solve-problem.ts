/** One door to every way of solving a `PlanProblem`; the way is chosen by size. */
import { solveDecomposed } from "./decomposed.ts";
import { solveExact } from "./exact.ts";
import type { PlanProblem, ProblemSolution } from "../problem/problem.ts";
import { roundedPlan } from "./rounded-plan.ts";
import { isSolvedInPart, solveInPart } from "./solve-in-part.ts";
import { gapOf, type PathOptions, type PathResult, type PathTools } from "../problem/solution-path.ts";

/**
 * Up to this many arcs the whole problem goes straight to the solver. Beyond, the bound by prices and a search of the kernel
 * come first: at 36,000 arcs they prove 0.3 % in 7 s where the solver alone needs 30 s; what they leave open, the solver
 * still closes while the model fits its memory.
 */
const exactUpToArcs = 12_000;

/** A search that ends further than this from what is proven has found little; a plan is rounded then, if it is better. */
const poorGap = 0.02;

/** @param startFrom A plan to begin with; only the exact path has a use for it. */
export async function solveProblem(
  problem: PlanProblem,
  tools: PathTools,
  options: PathOptions,
  startFrom?: ProblemSolution,
): Promise<PathResult> {
  if (isSolvedInPart(problem)) return solveInPart(problem, tools, options);
  if (problem.arcs.pool.length > exactUpToArcs) return solveDecomposed(problem, tools, options);
  return exactOrRounded(problem, tools, options, startFrom);
}

/** The exact path, whatever the size; what prices say in a moment where it finds little. */
export async function exactOrRounded(
  problem: PlanProblem,
  tools: PathTools,
  options: PathOptions,
  startFrom?: ProblemSolution,
  allLinksUpTo?: number,
): Promise<PathResult> {
  const found = await solveExact(problem, tools, options, startFrom, allLinksUpTo);
  // A solver that had no time may have found nothing at all, where prices give a plan in a moment.
  if (found.status === "optimal" || found.relativeGap <= poorGap) return found;
  const rounded = roundedPlan(problem);
  if (rounded === null || !(rounded.usd < found.objectiveUsd)) return found;
  const { solution, usd } = rounded;
  const bestBoundUsd = Math.min(Math.max(found.bestBoundUsd, rounded.boundUsd), usd);
  const relativeGap = gapOf(usd, bestBoundUsd);
  const status = relativeGap <= options.relativeGap ? "optimal" : found.status;
  return { ...found, status, solution, objectiveUsd: usd, bestBoundUsd, relativeGap };
}
