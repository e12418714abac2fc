import type { LoadView, Routes } from "../../route/index.ts";
import type { EngineCosts } from "./engine-costs.ts";
import type { EngineKind } from "./engine-kind.ts";
import * as engineRecords from "./engine-records.ts";
import { engineRecordSize } from "./engine-records.ts";
import { Engine, type EngineListener } from "./engine.ts";
import { compileCosts, compileKinds, compilePlaces } from "./fleet-kinds.ts";
import * as fleetRecords from "./fleet-records.ts";
import { PrefixCaches } from "./prefix-caches.ts";
import { lastReport, reportMs } from "./report-times.ts";
import { SplitEngine } from "./split-engine.ts";
import { makeRecords, type Records } from "../chance/records.ts";
import * as requestRecords from "./request-records.ts";
import type { RequestTable } from "./request-table.ts";

// Of this module, so that they are constants to the compiler: what is imported is fetched and checked at every use.
const { engineInt } = engineRecords;
const { full, knownFloat, knownSize } = fleetRecords;
const { reported, nextReport, freshUntil, believed, silentSince, holder, held, group: groupAt } = knownFloat;
const { requestInt, requestInts } = requestRecords;

export interface SnapshotTiming {
  /** How often an engine reports its load, ms; 0 = the policy sees the engine itself. */
  readonly intervalMs: number;
  /** Reports older than this are unknown, ms. */
  readonly maxAgeMs: number;
}

/**
 * All engines of a deployment, by replica number of the routes, and what the policy knows of them.
 *
 * The policy never looks at an engine but at its last report: each engine reports every `intervalMs`, at its own phase.
 * A report is computed only when somebody asks for it or is about to change the engine, which gives the same figures as
 * computing all of them on time, and leaves engines without traffic alone.
 */
export class Fleet implements LoadView {
  readonly #routes: Routes;
  readonly #table: RequestTable;
  readonly #listener: EngineListener;
  readonly #timing: SnapshotTiming;
  /** Null where the model does not fit; the policy sends nothing there. */
  readonly #kindOfGroup: readonly (EngineKind | null)[];
  /** Of all engines, and the doubles from one to the next. */
  readonly #records: Records;
  readonly #recordSize: number;
  /** One for every kind that has had a request, moved to the record of the engine in question. */
  readonly #engineOfKind: Engine[] = [];
  /** Engines of several units, which have an object each. */
  readonly #splitEngines: SplitEngine[] = [];
  /** What the policy knows of every engine, and what else is kept of it: `fields` numbers, a line of memory. */
  readonly #known: Float64Array;
  /** Requests that an engine of each group takes at once; `Infinity` where it takes as many as come. */
  readonly #placesOfGroup: Float64Array;
  /** Until when an engine with all that it takes surely keeps it: the end of what it was doing when last asked, ms. */
  readonly #fullUntil: Float64Array;
  readonly #up: Uint8Array;
  readonly #healthy: Uint8Array;
  readonly #parked: Uint8Array;
  readonly #slowdown: Float64Array;
  /** What engines keep of prompts that are followed piece by piece. */
  readonly prefixes = new PrefixCaches(this);

  constructor(
    routes: Routes,
    table: RequestTable,
    listener: EngineListener,
    timing: SnapshotTiming,
    isLimited: boolean,
  ) {
    const n = routes.replicaCount;
    this.#routes = routes;
    this.#table = table;
    this.#listener = listener;
    this.#timing = timing;
    const costs = compileCosts(routes);
    this.#recordSize = Math.max(0, ...costs.map((each) => (each === null ? 0 : engineRecordSize(each))));
    this.#records = makeRecords(n, this.#recordSize);
    this.#kindOfGroup = compileKinds(costs, this.#records);
    this.#known = makeRecords(n, knownSize).float;
    this.#fullUntil = new Float64Array(n);
    this.#placesOfGroup = compilePlaces(routes, isLimited ? costs : []);
    for (let replica = 0; replica < n; replica++) {
      this.#known[replica * knownSize + silentSince] = Number.POSITIVE_INFINITY;
      this.#expectReport(replica, reportMs(replica, 0, this.#timing.intervalMs));
      this.#known[replica * knownSize + believed] = 1;
      this.#known[replica * knownSize + groupAt] = routes.groupOfReplica[replica]!;
    }
    this.#up = new Uint8Array(n).fill(1);
    this.#healthy = new Uint8Array(n).fill(1);
    this.#parked = new Uint8Array(n);
    this.#slowdown = new Float64Array(n).fill(1);
  }

