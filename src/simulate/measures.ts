import { GroupMeasures } from "./group-measures.ts";
import { tiers, type World } from "../catalog/index.ts";
import { rejectReasons, type RejectReason } from "../route/index.ts";
import { QuantileSketch } from "./quantile-sketch.ts";
import { Traffic } from "./traffic.ts";

/** What happened to the requests of one workload at one tier. */
export class ServedCell {
  readonly ttftMs: QuantileSketch;
  readonly tpotMs: QuantileSketch;
  readonly e2eMs: QuantileSketch;
  readonly queueMs: QuantileSketch;
  completed = 0;
  withinTtft = 0;
  /** Within the budgets of first token and of time per output token. */
  withinSlo = 0;
  inputTokens = 0;
  cachedTokens = 0;
  outputTokens = 0;
  egressBytes = 0;
  preemptions = 0;
  answeredFromCache = 0;

  constructor(relativeError: number) {
    this.ttftMs = new QuantileSketch(relativeError);
    this.tpotMs = new QuantileSketch(relativeError);
    this.e2eMs = new QuantileSketch(relativeError);
    this.queueMs = new QuantileSketch(relativeError);
  }
}

/** Why a request was not served: a reason of the policy, or one of the simulation's own. */
export type RejectionReason =
  | RejectReason
  /** The deployment has no engine for the workload. */
  | "no-engine"
  /** Every eligible site is down or draining. */
  | "unhealthy"
  /** Input plus output exceed what the engine's memory or the model's context hold. */
  | "too-long"
  /** The site failed after the first token had been sent: the stream broke. */
  | "interrupted"
  /** Every attempt met a site that had just failed. */
  | "attempts-exhausted";

export const rejectionReasons: readonly RejectionReason[] = [
  ...rejectReasons,
  "no-engine",
  "unhealthy",
  "too-long",
  "interrupted",
  "attempts-exhausted",
];

export interface FinishedRequest {
  readonly row: number;
  readonly workload: number;
  /** What users in one country ask of one workload, by the numbers of `Traffic`. */
  readonly stream: number;
  readonly tier: number;
  readonly site: number;
  /** Position in the routes' groups; -1 when the answer came from a cache of answers. */
  readonly group: number;
  readonly arrivalMs: number;
  readonly ttftMs: number;
  /** NaN when there is one output token only. */
  readonly tpotMs: number;
  readonly e2eMs: number;
  readonly queueMs: number;
  /** From the site's door to the first token and to the last, network not counted. */
  readonly engineTtftMs: number;
  readonly engineE2eMs: number;
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  readonly preemptions: number;
}

/** Counts of one time window; a request belongs to the window in which it was sent. */
export interface WindowCounts {
  readonly arrived: Float64Array;
  readonly completed: Float64Array;
  readonly withinSlo: Float64Array;
  readonly rejected: Float64Array;
}

export interface MeasureOptions {
  /** Requests sent before are not counted, ms. */
  readonly fromMs: number;
  readonly durationMs: number;
  readonly windowMs: number;
  readonly byAreaHour: boolean;
  readonly bySiteWindow: boolean;
  readonly relativeError: number;
}

/**
 * Everything that is measured, in memory that does not grow with the number of requests: counters and sketches by
 * workload × tier, by window, by site, and when asked for by demand row × hour.
 */
export class Measures {
  readonly cells: readonly ServedCell[];
  readonly arrived: Float64Array;
  readonly rejected: Float64Array;
  readonly windowMs: number;
  readonly windows: WindowCounts;
  readonly groups: GroupMeasures;
  readonly traffic: Traffic;
  /** Output tokens of answers from each site's cache of answers. */
  readonly answeredTokens: Float64Array;
  /** Per site × window, completed and within the objective; empty unless asked for. */
  readonly siteWindowCompleted: Uint32Array;
  readonly siteWindowWithinSlo: Uint32Array;
  /** Per row × hour, arrived and within the objective; empty unless asked for. */
  readonly hourArrived: Uint32Array;
  readonly hourWithinSlo: Uint32Array;
  readonly hours: number;
  residencyViolations = 0;
  retries = 0;

  readonly #world: World;
  readonly #windowCount: number;
  readonly #fromMs: number;

  constructor(world: World, groups: number, options: MeasureOptions) {
    const workloads = world.workloads.length;
    this.#world = world;
    this.cells = Array.from({ length: workloads * tiers.length }, () => new ServedCell(options.relativeError));
    this.arrived = new Float64Array(workloads);
    this.rejected = new Float64Array(workloads * rejectionReasons.length);
    this.windowMs = options.windowMs;
    this.#windowCount = Math.max(1, Math.ceil(options.durationMs / options.windowMs));
    const slots = this.#windowCount * workloads;
    this.windows = {
      arrived: new Float64Array(slots),
      completed: new Float64Array(slots),
      withinSlo: new Float64Array(slots),
      rejected: new Float64Array(slots),
    };
    this.groups = new GroupMeasures(groups, workloads, options);
    this.traffic = new Traffic(world);
    this.answeredTokens = new Float64Array(world.sites.length);
    const perWindow = options.bySiteWindow ? this.#windowCount * world.sites.length : 0;
    this.siteWindowCompleted = new Uint32Array(perWindow);
    this.siteWindowWithinSlo = new Uint32Array(perWindow);
    this.#fromMs = options.fromMs;
    this.hours = options.byAreaHour ? Math.max(1, Math.ceil(options.durationMs / 3_600_000)) : 0;
    this.hourArrived = new Uint32Array(this.hours * world.demand.length);
    this.hourWithinSlo = new Uint32Array(this.hours * world.demand.length);
  }

