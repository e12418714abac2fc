/** Floor 6: discrete events over the planned world, with the policy that plans and serves. Pure and deterministic. */
export { defaultAutoscaling, type Autoscaling } from "./engine/autoscaler.ts";
export type { Burstiness } from "./arrival/arrivals-clients.ts";
export type { ChromeTrace, ChromeTraceEvent, TraceWindow } from "./measure/chrome-trace.ts";
export type { Conversations } from "./arrival/conversations.ts";
export type { ClosedFormAgreement, Predicted } from "./run/closed-form-agreement.ts";
export type { CallerResult } from "./measure/caller-measures.ts";
export type { WaitingLine } from "./mesh/gateway-line.ts";
export { SplitEngine } from "./engine/split-engine.ts";
export { Engine, type EngineListener } from "./engine/engine.ts";
export { engineCosts, type EngineCosts } from "./engine/engine-costs.ts";
export type { AreaScope, Fault, FaultScope, FaultSpan } from "./fault/fault.ts";
export { faultUnits, type FaultUnit, type RandomFaults } from "./fault/random-faults.ts";
export { rejectionReasons, type RejectionReason } from "./measure/measures.ts";
export { reachesTarget } from "./run/reaches-target.ts";
export { differenceCause, type DifferenceCause, type PlanAgreement, type PoolAgreement } from "./run/plan-agreement.ts";
export type { PoolUsage } from "./measure/pool-usage.ts";
export { QuantileSketch, type Quantiles } from "./chance/quantile-sketch.ts";
export { RandomStream } from "./chance/random.ts";
export { RequestTable } from "./engine/request-table.ts";
export type { ResponseCaching } from "./mesh/response-caches.ts";
export { routingRules, type RoutingRule } from "./mesh/routing-rule.ts";
export { simulate, type SimulateHooks, type SimulationProgress } from "./run/simulate.ts";
export type { SimulatedMoney } from "./measure/simulated-money.ts";
export { Simulation } from "./run/simulation.ts";
export {
  completeOptions,
  defaultSimulationOptions,
  type SimulationInput,
  type SimulationOptions,
  type TraceInput,
} from "./run/simulation-options.ts";
export type {
  AreaHourResult,
  LinkResult,
  SiteWindowResult,
  RequestCounts,
  ServedResult,
  SimulationResult,
  SiteResult,
  TierResult,
  WindowResult,
  WorkloadResult,
} from "./run/simulation-result.ts";
export {
  interval,
  summarizeSeeds,
  sweepCases,
  type Interval,
  type SeedSummary,
  type SweepCase,
  type SweepGrid,
  type WorkloadSummary,
} from "./sweep/sweep.ts";
export {
  parseClientLengths,
  parseClientWindows,
  type ClientProfile,
  type ClientProfileSet,
} from "./trace/client-profiles.ts";
export { parseRateCurve } from "./trace/rate-curve.ts";
export { sweepRecord, type SweepRecord } from "./sweep/sweep-record.ts";
export type { SweepJob, SweepOutcome, SweepRunner } from "./sweep/sweep-runner.ts";
export { CsvTraceParser } from "./trace/trace-csv.ts";
export { JsonlTraceParser } from "./trace/trace-jsonl.ts";
export { MemoryTraceStore, type TraceChunk, type TraceStore } from "./trace/trace-store.ts";
export { traceRequests, type Trace, type TraceProblem, type TraceReport, type TraceRule } from "./trace/trace.ts";
