import type { World } from "../../catalog/index.ts";
import { compilePolicy, compileRoutes, type Routes } from "../../route/index.ts";
import { anybody, Callers } from "../arrival/callers.ts";
import { demandRate, type DemandRate } from "../chance/demand-rate.ts";
import { EventQueue } from "../chance/event-queue.ts";
import { RandomStream } from "../chance/random.ts";
import { Autoscaler, scalingEvents, type ScalingUsage } from "../engine/autoscaler.ts";
import { Fleet } from "../engine/fleet.ts";
import * as requestRecords from "../engine/request-records.ts";
import { RequestTable } from "../engine/request-table.ts";
import { eventKinds, FaultDriver } from "../fault/fault-driver.ts";
import { Isolation } from "../fault/isolation.ts";
import { drawFaults } from "../fault/random-faults.ts";
import { SiteLinks } from "../fault/site-links.ts";
import { ChromeTraceRecorder, type ChromeTrace } from "../measure/chrome-trace.ts";
import { stagesOf, ttftMsOf, wayBackMs } from "../measure/completed-request.ts";
import { FinishedBatch } from "../measure/finished-batch.ts";
import { Measures } from "../measure/measures.ts";
import type { EngineActivity } from "../measure/pool-usage.ts";
import { ResidencyAudit } from "../measure/residency-audit.ts";
import { EngineSearch } from "../mesh/engine-search.ts";
import * as gatewayLine from "../mesh/gateway-line.ts";
import type { WaitingLine } from "../mesh/gateway-line.ts";
import { Gateways } from "../mesh/gateways.ts";
import { LookAhead } from "../mesh/look-ahead.ts";
import * as packedPlaces from "../mesh/packed-places.ts";
import { packGroups, packRows } from "../mesh/packed-places.ts";
import { QueuesNow } from "../mesh/queues-now.ts";
import { RequestsAhead } from "../mesh/requests-ahead.ts";
import { ResponseCaches } from "../mesh/response-caches.ts";
import { RowLanes } from "../mesh/row-lanes.ts";
import { describeResult } from "./describe-result.ts";
import { KeptAnswers } from "./kept-answers.ts";
import { isCurve, makeArrivals } from "./make-arrivals.ts";
import { readFinished } from "./read-finished.ts";
import { RequestSending, retryPriority } from "./request-sending.ts";
import { completeOptions, type SimulationInput, type SimulationOptions } from "./simulation-options.ts";
import type { SimulationResult } from "./simulation-result.ts";

// Of this module, so that they are constants to the compiler: what is imported is fetched and checked at every use.
const { goes, goesOrWaits, goesOrWaitsPatiently } = gatewayLine;
const { groupFloat, groupSize, rowInt, rowInts } = packedPlaces;
const { requestFloat, requestInt, requestInts, requestSize } = requestRecords;

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
  readonly #answers: KeptAnswers | null;
  readonly #sending: RequestSending;
  readonly #ahead: RequestsAhead;
  readonly #rows: Int32Array;
  readonly #groups: Float64Array;
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
    const audit = new ResidencyAudit(world);
    this.#recorder = options.traceWindow && new ChromeTraceRecorder(world, this.#routes, options.traceWindow);
    this.#rows = packRows(world, this.#measures.traffic, audit);
    const lanes = new RowLanes(world, this.#routes, this.#rows);
    const lots = new RandomStream(options.seed, "route");
    const search = new EngineSearch(options.rule, world, this.#routes, lanes, lots);
    this.#groups = packGroups(world, this.#routes, this.#fleet);
    const lookAhead = new LookAhead(this.#routes, lanes, this.#groups, this.#links, this.#fleet);
    this.#ahead = new RequestsAhead({
      stream: makeArrivals(input, options, this.#rate),
      table: this.#table,
      rows: this.#rows,
      network: new RandomStream(options.seed, "network"),
      callers: this.#callers,
      measures: this.#measures,
      drawnAhead: (rows, count) => lookAhead.read(rows, count, this.#handledMs),
    });
    const parts = {
      world,
      routes: this.#routes,
      table: this.#table,
      rows: this.#rows,
      groups: this.#groups,
      lanes,
      fleet: this.#fleet,
      isolation: this.#isolation,
      links: this.#links,
      audit,
      measures: this.#measures,
      callers: this.#callers,
    };
    this.#sending = new RequestSending({
      ...parts,
      options,
      search,
      queuesNow: new QueuesNow(this.#routes, this.#fleet),
      queue: this.#queue,
      faults: this.#faults,
      scaler: this.#scaler,
      prefixOf: this.#ahead.prefixOf,
    });
    const caches = options.responseCaching && new ResponseCaches(world, options.responseCaching, options.seed);
    this.#answers = caches && new KeptAnswers({ ...parts, caches, finished: this.#finished });
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
        this.#sending.reject(request, "interrupted");
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
    this.#answers?.keep(request, row);
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
    if (kind === eventKinds.retry) this.#sending.send(subject, nowMs, goes);
    else if (kind === eventKinds.lookAtLine) this.#gateways!.look(subject, nowMs);
    else if (kind === eventKinds.faultBegins) this.#beginFault(subject, nowMs);
    else if (kind === eventKinds.faultEnds) this.#faults.end(subject, nowMs);
    else if (kind >= scalingEvents.look) this.#scaler?.handle(kind, subject, nowMs);
    else this.#faults.notice(subject);
  }

  #beginFault(position: number, nowMs: number): void {
    this.#faults.begin(position, nowMs, (request) => this.#sending.lose(request, nowMs));
    for (const site of this.#faults.sitesCrashedBy(position)) this.#answers?.clear(site);
  }

  /** The next request is sent. */
  #arrive(request: number, nowMs: number): void {
    this.#handledMs = nowMs;
    const table = this.#table;
    this.#sending.begin(request);
    if (this.#answers?.answers(request, nowMs)) return;
    if (this.#gateways === null) {
      this.#sending.send(request, nowMs, goes);
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
      begin: (request, nowMs, isPatient) =>
        this.#sending.send(request, nowMs, isPatient ? goesOrWaitsPatiently : goesOrWaits),
      turnAway: (request) => this.#sending.turnAway(request),
    });
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
