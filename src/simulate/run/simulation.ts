import type { World } from "../../catalog/index.ts";
import {
  compilePolicy,
  compileRoutes,
  hasRoom,
  missRatioAt,
  fullGroup,
  type LoadView,
  type RouteOrigin,
  type Routes,
} from "../../route/index.ts";
import { ineligibleReason, nearestOf, sampleRtt, stickyKey } from "../mesh/lane-reading.ts";
import { isCurve, makeArrivals } from "./make-arrivals.ts";
import { Autoscaler, scalingEvents, type ScalingUsage } from "../engine/autoscaler.ts";
import { readAnswered, stagesOf, ttftMsOf, wayBackMs } from "../measure/completed-request.ts";
import { ChromeTraceRecorder, type ChromeTrace } from "../measure/chrome-trace.ts";
import { demandRate, type DemandRate } from "../chance/demand-rate.ts";
import { EventQueue } from "../chance/event-queue.ts";
import { EngineSearch } from "../mesh/engine-search.ts";
import { eventKinds, FaultDriver } from "../fault/fault-driver.ts";
import { FinishedBatch } from "../measure/finished-batch.ts";
import { Fleet } from "../engine/fleet.ts";
import { anybody, Callers } from "../arrival/callers.ts";
import * as gatewayLine from "../mesh/gateway-line.ts";
import type { WaitingLine } from "../mesh/gateway-line.ts";
import { Gateways } from "../mesh/gateways.ts";
import { LookAhead } from "../mesh/look-ahead.ts";
import { Measures, type RejectionReason } from "../measure/measures.ts";
import { Isolation } from "../fault/isolation.ts";
import * as packedPlaces from "../mesh/packed-places.ts";
import { packGroups, packRows } from "../mesh/packed-places.ts";
import type { EngineActivity } from "../measure/pool-usage.ts";
import type { PrefixChain } from "../chance/prefix-chain.ts";
import { QueuesNow } from "../mesh/queues-now.ts";
import { RandomStream } from "../chance/random.ts";
import { drawFaults } from "../fault/random-faults.ts";
import * as requestRecords from "../engine/request-records.ts";
import { readFinished } from "./read-finished.ts";
import { RequestTable } from "../engine/request-table.ts";
import { ResidencyAudit } from "../measure/residency-audit.ts";
import type { RequestHints } from "../mesh/routing-rule.ts";
import { RequestsAhead } from "../mesh/requests-ahead.ts";
import { RowLanes } from "../mesh/row-lanes.ts";
import { ResponseCaches } from "../mesh/response-caches.ts";
import { SiteLinks } from "../fault/site-links.ts";
import { completeOptions, type SimulationInput, type SimulationOptions } from "./simulation-options.ts";
import { describeResult } from "./describe-result.ts";
import type { SimulationResult } from "./simulation-result.ts";

// Of this module, so that they are constants to the compiler: what is imported is fetched and checked at every use.
const { goes, goesOrWaits, goesOrWaitsPatiently, sending } = gatewayLine;
const { groupFloat, groupSize, rowInt, rowInts } = packedPlaces;
const { requestFloat, requestInt, requestInts, requestSize } = requestRecords;

/** Requests are sent again after the faults of the same instant. */
const retryPriority = 1;

/**
 * A simulation that can be run in slices: `advance` as far as wanted, look at `result`, go on. Slices change nothing in
 * the outcome. Nothing in it reads a clock or the world outside.
 */
export class Simulation {
  readonly options: SimulationOptions;
  readonly durationMs: number;

