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
export { planScenario, type PlanOptions, type PlanTools } from "./plan-scenario.ts";
export type {
  Alternative,
  LimitUse,
  PlanDocument,
  PlanStatus,
  SiteLoad,
  TrainingPlacement,
  Verdict,
} from "./plan-document.ts";
export type { Clash } from "./clashes.ts";
export type { Unserved, UnservedReason } from "./unserved.ts";
export { recomputeBound, type Certificate } from "./certificate.ts";
export { solveExact } from "./exact.ts";
export { worldProblem, type WorldProblem } from "./world-problem.ts";
export { verifyPlan, type Finding, type Verification } from "./verify-plan.ts";
