import type { World } from "../../catalog/index.ts";
import { fullGroup, hasRoom, missRatioAt, type LoadView, type RouteOrigin, type Routes } from "../../route/index.ts";
import type { Callers } from "../arrival/callers.ts";
import type { EventQueue } from "../chance/event-queue.ts";
import type { PrefixChain } from "../chance/prefix-chain.ts";
import type { Autoscaler } from "../engine/autoscaler.ts";
import type { Fleet } from "../engine/fleet.ts";
import * as requestRecords from "../engine/request-records.ts";
import type { RequestTable } from "../engine/request-table.ts";
import { eventKinds, type FaultDriver } from "../fault/fault-driver.ts";
import type { Isolation } from "../fault/isolation.ts";
import type { SiteLinks } from "../fault/site-links.ts";
import type { Measures, RejectionReason } from "../measure/measures.ts";
import type { ResidencyAudit } from "../measure/residency-audit.ts";
import type { EngineSearch } from "../mesh/engine-search.ts";
import * as gatewayLine from "../mesh/gateway-line.ts";
import { ineligibleReason, sampleRtt, stickyKey } from "../mesh/lane-reading.ts";
import * as packedPlaces from "../mesh/packed-places.ts";
import type { QueuesNow } from "../mesh/queues-now.ts";
import type { RequestHints } from "../mesh/routing-rule.ts";
import type { RowLanes } from "../mesh/row-lanes.ts";
import type { SimulationOptions } from "./simulation-options.ts";

// Of this module, so that they are constants to the compiler: what is imported is fetched and checked at every use.
const { goes, goesOrWaits, goesOrWaitsPatiently, sending } = gatewayLine;
const { groupFloat, groupSize, rowInt, rowInts } = packedPlaces;
const { requestFloat, requestInt, requestInts, requestSize } = requestRecords;

/** Requests are sent again after the faults of the same instant. */
export const retryPriority = 1;

/** What requests go through on their way to an engine. */
export interface SendingParts {
  readonly world: World;
  readonly routes: Routes;
  readonly options: SimulationOptions;
  readonly table: RequestTable;
  /** See `packRows` and `packGroups`. */
  readonly rows: Int32Array;
  readonly groups: Float64Array;
  readonly lanes: RowLanes;
  readonly search: EngineSearch;
  readonly queuesNow: QueuesNow;
  readonly fleet: Fleet;
  readonly queue: EventQueue;
  readonly faults: FaultDriver;
  readonly isolation: Isolation;
  readonly links: SiteLinks;
  readonly scaler: Autoscaler | null;
  readonly audit: ResidencyAudit;
  readonly measures: Measures;
  /** Null where no workload names its callers. */
  readonly callers: Callers | null;
  /** What prompts share with others, by slot; null or absent where nobody follows them. */
  readonly prefixOf: readonly (PrefixChain | null | undefined)[];
}

/** How requests get to engines: found by the policy, handed over, sent again after a failure, or refused with a reason. */
export class RequestSending {
  readonly #world: World;
  readonly #routes: Routes;
  readonly #options: SimulationOptions;
  readonly #table: RequestTable;
  readonly #rows: Int32Array;
  readonly #groups: Float64Array;
  readonly #lanes: RowLanes;
  readonly #search: EngineSearch;
  readonly #queuesNow: QueuesNow;
  readonly #fleet: Fleet;
  readonly #queue: EventQueue;
  readonly #faults: FaultDriver;
  readonly #isolation: Isolation;
  readonly #links: SiteLinks;
  readonly #scaler: Autoscaler | null;
  readonly #audit: ResidencyAudit;
  readonly #measures: Measures;
  readonly #callers: Callers | null;
  readonly #prefixOf: SendingParts["prefixOf"];
  readonly #meanComputedTokens: Float64Array;
  readonly #hints: RequestHintsToFill = { tokens: 0, prefixKey: Number.NaN, holder: null };
  /** The engine that served each conversation last. */
  readonly #holders = new Map<number, number>();
  /** Whether the autoscaler has heard of each request in flight, by slot. */
  readonly #isCounted: boolean[] = [];