  readonly #world: World;
  readonly #routes: Routes;
  readonly #traced: ReadonlySet<number>;
  readonly #recorded: ReadonlySet<number>;
  readonly #rate: DemandRate;
  readonly #measures: Measures;
  readonly #table = new RequestTable();
  readonly #queue = new EventQueue();
  readonly #fleet: Fleet;
  readonly #faults: FaultDriver;
  readonly #isolation: Isolation;
  readonly #links: SiteLinks;
  readonly #scaler: Autoscaler | null;
  readonly #gateways: Gateways | null;
  /** Null where no workload names its callers. */
  readonly #callers: Callers | null;
  readonly #answers: ResponseCaches | null;
  /** What each request in flight asks, by slot; -1 where answers are not kept. */
  readonly #questionOf: number[] = [];
  /** Whether the autoscaler has heard of each request in flight, by slot. */
  readonly #isCounted: boolean[] = [];
  readonly #ahead: RequestsAhead;
  readonly #search: EngineSearch;
  readonly #audit: ResidencyAudit;
  readonly #queuesNow: QueuesNow;
  readonly #lanes: RowLanes;
  readonly #rows: Int32Array;
  readonly #groups: Float64Array;
  readonly #meanComputedTokens: Float64Array;
  readonly #hints: RequestHintsToFill = { tokens: 0, prefixKey: Number.NaN, holder: null };
  /** The engine that served each conversation last. */
  readonly #holders = new Map<number, number>();
  readonly #finished: FinishedBatch;
  readonly #recorder: ChromeTraceRecorder | null;
  /** When the last request came, ms. */
  #handledMs = 0;
  #nowMs = 0;
  #isDone = false;
  #activity: EngineActivity | null = null;
  /** What each group had done when the warm-up ended. */
  #warmUpActivity: EngineActivity | null = null;
  #warmUpScaling: readonly (ScalingUsage | null)[] = [];

