import { tiers, type Tier, type World } from "../../catalog/index.ts";
import type { ScalingUsage } from "../engine/autoscaler.ts";
import type { CallerResult } from "../measure/caller-measures.ts";
import { enginePredictions, type EnginePrediction, type Routes } from "../../route/index.ts";
import { compareWithPlan, type PlanAgreement } from "./plan-agreement.ts";
import { compareClosedForms, type ClosedFormAgreement } from "./closed-form-agreement.ts";
import { conversationWorkloads } from "../arrival/conversations.ts";
import type { DemandRate } from "../chance/demand-rate.ts";
import { groupSum } from "../measure/group-measures.ts";
import { rejectionReasons, type Measures, type RejectionReason, type ServedCell } from "../measure/measures.ts";
import { poolUsage, type EngineActivity, type PoolUsage } from "../measure/pool-usage.ts";
import { quantilesOf, QuantileSketch, type Quantiles } from "../chance/quantile-sketch.ts";
import { simulatedMoney, type SimulatedMoney } from "../measure/simulated-money.ts";
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

/** What the result is made from. */
export interface MeasuredRun {
  readonly world: World;
  readonly routes: Routes;
  readonly rate: DemandRate;
  readonly options: SimulationOptions;
  readonly measures: Measures;
  /** End of what was simulated so far, and end of the warm-up, ms. */
  readonly untilMs: number;
  readonly fromMs: number;
  /** Positions of the workloads that follow a trace. */
  readonly traced: ReadonlySet<number>;
  /** Those of them whose requests are not drawn from the workload's own lengths at a steady Poisson rate: all but curves. */
  readonly recorded: ReadonlySet<number>;
  readonly activity: EngineActivity;
  /** How long engines of a group have been stopped, and starts; null without autoscaling. */
  readonly scalingOfGroup: (group: number) => ScalingUsage | null;
}

export function describeResult(run: MeasuredRun): SimulationResult {
  const { world, measures, options } = run;
  const simulatedMs = spanMs(run);
  const workloads = world.workloads.map((_, workload) => describeWorkload(run, workload));
  const pools = poolUsage(world, run.routes, run.activity, run.scalingOfGroup, simulatedMs);
  const sum = (pick: (result: WorkloadResult) => number) =>
    workloads.reduce((total, result) => total + pick(result), 0);
  const withinSlo = measures.cells.reduce((total, cell) => total + cell.withinSlo, 0);
  const outputTokens = sum((result) => result.outputTokens);
  return {
    format: "disperse/simulation/v1",
    scenario: world.name,
    options,
    simulatedS: simulatedMs / 1000,
    requests: {
      arrived: sum((result) => result.arrived),
      completed: sum((result) => result.completed),
      rejected: sum((result) => result.rejected),
      inFlight: measures.inFlight,
      retries: measures.retries,
      waited: measures.lineMs.count,
      preemptions: sum((result) => result.preemptions),
      goodputPerS: simulatedMs > 0 ? (withinSlo * 1000) / simulatedMs : 0,
    },
    workloads,
    tiers: tiers.map((tier) => ({
      tier,
      completed: sum((result) => tierOf(result, tier).completed),
      outputTokens: sum((result) => tierOf(result, tier).outputTokens),
      egressBytes: sum((result) => tierOf(result, tier).egressBytes),
      energyKwh: pools.reduce((total, pool) => (pool.tier === tier ? total + pool.energyKwh : total), 0),
    })),
    sites: describeSites(run),
    pools,
    windows: describeWindows(run),
    siteWindows: describeSiteWindows(run),
    links: describeLinks(run),
    areaHours: describeAreaHours(run),
    waitingLine: options.waitingLine && { waitMs: quantilesOf(measures.lineMs), largestQueued: measures.largestQueued },
    agreement: compareWithPlan(world, run.routes, run.rate, measures, pools, run),
    closedForms: compareClosedForms(world, run.routes, measures, simulatedMs, recordedWorkloads(run), options),
    predictions: enginePredictions(world, run.routes.deployment),
    money: simulatedMoney(
      world,
      run.routes.deployment,
      pools,
      Float64Array.from(world.sites, (_, site) => measures.traffic.of(site).bytesOut),
      simulatedMs,
      outputTokens,
    ),
    residencyViolations: measures.residencyViolations,
    quantileError: options.quantileError,
  };
}

/** Workloads whose lengths are not drawn from their distribution. */
function recordedWorkloads({ world, options, recorded }: MeasuredRun): ReadonlySet<number> {
  return options.conversations ? recorded.union(conversationWorkloads(world, options.conversations)) : recorded;
}

function spanMs({ fromMs, untilMs }: MeasuredRun): number {
  return Math.max(0, untilMs - fromMs);
}

function tierOf(result: WorkloadResult, tier: Tier): ServedResult {
  return result.tiers.find((entry) => entry.tier === tier)!;
}

function describeWorkload(run: MeasuredRun, workload: number): WorkloadResult {
  const { world, measures } = run;
  const { id, ttft, callers } = world.workloads[workload]!;
  const arrived = measures.arrived[workload]!;
  const cells = tiers.map((_, tier) => measures.cell(workload, tier));
  const rejections = rejectionReasons
    .map((reason, i) => ({ reason, count: measures.rejected[workload * rejectionReasons.length + i]! }))
    .filter((entry) => entry.count > 0);
  const withinSlo = cells.reduce((total, cell) => total + cell.withinSlo, 0);
  return {
    workload: id,
    arrived,
    rejected: rejections.reduce((total, entry) => total + entry.count, 0),
    rejections,
    attainmentOfArrivedRatio: arrived > 0 ? withinSlo / arrived : null,
    targetRatio: ttft.attainmentRatio,
    ...(callers && { callers: measures.callers!.of(workload) }),
    ...describeCells(cells, run.options.quantileError),
    tiers: tiers.map((tier, i) => ({ tier, ...describeCells([cells[i]!], run.options.quantileError) })),
  };
}

