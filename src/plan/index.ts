export type { MipModel, SolveOptions, SolveProgress, SolveResult, Solver, SolveStatus } from "./solver.ts";
export { MipBuilder } from "./mip-builder.ts";
export { checkSolution, objectiveUsd, type PlanProblem, type ProblemSolution, type Violation } from "./problem.ts";
export type { CouplingLimit } from "./coupling-limit.ts";
export { solveProblem } from "./solve-problem.ts";
export { solvePlan } from "./solve-resilient.ts";
export type { Stage } from "./failover-terms.ts";
export type { CurvePoint, PathOptions, PathResult, PathTools, SearchProgress, SearchStatus } from "./solution-path.ts";
export { StoppedEarly } from "./build-model.ts";
export { planScenario } from "./plan-scenario.ts";
export type { PlanOptions, PlanTools } from "./plan-options.ts";
export type {
  Alternative,
  Horizon,
  HorizonPeriod,
  LimitUse,
  PlanDocument,
  PlanStatus,
  SiteLoad,
  TrainingPlacement,
  Verdict,
} from "./plan-document.ts";
export { planValue, type PlanValue } from "./plan-value.ts";
export type { Clash } from "./clashes.ts";
export type { Unserved, UnservedReason, Untrained } from "./unserved.ts";
export { recomputeBound } from "./certificate.ts";
export type { Certificate } from "./prices.ts";
export { solveExact } from "./exact.ts";
export { solveDecomposed } from "./decomposed.ts";
export { periodSolution, stackPeriods, type StackedPeriods } from "./stack-periods.ts";
export { worldProblem, type WorldProblem } from "./world-problem.ts";
export { verifyPlan, type Verification } from "./verify-plan.ts";
export type { Finding } from "./verify-terms.ts";
export { everyPeriod, lastPeriod, viewPeriod } from "./period-view.ts";
export { figuresOf, type ChangeOfOptimum, type PlanFigures, type PlanWorld } from "./plan-figures.ts";
export { diffPlans, hasChanged, type Change, type ModuleChange, type PlanDiff } from "./diff.ts";
export {
  comparePriceClasses,
  compareVariants,
  keepToTiers,
  variantTiers,
  type Comparison,
  type Driver,
  type PriceClassComparison,
  type Variant,
} from "./compare.ts";
export { worstLoss } from "./lost-at-worst.ts";
export { moduleGains } from "./module-gains.ts";
export { explainSite, resolveSite, type SiteExplanation } from "./explain-site.ts";
export { explainDemand, type DemandExplanation, type ServingCandidate } from "./explain-demand.ts";
export {
  explainLimit,
  resolveLimit,
  worldLimitsOf,
  type LimitExplanation,
  type LimitTrial,
  type WorldLimit,
} from "./explain-limit.ts";
export { sensitivity, type Range, type Sensitivity, type Swing } from "./sensitivity.ts";
export {
  egressClasses,
  sensitivityParameters,
  speaksOf,
  type Parameter,
  type ParameterValue,
} from "./sensitivity-parameters.ts";
export { paretoAttainments, paretoFactors, paretoFront, type ParetoPoint } from "./pareto.ts";
export { stressPlan, type Stress } from "./stress.ts";
export { movesUsdPerYear, standOn, type StandingWorld, type StandOnOptions } from "./replan.ts";
export { financeReport, type CostStatement, type FinanceReport, type Investment } from "./finance-report.ts";
export { planFutures, type FuturesOptions, type FuturesTools, type FutureWorld } from "./futures.ts";
export type { FuturesDecision, FuturesPlan, ProvenWithin } from "./futures-plan.ts";
export { answerWishes, type Clashing, type Wishes, type WishesAnswer } from "./wishes.ts";
export {
  chipMix,
  demandByPeriod,
  egressByGeneration,
  type ChipMixRow,
  type DemandRowOfPeriod,
  type EgressRow,
} from "./plan-tables.ts";
export { countingWork } from "./work-clock.ts";
