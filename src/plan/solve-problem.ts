/** One door to every way of solving a `PlanProblem`; the way is chosen by size. */
import { solveExact } from "./exact.ts";
import type { PlanProblem } from "./problem.ts";
import type { PathOptions, PathResult, PathTools } from "./solution-path.ts";

export function solveProblem(problem: PlanProblem, tools: PathTools, options: PathOptions): Promise<PathResult> {
  return solveExact(problem, tools, options);
}
