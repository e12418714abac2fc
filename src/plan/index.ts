export type { MipModel, SolveOptions, SolveProgress, SolveResult, Solver, SolveStatus } from "./problem/solver.ts";
export { MipBuilder } from "./problem/mip-builder.ts";
export {
  checkSolution,
  objectiveUsd,
  type PlanProblem,
  type ProblemSolution,
  type Violation,
} from "./problem/problem.ts";
export type { CouplingLimit } from "./problem/coupling-limit.ts";
export { solveProblem } from "./search/solve-problem.ts";
export { solvePlan } from "./survival/solve-plan.ts";
export type { Stage } from "./world/failover-terms.ts";
export type {
  CurvePoint,
  PathOptions,
  PathResult,
  PathTools,
  SearchProgress,
  SearchStatus,
} from "./problem/solution-path.ts";
export { StoppedEarly } from "./problem/build-model.ts";
export { planScenario } from "./document/plan-scenario.ts";
export type { PlanOptions, PlanTools } from "./problem/plan-options.ts";
export type {
  Alternative,
  Horizon,
  HorizonPeriod,
  LimitUse,
  PlanDocument,
  PlanStatus,
  PlanValue,
  SiteLoad,
  TrainingPlacement,
  Verdict,
} from "./document/plan-document.ts";
export { planValue } from "./document/plan-value.ts";
export type { Clash } from "./document/clashes.ts";
export type { Unserved, Untrained } from "./document/unserved.ts";
export type { UnservedReason } from "./document/why-not.ts";
export { recomputeBound } from "./bound/certificate.ts";
export type { Certificate } from "./problem/prices.ts";
export { solveExact } from "./search/exact.ts";
export { solveDecomposed } from "./search/decomposed.ts";
export { periodSolution, stackPeriods, type StackedPeriods } from "./world/stack-periods.ts";
export { worldProblem, type WorldProblem } from "./world/world-problem.ts";
export { verifyPlan, type Verification } from "./verify/verify-plan.ts";
export type { Finding } from "./verify/verify-terms.ts";
export { everyPeriod, lastPeriod, viewPeriod } from "./document/period-view.ts";
export { figuresOf, type ChangeOfOptimum, type PlanFigures, type PlanWorld } from "./document/plan-figures.ts";
export { diffPlans, hasChanged, type Change, type ModuleChange, type PlanDiff } from "./explain/diff.ts";
export {
  comparePriceClasses,
  compareVariants,
  keepToTiers,
  variantTiers,
  type Comparison,
  type Driver,
  type PriceClassComparison,
  type Variant,
} from "./compare/compare.ts";
export { survivalOf, type Survival } from "./compare/lost-at-worst.ts";
export { moduleGains } from "./document/module-gains.ts";
export { explainSite, resolveSite, type SiteExplanation } from "./explain/explain-site.ts";
export { explainDemand, type DemandExplanation, type ServingCandidate } from "./explain/explain-demand.ts";
export {
  explainLimit,
  resolveLimit,
  worldLimitsOf,
  type LimitExplanation,
  type LimitTrial,
} from "./explain/explain-limit.ts";
export type { WorldLimit } from "./explain/world-limit.ts";
export { sensitivity, type Range, type Sensitivity, type Swing } from "./compare/sensitivity.ts";
export {
  egressClasses,
  sensitivityParameters,
  speaksOf,
  type Parameter,
  type ParameterValue,
} from "./compare/sensitivity-parameters.ts";
export { paretoAttainments, paretoFactors, paretoFront, type ParetoPoint } from "./compare/pareto.ts";
export { stressPlan, type Stress } from "./compare/stress.ts";
export { movesUsdPerYear, standOn, type StandingWorld, type StandOnOptions } from "./compare/replan.ts";
export {
  financeReport,
  returnsOf,
  type CostStatement,
  type FinanceReport,
  type Investment,
  type PeriodReturn,
} from "./document/finance-report.ts";
export { planFutures, type FuturesOptions, type FuturesTools, type FutureWorld } from "./futures/futures.ts";
export type { FutureOutcome, FuturesDecision, FuturesPlan, ProvenWithin } from "./futures/futures-plan.ts";
export { answerWishes, type WishesAnswer } from "./compare/wishes.ts";
export type { Clashing, Wishes } from "./compare/wishes-model.ts";
export {
  chipMix,
  demandByPeriod,
  egressByGeneration,
  type ChipMixRow,
  type DemandRowOfPeriod,
  type EgressRow,
} from "./document/plan-tables.ts";
export { countingWork } from "./problem/work-clock.ts";