function describeCells(cells: readonly ServedCell[], quantileError: number): ServedResult {
  const total = (pick: (cell: ServedCell) => number) => cells.reduce((sum, cell) => sum + pick(cell), 0);
  const merged = (pick: (cell: ServedCell) => QuantileSketch): Quantiles => {
    const sketch = new QuantileSketch(quantileError);
    for (const cell of cells) sketch.merge(pick(cell));
    return quantilesOf(sketch);
  };
  const completed = total((cell) => cell.completed);
  return {
    completed,
    answeredFromCache: total((cell) => cell.answeredFromCache),
    ttftMs: merged((cell) => cell.ttftMs),
    tpotMs: merged((cell) => cell.tpotMs),
    e2eMs: merged((cell) => cell.e2eMs),
    queueMs: merged((cell) => cell.queueMs),
    ttftAttainmentRatio: completed > 0 ? total((cell) => cell.withinTtft) / completed : null,
    sloAttainmentRatio: completed > 0 ? total((cell) => cell.withinSlo) / completed : null,
    inputTokens: total((cell) => cell.inputTokens),
    cachedTokens: total((cell) => cell.cachedTokens),
    outputTokens: total((cell) => cell.outputTokens),
    egressBytes: total((cell) => cell.egressBytes),
    preemptions: total((cell) => cell.preemptions),
  };
}

function describeSites(run: MeasuredRun): SiteResult[] {
  const { world, measures, routes } = run;
  const simulatedS = spanMs(run) / 1000;
  const gbps = (bytes: number): number => (simulatedS > 0 ? (bytes * 8) / 1e9 / simulatedS : 0);
  const outputTokens = Float64Array.from(measures.answeredTokens);
  for (const [group, { site }] of routes.groups.entries()) {
    outputTokens[site]! += measures.groups.totalOf(group, groupSum.outputTokens);
  }
  const open = [...new Set(routes.deployment.pools.map((pool) => pool.site))].toSorted((a, b) => a - b);
  return open.map((position) => {
    const site = world.sites[position]!;
    const { requests, bytesIn: ingressBytes, bytesOut: egressBytes } = measures.traffic.of(position);
    return {
      site: site.id,
      tier: site.tier,
      completed: requests,
      outputTokens: outputTokens[position]!,
      egressBytes,
      ingressBytes,
      egressGbps: gbps(egressBytes),
      ingressGbps: gbps(ingressBytes),
      portRatio: site.portGbps > 0 ? gbps(Math.max(egressBytes, ingressBytes)) / site.portGbps : 0,
    };
  });
}

/** Windows that lie within what was simulated, the warm-up not counted. */
function measuredWindows({ measures, fromMs, untilMs }: MeasuredRun): number[] {
  const end = Math.min(measures.windowCount, Math.ceil(untilMs / measures.windowMs));
  const begin = Math.min(end, Math.floor(fromMs / measures.windowMs));
  return Array.from({ length: end - begin }, (_, i) => begin + i);
}

function describeWindows(run: MeasuredRun): WindowResult[] {
  const { world, measures } = run;
  return measuredWindows(run).map((window) => ({
    fromS: (window * measures.windowMs) / 1000,
    workloads: world.workloads.map(({ id }, w) => {
      const slot = window * world.workloads.length + w;
      return {
        workload: id,
        arrived: measures.windows.arrived[slot]!,
        completed: measures.windows.completed[slot]!,
        withinSlo: measures.windows.withinSlo[slot]!,
        rejected: measures.windows.rejected[slot]!,
      };
    }),
  }));
}

function describeSiteWindows(run: MeasuredRun): SiteWindowResult[] {
  const { world, measures } = run;
  if (measures.siteWindowCompleted.length === 0) return [];
  return measuredWindows(run).flatMap((window) =>
    world.sites.flatMap(({ id }, site): SiteWindowResult[] => {
      const slot = window * world.sites.length + site;
      const completed = measures.siteWindowCompleted[slot]!;
      if (completed === 0) return [];
      const fromS = (window * measures.windowMs) / 1000;
      return [{ site: id, fromS, completed, withinSlo: measures.siteWindowWithinSlo[slot]! }];
    }),
  );
}

function describeLinks({ world, measures }: MeasuredRun): LinkResult[] {
  return measures.traffic.origins.flatMap((from, origin) =>
    world.sites.flatMap(({ id }, site): LinkResult[] => {
      const carried = measures.traffic.between(origin, site);
      return carried.requests === 0 ? [] : [{ from, to: id, ...carried }];
    }),
  );
}

function describeAreaHours({ world, measures }: MeasuredRun): AreaHourResult[] {
  const results: AreaHourResult[] = [];
  for (let hour = 0; hour < measures.hours; hour++) {
    for (const [row, demand] of world.demand.entries()) {
      const slot = hour * world.demand.length + row;
      const arrived = measures.hourArrived[slot]!;
      if (arrived === 0) continue;
      results.push({
        area: world.areas[demand.area]!.id,
        workload: world.workloads[demand.workload]!.id,
        hour,
        arrived,
        withinSlo: measures.hourWithinSlo[slot]!,
      });
    }
  }
  return results;
}