  groupOf(replica: number): number {
    return this.#known[replica * knownSize + groupAt]!;
  }

  costsOf(replica: number): EngineCosts {
    return this.#kindOf(replica).costs;
  }

  /** Null where the model does not fit. */
  costsOfGroup(group: number): EngineCosts | null {
    return this.#kindOfGroup[group]?.costs ?? null;
  }

  isUp(replica: number): boolean {
    return this.#up[replica] === 1;
  }

  /** The engine when it has ever had a request; valid until another is asked for. */
  engineOf(replica: number): Engine | SplitEngine | null {
    const place = this.#known[replica * knownSize + holder]!;
    if (place > 0) return this.#engineOfKind[place - 1]!.moveTo(replica * this.#recordSize);
    return place < 0 ? this.#splitEngines[-place - 1]! : null;
  }

  // What the policy sees.

  drainMs(replica: number, nowMs: number): number {
    const known = this.#known;
    const at = replica * knownSize;
    // Read again and not handed on by whoever looks anew, so that it stays a plain double all the way.
    if (!(known[at + freshUntil]! > nowMs) && !this.#isKnownAfresh(replica, nowMs)) return Number.NaN;
    return known[at + reported]!;
  }

  /** The queue there is, whatever was last reported: what a gateway knows that has sent an engine all it has, ms. */
  queueMs(replica: number, nowMs: number): number {
    const engine = this.engineOf(replica);
    if (engine === null) return 0;
    engine.advance(nowMs);
    return engine.drainMs(nowMs);
  }

  health(replica: number, nowMs: number): number {
    const known = this.#known;
    const at = replica * knownSize + believed;
    if (known[at]! === full) this.#lookAtFull(replica, nowMs);
    return Math.max(0, known[at]!);
  }

  /** Whether it is known to have failed or to be drained; one that is full or stopped by the autoscaler is not out of service. */
  isOut(replica: number): boolean {
    return this.#healthy[replica] === 0;
  }

  /** Whether an engine of a group would take requests if it had not as many as it takes. */
  takesLater(group: number, view: LoadView, nowMs: number): boolean {
    const { firstReplica, replicas } = this.#routes.groups[group]!;
    for (let replica = firstReplica; replica < firstReplica + replicas; replica++)
      if (this.#known[replica * knownSize + believed] === full && !view.isOut(replica, nowMs)) return true;
    return false;
  }

  /** Reads what is known of the first `count` of these engines, and the records of those that are due to report: see `LookAhead`. */
  touch(replicas: Int32Array, count: number, nowMs: number): number {
    const known = this.#known;
    const { float, int } = this.#records;
    let due = 0;
    for (let at = 0; at < count; at++) {
      const replica = replicas[at]!;
      if (known[replica * knownSize + nextReport]! <= nowMs) replicas[due++] = replica;
    }
    let seen = 0;
    for (let at = 0; at < due; at++) {
      const record = replicas[at]! * this.#recordSize;
      seen += float[record]! + float[record + 8]! + float[record + 16]! + float[record + 24]!;
      replicas[at] = Math.max(int[2 * record + engineInt.running]!, int[2 * record + engineInt.waiting]!);
    }
    return seen + this.#table.touch(replicas, due);
  }

  // What happens to engines. Times never fall from one call to the next.

  enqueue(replica: number, request: number, nowMs: number): void {
    const at = replica * knownSize;
    // A report that was due before this request must not contain it.
    if (this.#known[at + nextReport]! <= nowMs && this.#known[replica * knownSize + silentSince]! > nowMs) {
      this.#bringReportUpTo(replica, nowMs);
    }
    if (this.#known[at + nextReport] === Number.POSITIVE_INFINITY)
      this.#expectReport(replica, this.#reportAfter(replica, nowMs));
    const engine = this.engineOf(replica) ?? this.#beginEngine(replica, nowMs);
    // Which unit of a split engine takes it depends on how far the units are.
    if (engine instanceof SplitEngine) engine.advance(nowMs);
    engine.enqueue(request);
    this.#known[replica * knownSize + held]!++;
    if (this.#known[at + believed] === 1 && this.#hasAll(replica)) this.#known[at + believed] = full;
    // Whoever sends a request knows that it has: until the next report its prefill counts as queued.
    const { int } = this.#table;
    const slot = request * requestInts;
    const computed = int[slot + requestInt.inputTokens]! - int[slot + requestInt.cachedTokens]!;
    this.#known[at + reported] = this.#known[at + reported]! + computed * engine.costs.perPrefillTokenMs;
  }

  /** A request has left the engine, served or lost. Who sent it knows at once. */
  letGo(replica: number): void {
    this.#known[replica * knownSize + held]!--;
  }

  /** Most engines of a large mesh are idle for most of the time, so they begin with their first request. */
  #beginEngine(replica: number, nowMs: number): Engine | SplitEngine {
    const kind = this.#kindOf(replica);
    const at = replica * this.#recordSize;
    let engine: Engine | SplitEngine;
    if (kind.costs.split) {
      engine = new SplitEngine(kind.costs, this.#table, this.#listener);
      this.#known[replica * knownSize + holder] = -this.#splitEngines.push(engine);
    } else {
      let place = this.#engineOfKind.findIndex(({ costs }) => costs === kind.costs);
      if (place >= 0) engine = this.#engineOfKind[place]!.begin(at);
      else {
        engine = new Engine(kind.costs, this.#table, this.#listener, undefined, { kind, at });
        place = this.#engineOfKind.push(engine) - 1;
      }
      this.#known[replica * knownSize + holder] = place + 1;
    }
    if (this.#slowdown[replica] !== 1) engine.setSlowdown(this.#slowdown[replica]!, nowMs);
    return engine;
  }

  crash(replica: number, nowMs: number, lost: (request: number) => void): void {
    this.#up[replica] = 0;
    this.#fullUntil[replica] = 0;
    this.engineOf(replica)?.fail(nowMs, lost);
    this.prefixes.clear(replica);
    this.#known[replica * knownSize + reported] = 0;
  }

  restart(replica: number): void {
    this.#up[replica] = 1;
  }

  /** What the policy is told about health, by a heartbeat or by a request that failed. */
  believe(replica: number, healthy: boolean): void {
    this.#healthy[replica] = healthy ? 1 : 0;
    const isOpen = healthy && this.#parked[replica] === 0;
    this.#known[replica * knownSize + believed] = !isOpen ? 0 : this.#hasAll(replica) ? full : 1;
  }

  /** A parked engine takes nothing new, whatever its health; it finishes what it has. */
  park(replica: number, isParked: boolean): void {
    this.#parked[replica] = isParked ? 1 : 0;
    this.believe(replica, this.#healthy[replica] === 1);
  }

  slow(replica: number, factor: number, nowMs: number): void {
    this.#slowdown[replica] = factor;
    this.#fullUntil[replica] = 0;
    this.engineOf(replica)?.setSlowdown(factor, nowMs);
  }

  silence(replica: number, nowMs: number): void {
    this.#bringReportUpTo(replica, nowMs);
    this.#known[replica * knownSize + silentSince] = nowMs;
    this.#expectReport(replica, this.#known[replica * knownSize + nextReport]!);
  }

  unsilence(replica: number): void {
    this.#known[replica * knownSize + silentSince] = Number.POSITIVE_INFINITY;
    this.#expectReport(replica, this.#known[replica * knownSize + nextReport]!);
  }

  /** How long the engines of a group have been busy, all together, as far as they have been advanced, ms. */
  busyMs(group: number, nowMs: number): number {
    const { firstReplica, replicas } = this.#routes.groups[group]!;
    let busyMs = 0;
    for (let replica = firstReplica; replica < firstReplica + replicas; replica++)
      busyMs += this.engineOf(replica)?.busyMs(nowMs) ?? 0;
    return busyMs;
  }

  /** What they drew above idling, ms at full load, likewise. */
  drawnMs(group: number, nowMs: number): number {
    const { firstReplica, replicas } = this.#routes.groups[group]!;
    let drawnMs = 0;
    for (let replica = firstReplica; replica < firstReplica + replicas; replica++)
      drawnMs += this.engineOf(replica)?.drawnMs(nowMs) ?? 0;
    return drawnMs;
  }

  advanceAll(nowMs: number): void {
    for (let replica = 0; replica < this.#routes.replicaCount; replica++) this.engineOf(replica)?.advance(nowMs);
  }

  #kindOf(replica: number): EngineKind {
    const kind = this.#kindOfGroup[this.#routes.groupOfReplica[replica]!]!;
    if (kind === null) throw new RangeError(`engine ${replica} holds a model that does not fit its accelerators`);
    return kind;
  }

  /** Whoever sent an engine all that it takes knows when one of them is over. */
  #lookAtFull(replica: number, nowMs: number): void {
    // Beyond capacity every request asks all engines it may go to, so that nobody looks where nothing can have ended.
    const at = replica * knownSize;
    if (nowMs < this.#fullUntil[replica]!) return;
    // A report that was due before must not know what comes now.
    if (this.#known[replica * knownSize + silentSince]! > nowMs) this.#bringReportUpTo(replica, nowMs);
    const engine = this.engineOf(replica);
    engine?.advance(nowMs);
    if (this.#hasAll(replica)) this.#fullUntil[replica] = engine?.nextChangeMs ?? 0;
    else this.#known[at + believed] = 1;
  }

  /** Whether an engine has as many requests as it takes. */
  #hasAll(replica: number): boolean {
    const at = replica * knownSize;
    return this.#known[at + held]! >= this.#placesOfGroup[this.#known[at + groupAt]!]!;
  }

  /** When the first report after `nowMs` is due, ms. */
  #reportAfter(replica: number, nowMs: number): number {
    const { intervalMs } = this.#timing;
    return reportMs(replica, lastReport(replica, nowMs, intervalMs) + 1, intervalMs);
  }

  #expectReport(replica: number, dueMs: number): void {
    this.#known[replica * knownSize + nextReport] = dueMs;
    this.#known[replica * knownSize + freshUntil] = Math.min(dueMs, this.#known[replica * knownSize + silentSince]!);
  }

  /** Takes the report that is due; false for an engine that has been silent for too long. */
  #isKnownAfresh(replica: number, nowMs: number): boolean {
    const silentSinceMs = this.#known[replica * knownSize + silentSince]!;
    if (silentSinceMs > nowMs) this.#bringReportUpTo(replica, nowMs);
    return !(nowMs - silentSinceMs > this.#timing.maxAgeMs);
  }

  /** Takes the last report that was due by `nowMs`: what the engine's load was then, not what it is now. */
  #bringReportUpTo(replica: number, nowMs: number): void {
    const { intervalMs } = this.#timing;
    const known = this.#known;
    const at = replica * knownSize;
    let atMs = nowMs;
    if (intervalMs > 0) {
      const dueMs = known[at + nextReport]!;
      if (dueMs > nowMs) return;
      const last = lastReport(replica, nowMs, intervalMs);
      atMs = reportMs(replica, last, intervalMs);
      this.#expectReport(replica, reportMs(replica, last + 1, intervalMs));
    }
    const engine = this.engineOf(replica);
    engine?.advance(atMs);
    if (engine !== null && engine.requests > 0) {
      known[at + reported] = engine.drainMs(atMs);
      return;
    }
    // An empty engine says the same until a request comes, so nobody has to ask it.
    known[at + reported] = 0;
    if (intervalMs > 0) this.#expectReport(replica, Number.POSITIVE_INFINITY);
  }
}
