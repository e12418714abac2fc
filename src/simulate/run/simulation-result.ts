import type { Tier } from "../../catalog/index.ts";
import type { EnginePrediction } from "../../route/index.ts";
import type { Quantiles } from "../chance/quantile-sketch.ts";
import type { CallerResult } from "../measure/caller-measures.ts";
import type { RejectionReason } from "../measure/measures.ts";
import type { PoolUsage } from "../measure/pool-usage.ts";
import type { SimulatedMoney } from "../measure/simulated-money.ts";
import type { ClosedFormAgreement } from "./closed-form-agreement.ts";
import type { PlanAgreement } from "./plan-agreement.ts";
import type { SimulationOptions } from "./simulation-options.ts";

/** Plain JSON. Null stands where nothing was measured. */
export interface SimulationResult {
  readonly format: "disperse/simulation/v1";
  readonly scenario: string;
  readonly options: SimulationOptions;
  /** Time measured so far: less than asked for when the run was stopped. The warm-up is not part of it. */
  readonly simulatedS: number;
  readonly requests: RequestCounts;
  readonly workloads: readonly WorkloadResult[];
  readonly tiers: readonly TierResult[];
  readonly sites: readonly SiteResult[];
  readonly pools: readonly PoolUsage[];
  readonly windows: readonly WindowResult[];
  /** By site and window; empty unless asked for. */
  readonly siteWindows: readonly SiteWindowResult[];
  /** What went between the users of a country and a site; pairs without traffic are left out. */
  readonly links: readonly LinkResult[];
  /** By area and hour; empty unless asked for. */
  readonly areaHours: readonly AreaHourResult[];
  /** The line in front of the engines; null where requests go to an engine at once. */
  readonly waitingLine: LineResult | null;
  readonly agreement: PlanAgreement;
  /** The plan's engine model beside the simulated engine, where the model holds. */
  readonly closedForms: readonly ClosedFormAgreement[];
  /** How well the engines' times are known, by kind of engine, the least sure first. */
  readonly predictions: readonly EnginePrediction[];
  readonly money: SimulatedMoney;
  /** Requests that were sent where the law of their origin does not allow. Must be 0. */
  readonly residencyViolations: number;
  /** All quantiles are within this ratio of the exact ones. */
  readonly quantileError: number;
}

/** `arrived` = `completed` + `rejected` + `inFlight`, always. */
export interface RequestCounts {
  readonly arrived: number;
  readonly completed: number;
  readonly rejected: number;
  readonly inFlight: number;
  readonly retries: number;
  /** Those that found no room at once and began in the end. */
  readonly waited: number;
  readonly preemptions: number;
  /** Completed within the objective, per second. */
  readonly goodputPerS: number;
}

export interface LineResult {
  /** Wait of those that found no room at once and began in the end. */
  readonly waitMs: Quantiles;
  /** Most that waited at once, at all gateways together. */
  readonly largestQueued: number;
}

/** Requests of one workload that one tier (or all) completed. Times as the user sees them, ms. */
export interface ServedResult {
  readonly completed: number;
  /** Of these, answered by a site that had the answer, without an engine. */
  readonly answeredFromCache: number;
  readonly ttftMs: Quantiles;
  readonly tpotMs: Quantiles;
  readonly e2eMs: Quantiles;
  /** Wait in the engine's queue before the first prefill step. */
  readonly queueMs: Quantiles;
  /** Share of completed requests within the first-token budget, and within all budgets. */
  readonly ttftAttainmentRatio: number | null;
  readonly sloAttainmentRatio: number | null;
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  readonly egressBytes: number;
  readonly preemptions: number;
}

export interface WorkloadResult extends ServedResult {
  readonly workload: string;
  readonly arrived: number;
  readonly rejected: number;
  readonly rejections: readonly { readonly reason: RejectionReason; readonly count: number }[];
  /** Share of all requests sent that were completed within the objective: what was refused counts as missed. */
  readonly attainmentOfArrivedRatio: number | null;
  readonly targetRatio: number;
  /** By who sent them, in the scenario's order; absent where it names nobody. */
  readonly callers?: readonly CallerResult[];
  readonly tiers: readonly (ServedResult & { readonly tier: Tier })[];
}

export interface TierResult {
  readonly tier: Tier;
  readonly completed: number;
  readonly outputTokens: number;
  readonly egressBytes: number;
  readonly energyKwh: number;
}

export interface SiteResult {
  readonly site: string;
  readonly tier: Tier;
  readonly completed: number;
  readonly outputTokens: number;
  readonly egressBytes: number;
  readonly ingressBytes: number;
  /** Means over the span. */
  readonly egressGbps: number;
  readonly ingressGbps: number;
  /** Share of the port in use, the busier direction, on average. */
  readonly portRatio: number;
}

export interface WindowResult {
  readonly fromS: number;
  readonly workloads: readonly {
    readonly workload: string;
    readonly arrived: number;
    readonly completed: number;
    readonly withinSlo: number;
    readonly rejected: number;
  }[];
}

export interface SiteWindowResult {
  readonly site: string;
  readonly fromS: number;
  readonly completed: number;
  readonly withinSlo: number;
}

export interface LinkResult {
  /** Country of the users. */
  readonly from: string;
  readonly to: string;
  readonly requests: number;
  /** To the site and from it. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface AreaHourResult {
  readonly area: string;
  readonly workload: string;
  /** Hours since the simulation began; it begins at `startHourUtc`. */
  readonly hour: number;
  readonly arrived: number;
  readonly withinSlo: number;
}
