/** Floor 6: discrete events over the planned world, with the policy that plans and serves. Pure and deterministic. */
export { defaultAutoscaling, type Autoscaling } from "./autoscaler.ts";
export type { Burstiness } from "./arrivals-clients.ts";
export type { ChromeTrace, ChromeTraceEvent, TraceWindow } from "./chrome-trace.ts";
export type { Conversations } from "./conversations.ts";
export type { ClosedFormAgreement, Predicted } from "./closed-form-agreement.ts";
export type { CallerResult } from "./caller-measures.ts";
export type { WaitingLine } from "./gateway-line.ts";
export { SplitEngine } from "./split-engine.ts";
export { Engine, type EngineListener } from "./engine.ts";
export { engineCosts, type EngineCosts } from "./engine-costs.ts";
export type { AreaScope, Fault, FaultScope, FaultSpan } from "./fault.ts";
export { faultUnits, type FaultUnit, type RandomFaults } from "./random-faults.ts";
export { rejectionReasons, type RejectionReason } from "./measures.ts";
export type { PlanAgreement, PoolAgreement } from "./plan-agreement.ts";
export type { PoolUsage } from "./pool-usage.ts";
export { QuantileSketch, type Quantiles } from "./quantile-sketch.ts";
export { RandomStream } from "./random.ts";
export { RequestTable } from "./request-table.ts";
export type { ResponseCaching } from "./response-caches.ts";
export { routingRules, type RoutingRule } from "./routing-rule.ts";
export { simulate, type SimulateHooks, type SimulationProgress } from "./simulate.ts";
export type { SimulatedMoney } from "./simulated-money.ts";
export { Simulation } from "./simulation.ts";
export {
  completeOptions,
  defaultSimulationOptions,
  type SimulationInput,
  type SimulationOptions,
  type TraceInput,
} from "./simulation-options.ts";
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
} from "./simulation-result.ts";
export {
  interval,
  summarizeSeeds,
  sweepCases,
  type Interval,
  type SeedSummary,
  type SweepCase,
  type SweepGrid,
  type WorkloadSummary,
} from "./sweep.ts";
export {
  parseClientLengths,
  parseClientWindows,
  type ClientProfile,
  type ClientProfileSet,
} from "./client-profiles.ts";
export { parseRateCurve } from "./rate-curve.ts";
export { sweepRecord, type SweepRecord } from "./sweep-record.ts";
export type { SweepJob, SweepOutcome, SweepRunner } from "./sweep-runner.ts";
export { CsvTraceParser } from "./trace-csv.ts";
export { JsonlTraceParser } from "./trace-jsonl.ts";
export { MemoryTraceStore, type TraceChunk, type TraceStore } from "./trace-store.ts";
export { traceRequests, type Trace, type TraceProblem, type TraceReport, type TraceRule } from "./trace.ts";