  /** @throws RangeError when an option makes no sense or the deployment does not belong to the world. */
  constructor(input: SimulationInput) {
    const { world, deployment } = input;
    const options = completeOptions(input.options);
    this.options = options;
    this.durationMs = options.durationS * 1000;
    this.#world = world;
    this.#traced = new Set(input.traces?.map((trace) => trace.workload));
    this.#recorded = new Set(input.traces?.flatMap(({ source, workload }) => (isCurve(source) ? [] : [workload])));
    this.#routes = compileRoutes(compilePolicy(world, deployment.period), deployment);
    this.#rate = demandRate(world, deployment.period, { ...options, level: options.demand });
    this.#measures = new Measures(world, this.#routes.groups.length, {
      durationMs: this.durationMs,
      windowMs: options.windowS * 1000,
      fromMs: options.warmUpS * 1000,
      byAreaHour: options.byAreaHour,
      bySiteWindow: options.bySiteWindow,
      relativeError: options.quantileError,
    });
    this.#finished = new FinishedBatch(this.#measures, (request, timeMs, at) =>
      this.#readFinished(request, timeMs, at),
    );
    const timing = { intervalMs: options.snapshotIntervalMs, maxAgeMs: options.snapshotMaxAgeMs };
    this.#fleet = new Fleet(this.#routes, this.#table, this, timing, options.waitingLine !== null);
    this.#queuesNow = new QueuesNow(this.#routes, this.#fleet);
    this.#gateways = options.waitingLine && this.#openGateways(options.waitingLine);
    this.#callers = world.workloads.some(({ callers }) => callers) ? new Callers(world, options.seed) : null;
    const drawn = [options.randomFaults ?? []]
      .flat()
      .flatMap((random) => drawFaults(world, deployment, random, options.durationS, options.seed));
    this.#isolation = new Isolation(this.#routes, this.#fleet, {
      noticeMs: options.failureNoticeMs,
      maxAgeMs: options.snapshotMaxAgeMs,
    });
    this.#links = new SiteLinks(world);
    const subjects = { fleet: this.#fleet, isolation: this.#isolation, links: this.#links };
    this.#faults = new FaultDriver(world, this.#routes, subjects, this.#queue, {
      faults: [...options.faults, ...drawn],
      durationMs: this.durationMs,
      noticeMs: options.failureNoticeMs,
    });
    this.#scaler = options.autoscaling
      ? new Autoscaler(this.#routes, this.#fleet, this.#queue, options.autoscaling, this.durationMs)
      : null;
    this.#answers = options.responseCaching && new ResponseCaches(world, options.responseCaching, options.seed);
    this.#audit = new ResidencyAudit(world);
    this.#recorder = options.traceWindow && new ChromeTraceRecorder(world, this.#routes, options.traceWindow);
    this.#rows = packRows(world, this.#measures.traffic, this.#audit);
    this.#lanes = new RowLanes(world, this.#routes, this.#rows);
    const lots = new RandomStream(options.seed, "route");
    this.#search = new EngineSearch(options.rule, world, this.#routes, this.#lanes, lots);
    this.#groups = packGroups(world, this.#routes, this.#fleet);
    const lookAhead = new LookAhead(this.#routes, this.#lanes, this.#groups, this.#links, this.#fleet);
    this.#ahead = new RequestsAhead({
      stream: makeArrivals(input, options, this.#rate),
      table: this.#table,
      rows: this.#rows,
      network: new RandomStream(options.seed, "network"),
      callers: this.#callers,
      measures: this.#measures,
      drawnAhead: (rows, count) => lookAhead.read(rows, count, this.#handledMs),
    });
    this.#meanComputedTokens = Float64Array.from(
      world.workloads,
      (workload) => workload.inputTokens.mean * (1 - workload.prefixHitRatio),
    );
  }

  /** Time simulated so far, ms. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Whether the whole span has been simulated and every request has come to its end. */
  get isDone(): boolean {
    return this.#isDone;
  }

  get requestsSent(): number {
    return this.#ahead.sent;
  }

  /** Requests per second that all areas together ask for at most; what traces send is not among them. */
  get largestPerS(): number {
    return this.#rate.maxPerS.reduce((sum, perS) => sum + perS, 0);
  }

  /** Simulates up to `untilMs`. At the end of the span what is still in flight is run to its end. */
  advance(untilMs: number): void {
    if (this.#isDone) return;
    const limitMs = Math.min(untilMs, this.durationMs);
    const warmUpMs = this.options.warmUpS * 1000;
    if (this.#warmUpActivity === null && warmUpMs > 0 && limitMs >= warmUpMs) {
      this.#runTo(warmUpMs);
      this.#fleet.advanceAll(warmUpMs);
      this.#warmUpActivity = this.#activityUntil(warmUpMs);
      this.#warmUpScaling = this.#routes.groups.map((_, group) => this.#scaler?.usageOf(group, warmUpMs) ?? null);
    }
    this.#runTo(limitMs);
    this.#nowMs = Math.max(this.#nowMs, limitMs);
    if (limitMs < this.durationMs) return;
    this.#fleet.advanceAll(this.durationMs);
    this.#activity = this.#activityUntil(this.durationMs);
    while (this.#queue.size > 0) this.#runTo(this.#queue.nextMs);
    this.#fleet.advanceAll(Number.MAX_VALUE);
    this.#isDone = true;
  }

  /** What has been measured so far. */
  result(): SimulationResult {
    this.#ahead.count();
    this.#finished.flush();
    return describeResult({
      world: this.#world,
      routes: this.#routes,
      rate: this.#rate,
      options: this.options,
      measures: this.#measures,
      untilMs: this.#nowMs,
      fromMs: this.options.warmUpS * 1000,
      traced: this.#traced,
      recorded: this.#recorded,
      activity: this.#activity ?? this.#activityUntil(this.#nowMs),
      scalingOfGroup: (group) => this.#scalingOf(group),
    });
  }

  /** The stages of the requests in `options.traceWindow` that have completed; null when no window was asked for. */
  chromeTrace(): ChromeTrace | null {
    return this.#recorder?.trace() ?? null;
  }

  /** Part of the engines' contract: a request has its last token. */
  finished(request: number, timeMs: number): void {
    const table = this.#table;
    const row = table.int[request * requestInts + requestInt.row]!;
    const stream = table.int[request * requestInts + requestInt.stream]!;
    const workload = stream % this.#world.workloads.length;
    const replica = table.int[request * requestInts + requestInt.replica]!;
    const group = table.int[request * requestInts + requestInt.group]!;
    const site = this.#groups[group * groupSize + groupFloat.site]!;
    this.#fleet.letGo(replica);
    const isolation = this.#isolation;
    const sentMs = table.float[request * requestSize + requestFloat.sentMs]!;
    if (isolation.hasCut) {
      const area = table.int[request * requestInts + requestInt.area]!;
      if (isolation.broke(area, site, sentMs, timeMs + wayBackMs(table, request))) {
        this.#reject(request, "interrupted");
        return;
      }
    }
    if (this.#gateways !== null) {
      const gateway = this.#gateways.of(table.int[request * requestInts + requestInt.area]!);
      const queueMs = table.float[request * requestSize + requestFloat.queueMs]!;
      gateway.observe(
        workload,
        ttftMsOf(table, request) + table.float[request * requestSize + requestFloat.arrivalMs]! - sentMs,
        queueMs,
      );
      const caller = this.#callers?.callerOf(request);
      if (caller) {
        gateway.settle(
          caller,
          workload,
          table.int[request * requestInts + requestInt.inputTokens]!,
          table.int[request * requestInts + requestInt.outputTokens]!,
        );
      }
    }
    if (this.#answers !== null) this.#keepAnswer(request, row, this.#answers);
    const prefix = this.#ahead.prefixOf[request];
    if (prefix?.answerJoins) this.#fleet.prefixes.joinAnswer(replica, prefix, table.intOf(request, "outputTokens"));
    if (this.#recorder?.wants(table.floatOf(request, "arrivalMs")))
      this.#recorder.record(stagesOf(table, request, workload, timeMs));
    this.#finished.add(request, timeMs);
  }

  /** Takes what is measured of a finished request out of the table, which is done with it then. */
  #readFinished(request: number, timeMs: number, at: number): void {
    const out = this.#finished;
    readFinished(this.#table, this.#groups, this.#world.workloads.length, request, timeMs, out, at);
    if (this.#callers !== null) out.caller[at] = this.#callers.kindOf(request);
    this.#table.release(request);
  }

  #runTo(limitMs: number): void {
    const queue = this.#queue;
    const ahead = this.#ahead;
    for (;;) {
      const arrivalMs = ahead.nextMs;
      const eventMs = queue.nextMs;
      if (eventMs <= arrivalMs) {
        if (eventMs > limitMs || queue.size === 0) return;
        const kind = queue.nextKind;
        const subject = queue.nextSubject;
        queue.pop();
        this.#handle(kind, subject, eventMs);
      } else {
        if (arrivalMs > limitMs) return;
        this.#arrive(ahead.request, arrivalMs);
        ahead.step();
      }
    }
  }

  #handle(kind: number, subject: number, nowMs: number): void {
    if (kind === eventKinds.retry) this.#send(subject, nowMs, goes);
    else if (kind === eventKinds.lookAtLine) this.#gateways!.look(subject, nowMs);
    else if (kind === eventKinds.faultBegins) this.#beginFault(subject, nowMs);
    else if (kind === eventKinds.faultEnds) this.#faults.end(subject, nowMs);
    else if (kind >= scalingEvents.look) this.#scaler?.handle(kind, subject, nowMs);
    else this.#faults.notice(subject);
  }

  #beginFault(position: number, nowMs: number): void {
    this.#faults.begin(position, nowMs, (request) => this.#lose(request, nowMs));
    for (const site of this.#faults.sitesCrashedBy(position)) this.#answers?.clear(site);
  }

  /** The next request is sent. */
  #arrive(request: number, nowMs: number): void {
    this.#handledMs = nowMs;
    const table = this.#table;
    if (this.#scaler !== null) this.#isCounted[request] = false;
    if (this.#answers !== null && this.#answerFromCache(request, this.#answers, nowMs)) return;
    if (this.#gateways === null) {
      this.#send(request, nowMs, goes);
      return;
    }
    const row = table.int[request * requestInts + requestInt.row]!;
    const workload = this.#rows[row * rowInts + rowInt.workload]!;
    const inputTokens = table.int[request * requestInts + requestInt.inputTokens]!;
    const area = table.int[request * requestInts + requestInt.area]!;
    const caller = this.#callers === null ? anybody : this.#callers.callerOf(request);
    this.#gateways.of(area).submit(request, workload, area, inputTokens, caller, nowMs);
  }

  #openGateways(limits: WaitingLine): Gateways {
    const measures = this.#measures;
    return new Gateways({
      world: this.#world,
      limits,
      depth: (queued, nowMs) => measures.waiting(queued, nowMs),
      waited: (arrivalMs, ms) => measures.waitInLine(arrivalMs, ms),
      lookAfter: (gateway, nowMs, delayMs) =>
        this.#queue.push(nowMs + delayMs, retryPriority, eventKinds.lookAtLine, gateway),
      begin: (request, nowMs, isPatient) => this.#send(request, nowMs, isPatient ? goesOrWaitsPatiently : goesOrWaits),
      turnAway: (request) => this.#turnAway(request),
    });
  }

  /** Whether the nearest site that may serve the request has its answer; then it is answered and done. */
  #answerFromCache(request: number, answers: ResponseCaches, nowMs: number): boolean {
    const table = this.#table;
    const row = table.int[request * requestInts + requestInt.row]!;
    const workload = this.#rows[row * rowInts + rowInt.workload]!;
    const question = answers.questionOf(table.float[request * requestSize + requestFloat.serial]!, workload);
    this.#questionOf[request] = question;
    if (question < 0) return false;
    const lane = this.#lanes.lane(row);
    const position = nearestOf(lane);
    if (position < 0) return false;
    const groupIndex = lane.group[position]!;
    const { site } = this.#routes.groups[groupIndex]!;
    if (!this.#isThere(groupIndex, row) || !answers.has(site, question)) return false;
    if (!this.#audit.allows(this.#rows[row * rowInts + rowInt.auditOrigin]!, site))
      this.#measures.residencyViolations++;
    const { requestBytes, responseBytes } = this.#world.workloads[workload]!;
    const rttMs =
      sampleRtt(lane, groupIndex, table.float[request * requestSize + requestFloat.networkDraw]!) *
      this.#links.factorOf(site);
    const portMs = this.#links.receiveMs(site, requestBytes, nowMs) + this.#links.sendMs(site, responseBytes, nowMs);
    const out = this.#finished;
    const at = out.size;
    out.row[at] = row;
    out.workload[at] = workload;
    out.stream[at] = table.int[request * requestInts + requestInt.stream]!;
    out.tier[at] = this.#groups[groupIndex * groupSize + groupFloat.tier]!;
    out.site[at] = site;
    out.group[at] = -1;
    readAnswered(table, request, rttMs + answers.hitMs + portMs, out);
    if (this.#callers !== null) out.caller[at] = this.#callers.kindOf(request);
    out.addRead();
    table.release(request);
    return true;
  }

  /** The answer is kept where the user would look for it first, if that site may have it and is there to take it. */
  #keepAnswer(request: number, row: number, answers: ResponseCaches): void {
    const question = this.#questionOf[request]!;
    const lane = this.#lanes.lane(row);
    const position = question < 0 ? -1 : nearestOf(lane);
    if (position < 0) return;
    const groupIndex = lane.group[position]!;
    if (this.#isThere(groupIndex, row)) answers.keep(this.#routes.groups[groupIndex]!.site, question);
  }

  /** Whether the site of a group is up and within reach of a row's users. */
  #isThere(groupIndex: number, row: number): boolean {
    const { site, firstReplica } = this.#routes.groups[groupIndex]!;
    const isolation = this.#isolation;
    const isReachable = !isolation.isActive || isolation.isReachable(this.#rows[row * rowInts + rowInt.area]!, site);
    return isReachable && this.#fleet.isUp(firstReplica);
  }

  /**
   * Finds an engine for a request and hands it over, at its first attempt or a later one, or refuses it for good, or neither
   * when it is one that may wait for room and had better do so: see `goesOrWaits` and `sending`.
   */
  #send(request: number, nowMs: number, may: number): number {
    const table = this.#table;
    const row = table.int[request * requestInts + requestInt.row]!;
    const workload = this.#rows[row * rowInts + rowInt.workload]!;
    const computed =
      table.int[request * requestInts + requestInt.inputTokens]! -
      table.int[request * requestInts + requestInt.cachedTokens]!;
    this.#hints.tokens = Math.max(0, computed - this.#meanComputedTokens[workload]!);
    const prefix = this.#ahead.prefixOf[request];
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
      this.#reject(request, isFull ? "overloaded" : whole.group.length > 0 ? "unhealthy" : ineligibleReason(whole));
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
      return this.#sendAgain(request, nowMs + this.options.connectTimeoutMs);
    }
    if (!this.#fleet.isUp(replica)) {
      this.#faults.noticeByRequest(replica);
      return this.#sendAgain(request, nowMs + this.options.connectTimeoutMs);
    }
    if (
      table.int[request * requestInts + requestInt.inputTokens]! +
        table.int[request * requestInts + requestInt.outputTokens]! >
      this.#groups[group + groupFloat.maxRequestTokens]!
    ) {
      this.#reject(request, "too-long");
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
  #turnAway(request: number): void {
    if (this.#scaler !== null) {
      const { group } = this.#lanes.lane(this.#table.int[request * requestInts + requestInt.row]!);
      if (group.length > 0) this.#countAsked(request, group[0]!, goesOrWaits);
    }
    this.#reject(request, "overloaded");
  }

  /** Who served the conversation last, and how much of the prompt is still there. */
  #holderOf(prefix: PrefixChain): { replica: number; cachedTokens: number } | null {
    const replica = this.#holders.get(this.#hints.prefixKey);
    return replica === undefined ? null : { replica, cachedTokens: this.#fleet.prefixes.heldTokens(replica, prefix) };
  }

  /** The engine of a request died. Before the first token another site can serve it; a broken stream cannot be mended. */
  #lose(request: number, nowMs: number): void {
    const table = this.#table;
    const firstTokenMs = table.float[request * requestSize + requestFloat.firstTokenMs]!;
    this.#fleet.letGo(table.int[request * requestInts + requestInt.replica]!);
    if (firstTokenMs === firstTokenMs) {
      this.#reject(request, "interrupted");
      return;
    }
    this.#faults.noticeByRequest(table.int[request * requestInts + requestInt.replica]!);
    table.float[request * requestSize + requestFloat.scheduledMs] = Number.NaN;
    table.int[request * requestInts + requestInt.generatedTokens] = 0;
    // The broken connection is seen half a round trip later.
    this.#sendAgain(request, nowMs + table.float[request * requestSize + requestFloat.rttMs]! / 2);
  }

  #sendAgain(request: number, atMs: number): number {
    if (this.#table.int[request * requestInts + requestInt.attempts]! >= this.options.maxAttempts) {
      this.#reject(request, "attempts-exhausted");
      return sending.refused;
    }
    this.#measures.retry(this.#table.floatOf(request, "arrivalMs"));
    this.#queue.push(atMs, retryPriority, eventKinds.retry, request);
    return sending.sent;
  }

  #reject(request: number, reason: RejectionReason): void {
    const table = this.#table;
    const workload = table.int[request * requestInts + requestInt.stream]! % this.#world.workloads.length;
    const arrivalMs = table.float[request * requestSize + requestFloat.arrivalMs]!;
    this.#measures.reject(workload, reason, arrivalMs, this.#callers?.kindOf(request));
    table.release(request);
  }

  /** What the autoscaler did to a group since the warm-up. */
  #scalingOf(group: number): ScalingUsage | null {
    const usage = this.#scaler?.usageOf(group, this.#nowMs);
    const before = this.#warmUpScaling[group];
    if (!usage || !before) return usage ?? null;
    return { stoppedMs: usage.stoppedMs - before.stoppedMs, starts: usage.starts - before.starts };
  }

  /** What each group's engines have done since the warm-up; as far as they have been advanced. */
  #activityUntil(nowMs: number): EngineActivity {
    // Two sums made in the same order: what has done nothing since differs by nothing, not by what rounding leaves.
    const since = (of: (group: number) => number, before: Float64Array | undefined) =>
      Float64Array.from(this.#routes.groups, (_, group) => of(group) - (before?.[group] ?? 0));
    return {
      busyMs: since((group) => this.#fleet.busyMs(group, nowMs), this.#warmUpActivity?.busyMs),
      drawnMs: since((group) => this.#fleet.drawnMs(group, nowMs), this.#warmUpActivity?.drawnMs),
    };
  }
}

type RequestHintsToFill = { -readonly [key in keyof RequestHints]: RequestHints[key] };
