import { compileReplica } from "../perf/index.ts";
import type { Group, LoadView, Routes } from "../route/index.ts";
import { engineCosts, type EngineCosts } from "./engine-costs.ts";
import { Engine, type EngineListener } from "./engine.ts";
import type { RequestTable } from "./request-table.ts";

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
  readonly #costsOfGroup: readonly (EngineCosts | null)[];
  /** Made when the first request comes: most engines of a large mesh are idle for most of the time. */
  readonly #engines: (Engine | null)[];
  /** The load last reported and the number of that report. */
  readonly #reportedMs: Float64Array;
  readonly #report: Float64Array;
  /** Engines report at times `k × interval + phase`; the golden ratio spreads the phases evenly for any number. */
  readonly #phaseMs: Float64Array;
  /** Time since which reports are missing, `Infinity` while they come. */
  readonly #silentSinceMs: Float64Array;
  /** Health as the policy believes it: 1 takes requests, 0 does not. */
  readonly #believed: Uint8Array;
  readonly #up: Uint8Array;
  readonly #slowdown: Float64Array;

  constructor(routes: Routes, table: RequestTable, listener: EngineListener, timing: SnapshotTiming) {
    const n = routes.replicaCount;
    this.#routes = routes;
    this.#table = table;
    this.#listener = listener;
    this.#timing = timing;
    this.#costsOfGroup = compileCosts(routes);
    this.#engines = Array.from({ length: n }, () => null);
    this.#reportedMs = new Float64Array(n);
    this.#report = new Float64Array(n).fill(-1);
    this.#phaseMs = Float64Array.from({ length: n }, (_, i) => ((i * 0.6180339887498949) % 1) * timing.intervalMs);
    this.#silentSinceMs = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
    this.#believed = new Uint8Array(n).fill(1);
    this.#up = new Uint8Array(n).fill(1);
    this.#slowdown = new Float64Array(n).fill(1);
  }

  costsOf(replica: number): EngineCosts {
    const costs = this.#costsOfGroup[this.#routes.groupOfReplica[replica]!]!;
    if (costs === null) throw new RangeError(`engine ${replica} holds a model that does not fit its accelerators`);
    return costs;
  }

  isUp(replica: number): boolean {
    return this.#up[replica] === 1;
  }

  /** The engine when it has ever had a request. */
  engineOf(replica: number): Engine | null {
    return this.#engines[replica]!;
  }

  // What the policy sees.

  drainMs(replica: number, nowMs: number): number {
    const engine = this.#engines[replica]!;
    if (engine === null) return this.#isUnknown(replica, nowMs) ? Number.NaN : 0;
    const { intervalMs } = this.#timing;
    if (this.#silentSinceMs[replica]! <= nowMs) {
      return this.#isUnknown(replica, nowMs) ? Number.NaN : this.#reportedMs[replica]!;
    }
    if (intervalMs === 0) {
      engine.advance(nowMs);
      return engine.drainMs(nowMs);
    }
    this.#bringReportUpTo(replica, engine, nowMs);
    return this.#reportedMs[replica]!;
  }

  health(replica: number): number {
    return this.#believed[replica]!;
  }

  // What happens to engines. Times never fall from one call to the next.

  enqueue(replica: number, request: number, nowMs: number): void {
    let engine = this.#engines[replica]!;
    if (engine === null) {
      engine = new Engine(this.costsOf(replica), this.#table, this.#listener);
      this.#engines[replica] = engine;
      if (this.#slowdown[replica] !== 1) engine.setSlowdown(this.#slowdown[replica]!, nowMs);
    }
    // A report that was due before this request must not contain it.
    if (this.#timing.intervalMs > 0 && this.#silentSinceMs[replica]! > nowMs) {
      this.#bringReportUpTo(replica, engine, nowMs);
    }
    engine.enqueue(request);
    // Whoever sends a request knows that it has: until the next report its prefill counts as queued.
    const computed = this.#table.inputTokens[request]! - this.#table.cachedTokens[request]!;
    this.#reportedMs[replica] = this.#reportedMs[replica]! + computed * engine.costs.perPrefillTokenMs;
  }

  crash(replica: number, nowMs: number, lost: (request: number) => void): void {
    this.#up[replica] = 0;
    this.#engines[replica]?.fail(nowMs, lost);
    this.#reportedMs[replica] = 0;
  }

  restart(replica: number): void {
    this.#up[replica] = 1;
  }

  /** What the policy is told about health, by a heartbeat or by a request that failed. */
  believe(replica: number, healthy: boolean): void {
    this.#believed[replica] = healthy ? 1 : 0;
  }

  slow(replica: number, factor: number, nowMs: number): void {
    this.#slowdown[replica] = factor;
    this.#engines[replica]?.setSlowdown(factor, nowMs);
  }

  silence(replica: number, nowMs: number): void {
    const engine = this.#engines[replica]!;
    if (engine !== null) {
      if (this.#timing.intervalMs > 0) this.#bringReportUpTo(replica, engine, nowMs);
      else this.#reportedMs[replica] = this.drainMs(replica, nowMs);
    }
    this.#silentSinceMs[replica] = nowMs;
  }

  unsilence(replica: number): void {
    this.#silentSinceMs[replica] = Number.POSITIVE_INFINITY;
  }

  advanceAll(nowMs: number): void {
    for (const engine of this.#engines) engine?.advance(nowMs);
  }

  #isUnknown(replica: number, nowMs: number): boolean {
    return nowMs - this.#silentSinceMs[replica]! > this.#timing.maxAgeMs;
  }

  #bringReportUpTo(replica: number, engine: Engine, nowMs: number): void {
    const { intervalMs } = this.#timing;
    const phaseMs = this.#phaseMs[replica]!;
    const number = Math.floor((nowMs - phaseMs) / intervalMs);
    if (number === this.#report[replica]) return;
    const atMs = number * intervalMs + phaseMs;
    engine.advance(atMs);
    this.#reportedMs[replica] = engine.drainMs(atMs);
    this.#report[replica] = number;
  }
}

/** One set of coefficients per group; groups of equal hardware, model and share have the same object. */
function compileCosts(routes: Routes): (EngineCosts | null)[] {
  const { world } = routes.policy;
  const known = new Map<string, EngineCosts | null>();
  return routes.groups.map((group) => {
    const key = `${group.module} ${group.workloads[0]} ${group.tensorParallel} ${group.speedRatio}`;
    let costs = known.get(key);
    if (costs === undefined) {
      costs = costsOfGroup(world, group);
      known.set(key, costs);
    }
    return costs;
  });
}

function costsOfGroup(world: Routes["policy"]["world"], group: Group): EngineCosts | null {
  const workload = world.workloads[group.workloads[0]!]!;
  const module = world.modules[group.module]!;
  const replica = compileReplica({
    accelerator: module.accelerator,
    tensorParallel: group.tensorParallel,
    model: world.models[workload.model]!,
    engine: world.engines[workload.engine]!,
    weightPrecision: workload.weightPrecision,
    kvPrecision: workload.kvPrecision,
  });
  return replica ? engineCosts(replica, group.speedRatio) : null;
}
