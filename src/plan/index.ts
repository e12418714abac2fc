export type { MipModel, SolveOptions, SolveProgress, SolveResult, Solver, SolveStatus } from "./solver.ts";
export { MipBuilder } from "./mip-builder.ts";
export {
  checkSolution,
  objectiveUsd,
  type CouplingLimit,
  type PlanProblem,
  type ProblemSolution,
  type Violation,
} from "./problem.ts";
export { solveProblem } from "./solve-problem.ts";
export type { CurvePoint, PathOptions, PathResult, PathTools, SearchStatus } from "./solution-path.ts";