  get windowCount(): number {
    return this.#windowCount;
  }

  cell(workload: number, tier: number): ServedCell {
    return this.cells[workload * tiers.length + tier]!;
  }

  /** Requests counted so far that have not come to their end. */
  get inFlight(): number {
    const sum = (counts: Float64Array): number => counts.reduce((total, count) => total + count, 0);
    const completed = this.cells.reduce((total, cell) => total + cell.completed, 0);
    return sum(this.arrived) - sum(this.rejected) - completed;
  }

  arrive(row: number, workload: number, timeMs: number): void {
    if (timeMs < this.#fromMs) return;
    this.arrived[workload] = this.arrived[workload]! + 1;
    const slot = this.#windowSlot(workload, timeMs);
    this.windows.arrived[slot] = this.windows.arrived[slot]! + 1;
    if (this.hours > 0) {
      const hour = this.#hourSlot(row, timeMs);
      this.hourArrived[hour] = this.hourArrived[hour]! + 1;
    }
  }

  reject(workload: number, reason: RejectionReason, arrivalMs: number): void {
    if (arrivalMs < this.#fromMs) return;
    const at = workload * rejectionReasons.length + rejectionReasons.indexOf(reason);
    this.rejected[at] = this.rejected[at]! + 1;
    const slot = this.#windowSlot(workload, arrivalMs);
    this.windows.rejected[slot] = this.windows.rejected[slot]! + 1;
  }

  finish(request: FinishedRequest): void {
    if (request.arrivalMs < this.#fromMs) return;
    const workload = this.#world.workloads[request.workload]!;
    const cell = this.cells[request.workload * tiers.length + request.tier]!;
    const { site, row } = request;
    cell.completed++;
    cell.ttftMs.add(request.ttftMs);
    cell.e2eMs.add(request.e2eMs);
    cell.queueMs.add(request.queueMs);
    const hasTpot = request.tpotMs === request.tpotMs;
    if (hasTpot) cell.tpotMs.add(request.tpotMs);
    const isTtftMet = request.ttftMs <= workload.ttft.budgetMs;
    const isSloMet =
      isTtftMet && (!hasTpot || workload.tpotBudgetMs === null || request.tpotMs <= workload.tpotBudgetMs);
    if (isTtftMet) cell.withinTtft++;
    cell.inputTokens += request.inputTokens;
    cell.cachedTokens += request.cachedTokens;
    cell.outputTokens += request.outputTokens;
    cell.egressBytes += workload.responseBytes;
    cell.preemptions += request.preemptions;
    this.traffic.count(request.stream, site);
    if (request.group >= 0) this.groups.finish(request);
    else {
      cell.answeredFromCache++;
      this.answeredTokens[site] = this.answeredTokens[site]! + request.outputTokens;
    }
    const slot = this.#windowSlot(request.workload, request.arrivalMs);
    this.windows.completed[slot] = this.windows.completed[slot]! + 1;
    const siteSlot = this.siteWindowCompleted.length > 0 ? this.#siteSlot(site, request.arrivalMs) : -1;
    if (siteSlot >= 0) this.siteWindowCompleted[siteSlot] = this.siteWindowCompleted[siteSlot]! + 1;
    if (!isSloMet) return;
    cell.withinSlo++;
    if (siteSlot >= 0) this.siteWindowWithinSlo[siteSlot] = this.siteWindowWithinSlo[siteSlot]! + 1;
    this.windows.withinSlo[slot] = this.windows.withinSlo[slot]! + 1;
    if (this.hours > 0) {
      const hour = this.#hourSlot(row, request.arrivalMs);
      this.hourWithinSlo[hour] = this.hourWithinSlo[hour]! + 1;
    }
  }

  #windowSlot(workload: number, timeMs: number): number {
    const window = Math.min(this.#windowCount - 1, Math.floor(timeMs / this.windowMs));
    return window * this.arrived.length + workload;
  }

  #siteSlot(site: number, timeMs: number): number {
    const window = Math.min(this.#windowCount - 1, Math.floor(timeMs / this.windowMs));
    return window * this.#world.sites.length + site;
  }

  #hourSlot(row: number, timeMs: number): number {
    return Math.min(this.hours - 1, Math.floor(timeMs / 3_600_000)) * this.#world.demand.length + row;
  }
}
