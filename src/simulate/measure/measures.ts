import { CallerMeasures } from "./caller-measures.ts";
import { GroupMeasures } from "./group-measures.ts";
import { tiers, type World } from "../../catalog/index.ts";
import { rejectReasons, type RejectReason } from "../../route/index.ts";
import * as finishedBatch from "./finished-batch.ts";
import type { FinishedBatch } from "./finished-batch.ts";
import { QuantileSketch } from "../chance/quantile-sketch.ts";
import { Traffic } from "./traffic.ts";

// Of this module, so that they are constants to the compiler: what is imported is fetched and checked at every use.
const { batchSize } = finishedBatch;

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
  | "attempts-exhausted"
  /** It found no room at any engine while it was worth waiting, or too many waited: what the gateway answers with 429. */
  | "overloaded";

export const rejectionReasons: readonly RejectionReason[] = [
  ...rejectReasons,
  "no-engine",
  "unhealthy",
  "too-long",
  "interrupted",
  "attempts-exhausted",
  "overloaded",
];

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
  /** Null where no workload names its callers. */
  readonly callers: CallerMeasures | null;
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
  /** Wait of requests that found no room at once and began in the end, ms. */
  readonly lineMs: QuantileSketch;
  /** Most that waited at once. */
  largestQueued = 0;

  readonly #world: World;
  readonly #windowCount: number;
  readonly #fromMs: number;
  /** Of the batch that is being counted: positions by cell, where each cell's begin, and which have a time per token. */
  readonly #order = new Int32Array(batchSize);
  readonly #cellStart: Int32Array;
  readonly #cellPlace: Int32Array;
  readonly #paced = new Int32Array(batchSize);
  readonly #isSloMet = new Uint8Array(batchSize);

  constructor(world: World, groups: number, options: MeasureOptions) {
    const workloads = world.workloads.length;
    this.#world = world;
    this.lineMs = new QuantileSketch(options.relativeError);
    this.cells = Array.from({ length: workloads * tiers.length }, () => new ServedCell(options.relativeError));
    this.#cellStart = new Int32Array(this.cells.length + 1);
    this.#cellPlace = new Int32Array(this.cells.length + 1);
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
    const hasCallers = world.workloads.some(({ callers }) => callers);
    this.callers = hasCallers ? new CallerMeasures(world, options.relativeError) : null;
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

  /** `caller` is a position in `callerKinds`; -1 = nobody named. */
  arrive(row: number, workload: number, timeMs: number, caller = -1): void {
    if (timeMs < this.#fromMs) return;
    this.callers?.arrive(caller);
    this.arrived[workload] = this.arrived[workload]! + 1;
    const slot = this.#windowSlot(workload, timeMs);
    this.windows.arrived[slot] = this.windows.arrived[slot]! + 1;
    if (this.hours > 0) {
      const hour = this.#hourSlot(row, timeMs);
      this.hourArrived[hour] = this.hourArrived[hour]! + 1;
    }
  }

  reject(workload: number, reason: RejectionReason, arrivalMs: number, caller = -1): void {
    if (arrivalMs < this.#fromMs) return;
    this.callers?.reject(caller, reason === "overloaded");
    const at = workload * rejectionReasons.length + rejectionReasons.indexOf(reason);
    this.rejected[at] = this.rejected[at]! + 1;
    const slot = this.#windowSlot(workload, arrivalMs);
    this.windows.rejected[slot] = this.windows.rejected[slot]! + 1;
  }

  /** A request is sent once more. */
  retry(arrivalMs: number): void {
    if (arrivalMs >= this.#fromMs) this.retries++;
  }

  /** So many requests wait now. */
  waiting(queued: number, nowMs: number): void {
    if (nowMs >= this.#fromMs) this.largestQueued = Math.max(this.largestQueued, queued);
  }

  /** A request found no room at once and began after so long. */
  waitInLine(arrivalMs: number, ms: number): void {
    if (arrivalMs >= this.#fromMs) this.lineMs.add(ms);
  }

  /** Counts the requests of a batch: figure by figure where they go to one cell, then one by one where each has its own. */
  finish(batch: FinishedBatch): void {
    const order = this.#orderByCell(batch);
    for (let cell = 0; cell < this.cells.length; cell++) this.#finishCell(batch, cell, this.#cellStart[cell]!);
    const counted = this.#cellStart[this.cells.length]!;
    this.groups.finish(batch, order, counted);
    for (let position = 0; position < counted; position++) {
      const request = order[position]!;
      const site = batch.site[request]!;
      const arrivalMs = batch.arrivalMs[request]!;
      this.traffic.count(batch.stream[request]!, site);
      if (batch.group[request]! < 0) {
        this.answeredTokens[site] = this.answeredTokens[site]! + batch.outputTokens[request]!;
      }
      const isSloMet = this.#isSloMet[request]!;
      this.callers?.finish(
        batch.caller[request]!,
        batch.ttftMs[request]!,
        isSloMet,
        batch.inputTokens[request]!,
        batch.outputTokens[request]!,
      );
      const slot = this.#windowSlot(batch.workload[request]!, arrivalMs);
      this.windows.completed[slot] = this.windows.completed[slot]! + 1;
      this.windows.withinSlo[slot] = this.windows.withinSlo[slot]! + isSloMet;
      if (this.siteWindowCompleted.length > 0) {
        const siteSlot = this.#siteSlot(site, arrivalMs);
        this.siteWindowCompleted[siteSlot] = this.siteWindowCompleted[siteSlot]! + 1;
        this.siteWindowWithinSlo[siteSlot] = this.siteWindowWithinSlo[siteSlot]! + isSloMet;
      }
      if (this.hours > 0) {
        const hour = this.#hourSlot(batch.row[request]!, arrivalMs);
        this.hourWithinSlo[hour] = this.hourWithinSlo[hour]! + isSloMet;
      }
    }
  }

  /** Positions of a batch's requests cell by cell, in each in the order in which they finished; none sent too early to count. */
  #orderByCell({ size, workload, tier, arrivalMs }: FinishedBatch): Int32Array {
    const starts = this.#cellStart.fill(0);
    for (let request = 0; request < size; request++) {
      if (arrivalMs[request]! < this.#fromMs) continue;
      const next = workload[request]! * tiers.length + tier[request]! + 1;
      starts[next] = starts[next]! + 1;
    }
    for (let cell = 1; cell < starts.length; cell++) starts[cell] = starts[cell]! + starts[cell - 1]!;
    const places = this.#cellPlace;
    places.set(starts);
    for (let request = 0; request < size; request++) {
      if (arrivalMs[request]! < this.#fromMs) continue;
      const cell = workload[request]! * tiers.length + tier[request]!;
      this.#order[places[cell]!] = request;
      places[cell] = places[cell]! + 1;
    }
    return this.#order;
  }

  #finishCell(batch: FinishedBatch, position: number, from: number): void {
    const to = this.#cellStart[position + 1]!;
    if (from === to) return;
    const cell = this.cells[position]!;
    const { ttft, tpotBudgetMs, responseBytes } = this.#world.workloads[Math.floor(position / tiers.length)]!;
    const order = this.#order;
    cell.completed += to - from;
    cell.ttftMs.addAll(batch.ttftMs, order, from, to);
    cell.e2eMs.addAll(batch.e2eMs, order, from, to);
    cell.queueMs.addAll(batch.queueMs, order, from, to);
    let paced = 0;
    for (let at = from; at < to; at++) {
      const request = order[at]!;
      const tpotMs = batch.tpotMs[request]!;
      const hasTpot = tpotMs === tpotMs;
      if (hasTpot) this.#paced[paced++] = request;
      const isTtftMet = batch.ttftMs[request]! <= ttft.budgetMs;
      const isSloMet = isTtftMet && (!hasTpot || tpotBudgetMs === null || tpotMs <= tpotBudgetMs);
      this.#isSloMet[request] = isSloMet ? 1 : 0;
      if (isTtftMet) cell.withinTtft++;
      if (isSloMet) cell.withinSlo++;
      if (batch.group[request]! < 0) cell.answeredFromCache++;
      cell.inputTokens += batch.inputTokens[request]!;
      cell.cachedTokens += batch.cachedTokens[request]!;
      cell.outputTokens += batch.outputTokens[request]!;
      cell.egressBytes += responseBytes;
      cell.preemptions += batch.preemptions[request]!;
    }
    cell.tpotMs.addAll(batch.tpotMs, this.#paced, 0, paced);
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
