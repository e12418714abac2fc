/** One door to every way of solving a `PlanProblem`; the way is chosen by size. */
import { solveDecomposed } from "./decomposed.ts";
import { solveExact } from "./exact.ts";
import type { PlanProblem, ProblemSolution } from "./problem.ts";
import type { PathOptions, PathResult, PathTools } from "./solution-path.ts";

/**
 * Up to this many arcs the whole problem goes straight to the solver. Beyond, the bound by prices and a search of the kernel
 * come first: at 36,000 arcs they prove 0.3 % in 7 s where the solver alone needs 30 s; what they leave open, the solver
 * still closes while the model fits its memory.
 */
const exactUpToArcs = 12_000;

/** @param startFrom A plan to begin with; only the exact path has a use for it. */
export function solveProblem(
  problem: PlanProblem,
  tools: PathTools,
  options: PathOptions,
  startFrom?: ProblemSolution,
): Promise<PathResult> {
  const path = problem.arcs.pool.length <= exactUpToArcs ? solveExact : solveDecomposed;
  return path(problem, tools, options, startFrom);
}