  constructor(parts: SendingParts) {
    this.#world = parts.world;
    this.#routes = parts.routes;
    this.#options = parts.options;
    this.#table = parts.table;
    this.#rows = parts.rows;
    this.#groups = parts.groups;
    this.#lanes = parts.lanes;
    this.#search = parts.search;
    this.#queuesNow = parts.queuesNow;
    this.#fleet = parts.fleet;
    this.#queue = parts.queue;
    this.#faults = parts.faults;
    this.#isolation = parts.isolation;
    this.#links = parts.links;
    this.#scaler = parts.scaler;
    this.#audit = parts.audit;
    this.#measures = parts.measures;
    this.#callers = parts.callers;
    this.#prefixOf = parts.prefixOf;
    this.#meanComputedTokens = Float64Array.from(
      parts.world.workloads,
      (workload) => workload.inputTokens.mean * (1 - workload.prefixHitRatio),
    );
  }

  /** A request comes that nobody has heard of. */
  begin(request: number): void {
    if (this.#scaler !== null) this.#isCounted[request] = false;
  }

  /**
   * Finds an engine for a request and hands it over, at its first attempt or a later one, or refuses it for good, or neither
   * when it is one that may wait for room and had better do so: see `goesOrWaits` and `sending`.
   */
  send(request: number, nowMs: number, may: number): number {
    const table = this.#table;
    const row = table.int[request * requestInts + requestInt.row]!;
    const workload = this.#rows[row * rowInts + rowInt.workload]!;
    const computed =
      table.int[request * requestInts + requestInt.inputTokens]! -
      table.int[request * requestInts + requestInt.cachedTokens]!;
    this.#hints.tokens = Math.max(0, computed - this.#meanComputedTokens[workload]!);
    const prefix = this.#prefixOf[request];
    this.#hints.prefixKey = prefix == null ? Number.NaN : stickyKey(prefix);
    this.#hints.holder = prefix == null ? null : this.#holderOf(prefix);
    const area = table.int[request * requestInts + requestInt.area]!;
    const isolation = this.#isolation;
    const view = isolation.isActive ? isolation.viewFor(area) : this.#fleet;
    let replica = this.#search.find(row, view, nowMs, this.#hints);
    if (replica < 0) {
      const whole = this.#lanes.wholeLane(row);
      const full = this.#fullFor(this.#world.demand[row]!, view, nowMs);
      const isFull = full >= 0;
      if (isFull) this.#countAsked(request, full, may);
      // Without an engine only those that are full may take it later; everything else is an answer already.
      if (isFull && may !== goes) return sending.waits;
      this.reject(request, isFull ? "overloaded" : whole.group.length > 0 ? "unhealthy" : ineligibleReason(whole));
      return sending.refused;
    }
    this.#countAsked(request, this.#fleet.groupOf(replica), may);
    table.float[request * requestSize + requestFloat.queueMs] = 0;
    if (may !== goes && !this.#hasRoom(request, view, replica, nowMs, may)) {
      // By what was reported it had better wait; by the queues there are, there may be room elsewhere.
      replica = this.#search.find(row, this.#queuesNow.seenBy(view), nowMs, this.#hints);
      if (replica < 0 || !this.#hasRoom(request, view, replica, nowMs, may)) return sending.waits;
    }
    const lane = this.#search.lane;
    const groupIndex = this.#fleet.groupOf(replica);
    const group = groupIndex * groupSize;
    const site = this.#groups[group + groupFloat.site]!;
    if (!this.#audit.allows(this.#rows[row * rowInts + rowInt.auditOrigin]!, site))
      this.#measures.residencyViolations++;
    table.int[request * requestInts + requestInt.replica] = replica;
    table.int[request * requestInts + requestInt.group] = groupIndex;
    table.int[request * requestInts + requestInt.attempts] =
      table.int[request * requestInts + requestInt.attempts]! + 1;
    const links = this.#links;
    const rttMs =
      sampleRtt(lane, groupIndex, table.float[request * requestSize + requestFloat.networkDraw]!) *
      links.factorOf(site);
    table.float[request * requestSize + requestFloat.rttMs] = rttMs;
    if (isolation.isActive && !isolation.isReachable(area, site)) {
      isolation.noticeByRequest(area, site);
      return this.#sendAgain(request, nowMs + this.#options.connectTimeoutMs);
    }
    if (!this.#fleet.isUp(replica)) {
      this.#faults.noticeByRequest(replica);
      return this.#sendAgain(request, nowMs + this.#options.connectTimeoutMs);
    }
    if (
      table.int[request * requestInts + requestInt.inputTokens]! +
        table.int[request * requestInts + requestInt.outputTokens]! >
      this.#groups[group + groupFloat.maxRequestTokens]!
    ) {
      this.reject(request, "too-long");
      return sending.refused;
    }
    const { requestBytes, responseBytes } = this.#world.workloads[workload]!;
    const uploadMs = links.receiveMs(site, requestBytes, nowMs);
    table.float[request * requestSize + requestFloat.portWaitMs] = links.sendMs(site, responseBytes, nowMs);
    table.float[request * requestSize + requestFloat.sentMs] = nowMs;
    table.float[request * requestSize + requestFloat.readyMs] =
      nowMs + rttMs / 2 + uploadMs + this.#groups[group + groupFloat.requestOverheadMs]!;
    if (prefix != null) {
      const held = this.#fleet.prefixes.hold(replica, prefix);
      table.int[request * requestInts + requestInt.cachedTokens] = Math.min(
        table.int[request * requestInts + requestInt.inputTokens]! - 1,
        held,
      );
      this.#holders.set(this.#hints.prefixKey, replica);
    }
    this.#fleet.enqueue(replica, request, nowMs);
    this.#queuesNow.sentTo(groupIndex);
    return sending.sent;
  }

  /**
   * Whether beginning now at the engine found serves the request better than waiting. What engines report is a moment old;
   * the gateway knows besides what it has sent them since and which first tokens came, and so how long the queue is.
   */
  #hasRoom(request: number, view: LoadView, replica: number, nowMs: number, may: number): boolean {
    const { float } = this.#table;
    const at = request * requestSize;
    const isKnown = !Number.isNaN(view.health(replica, nowMs)) && !Number.isNaN(view.drainMs(replica, nowMs));
    const queueMs = isKnown ? this.#fleet.queueMs(replica, nowMs) : Number.NaN;
    float[at + requestFloat.queueMs] = isKnown ? queueMs : 0;
    // The odds of being late cost most to find, and mostly nobody has to know them.
    if (hasRoom(queueMs, true, 1)) return true;
    const waitedMs = nowMs - float[at + requestFloat.arrivalMs]!;
    const missRatio = missRatioAt(this.#routes, this.#search.lane, replica, queueMs + waitedMs, this.#hints.tokens);
    return hasRoom(queueMs, may === goesOrWaitsPatiently, missRatio);
  }

  /** A group that may serve such a request and takes no more for now, but will when one of its own is over; -1 = none. */
  #fullFor(origin: RouteOrigin, view: LoadView, nowMs: number): number {
    return fullGroup(this.#routes, origin, view, nowMs, (group) => this.#fleet.takesLater(group, view, nowMs));
  }

  /** Tells the autoscaler of a request, whether or not there is room: the first time it asks, and when it is sent anew. */
  #countAsked(request: number, group: number, may: number): void {
    if (this.#scaler === null || (may !== goes && this.#isCounted[request])) return;
    this.#isCounted[request] = true;
    this.#scaler.countAsked(group);
  }

  /** Some are turned away before they could ask an engine, as others wait for the same: they would have gone there. */
  turnAway(request: number): void {
    if (this.#scaler !== null) {
      const { group } = this.#lanes.lane(this.#table.int[request * requestInts + requestInt.row]!);
      if (group.length > 0) this.#countAsked(request, group[0]!, goesOrWaits);
    }
    this.reject(request, "overloaded");
  }

  /** Who served the conversation last, and how much of the prompt is still there. */
  #holderOf(prefix: PrefixChain): { replica: number; cachedTokens: number } | null {
    const replica = this.#holders.get(this.#hints.prefixKey);
    return replica === undefined ? null : { replica, cachedTokens: this.#fleet.prefixes.heldTokens(replica, prefix) };
  }

  /** The engine of a request died. Before the first token another site can serve it; a broken stream cannot be mended. */
  lose(request: number, nowMs: number): void {
    const table = this.#table;
    const firstTokenMs = table.float[request * requestSize + requestFloat.firstTokenMs]!;
    this.#fleet.letGo(table.int[request * requestInts + requestInt.replica]!);
    if (firstTokenMs === firstTokenMs) {
      this.reject(request, "interrupted");
      return;
    }
    this.#faults.noticeByRequest(table.int[request * requestInts + requestInt.replica]!);
    table.float[request * requestSize + requestFloat.scheduledMs] = Number.NaN;
    table.int[request * requestInts + requestInt.generatedTokens] = 0;
    // The broken connection is seen half a round trip later.
    this.#sendAgain(request, nowMs + table.float[request * requestSize + requestFloat.rttMs]! / 2);
  }

  #sendAgain(request: number, atMs: number): number {
    if (this.#table.int[request * requestInts + requestInt.attempts]! >= this.#options.maxAttempts) {
      this.reject(request, "attempts-exhausted");
      return sending.refused;
    }
    this.#measures.retry(this.#table.floatOf(request, "arrivalMs"));
    this.#queue.push(atMs, retryPriority, eventKinds.retry, request);
    return sending.sent;
  }

  reject(request: number, reason: RejectionReason): void {
    const table = this.#table;
    const workload = table.int[request * requestInts + requestInt.stream]! % this.#world.workloads.length;
    const arrivalMs = table.float[request * requestSize + requestFloat.arrivalMs]!;
    this.#measures.reject(workload, reason, arrivalMs, this.#callers?.kindOf(request));
    table.release(request);
  }
}

type RequestHintsToFill = { -readonly [key in keyof RequestHints]: RequestHints[key] };
