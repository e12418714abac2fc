import { compileReplica } from "../perf/index.ts";
import { groupEngine, type Group, type LoadView, type Routes } from "../route/index.ts";
import { engineCosts, type EngineCosts } from "./engine-costs.ts";
import { engineKind, type EngineKind } from "./engine-kind.ts";
import { engineRecordSize } from "./engine-records.ts";
import { Engine, type EngineListener } from "./engine.ts";
import { SplitEngine } from "./split-engine.ts";
import { PrefixCache } from "./prefix-cache.ts";
import type { PrefixChain } from "./prefix-chain.ts";
import { makeRecords } from "./records.ts";
import { requestInt, requestInts, type RequestTable } from "./request-table.ts";

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
  /** Doubles from one engine's record to the next. */
  readonly #recordSize: number;
  /** Made when the first request comes: most engines of a large mesh are idle for most of the time. */
  readonly #engines: (Engine | SplitEngine | null)[];
  /** What the policy knows, `fields` numbers per engine: side by side, as every decision reads several engines' own. */
  readonly #known: Float64Array;
  /** When an engine that stopped reporting because it is empty would report next, had it something to say. */
  readonly #resumeMs: Float64Array;
  readonly #up: Uint8Array;
  readonly #healthy: Uint8Array;
  readonly #parked: Uint8Array;
  readonly #slowdown: Float64Array;
  /** Made when the first prompt comes that is followed piece by piece. */
  readonly #caches: (PrefixCache | undefined)[] = [];

  constructor(routes: Routes, table: RequestTable, listener: EngineListener, timing: SnapshotTiming) {
    const n = routes.replicaCount;
    this.#routes = routes;
    this.#table = table;
    this.#listener = listener;
    this.#timing = timing;
    const costs = compileCosts(routes);
    this.#recordSize = Math.max(0, ...costs.map((each) => (each === null ? 0 : engineRecordSize(each))));
    this.#kindOfGroup = compileKinds(costs, n, this.#recordSize);
    this.#engines = Array.from({ length: n }, () => null);
    this.#known = new Float64Array(n * fields);
    for (let replica = 0; replica < n; replica++) {
      // Engines report at times `k × interval + phase`; the golden ratio spreads the phases evenly for any number.
      this.#known[replica * fields + nextReport] = ((replica * 0.6180339887498949) % 1) * timing.intervalMs;
      this.#known[replica * fields + silentSince] = Number.POSITIVE_INFINITY;
      this.#known[replica * fields + believed] = 1;
    }
    this.#resumeMs = new Float64Array(n);
    this.#up = new Uint8Array(n).fill(1);
    this.#healthy = new Uint8Array(n).fill(1);
    this.#parked = new Uint8Array(n);
    this.#slowdown = new Float64Array(n).fill(1);
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

  /** The engine when it has ever had a request. */
  engineOf(replica: number): Engine | SplitEngine | null {
    return this.#engines[replica]!;
  }

  // What the policy sees.

  drainMs(replica: number, nowMs: number): number {
    const known = this.#known;
    const at = replica * fields;
    if (known[at + silentSince]! <= nowMs) {
      return nowMs - known[at + silentSince]! > this.#timing.maxAgeMs ? Number.NaN : known[at + reported]!;
    }
    if (known[at + nextReport]! > nowMs) return known[at + reported]!;
    this.#bringReportUpTo(replica, nowMs);
    return known[at + reported]!;
  }

  health(replica: number): number {
    return this.#known[replica * fields + believed]!;
  }

  // What happens to engines. Times never fall from one call to the next.

  enqueue(replica: number, request: number, nowMs: number): void {
    let engine = this.#engines[replica]!;
    if (engine === null) {
      const kind = this.#kindOf(replica);
      const place = { kind, at: replica * this.#recordSize };
      engine = kind.costs.split
        ? new SplitEngine(kind.costs, this.#table, this.#listener)
        : new Engine(kind.costs, this.#table, this.#listener, undefined, place);
      this.#engines[replica] = engine;
      if (this.#slowdown[replica] !== 1) engine.setSlowdown(this.#slowdown[replica]!, nowMs);
    }
    const at = replica * fields;
    // A report that was due before this request must not contain it.
    if (this.#known[at + nextReport]! <= nowMs && this.#known[at + silentSince]! > nowMs) {
      this.#bringReportUpTo(replica, nowMs);
    }
    if (this.#known[at + nextReport] === Number.POSITIVE_INFINITY) this.#resumeReports(replica, nowMs);
    // Which unit of a split engine takes it depends on how far the units are.
    if (engine instanceof SplitEngine) engine.advance(nowMs);
    engine.enqueue(request);
    // Whoever sends a request knows that it has: until the next report its prefill counts as queued.
    const { int } = this.#table;
    const slot = request * requestInts;
    const computed = int[slot + requestInt.inputTokens]! - int[slot + requestInt.cachedTokens]!;
    this.#known[at + reported] = this.#known[at + reported]! + computed * engine.costs.perPrefillTokenMs;
  }

  /** The answer is there: where it joins the conversation, its keys and values are held as well. */
  joinAnswer(replica: number, { keys, tokens }: PrefixChain, outputTokens: number): void {
    const last = keys.length - 1;
    const { kvBlocks, kvBlockTokens } = this.costsOf(replica);
    const free = kvBlocks - (this.#engines[replica]?.usedBlocks ?? 0);
    const grown = { keys: [keys[last]!], tokens: [tokens[last]! + outputTokens] };
    this.#caches[replica]?.hold(grown, free * kvBlockTokens);
  }

  /** Leading tokens of a prompt that are in the engine's prefix cache. */
  heldTokens(replica: number, prefix: PrefixChain): number {
    return this.#caches[replica]?.lookUp(prefix) ?? 0;
  }

  /** Leading tokens of a prompt that the engine has in its prefix cache; from now on it has the whole prompt. */
  holdPrefix(replica: number, prefix: PrefixChain): number {
    const { kvBlocks, kvBlockTokens } = this.costsOf(replica);
    const cache = (this.#caches[replica] ??= new PrefixCache(kvBlockTokens));
    const held = cache.lookUp(prefix);
    // Blocks that requests in progress hold cannot keep what others left behind.
    const free = kvBlocks - (this.#engines[replica]?.usedBlocks ?? 0);
    cache.hold(prefix, free * kvBlockTokens);
    return held;
  }

  crash(replica: number, nowMs: number, lost: (request: number) => void): void {
    this.#up[replica] = 0;
    this.#engines[replica]?.fail(nowMs, lost);
    this.#caches[replica]?.clear();
    this.#known[replica * fields + reported] = 0;
  }

  restart(replica: number): void {
    this.#up[replica] = 1;
  }

  /** What the policy is told about health, by a heartbeat or by a request that failed. */
  believe(replica: number, healthy: boolean): void {
    this.#healthy[replica] = healthy ? 1 : 0;
    this.#known[replica * fields + believed] = healthy && this.#parked[replica] === 0 ? 1 : 0;
  }

  /** A parked engine takes nothing new, whatever its health; it finishes what it has. */
  park(replica: number, isParked: boolean): void {
    this.#parked[replica] = isParked ? 1 : 0;
    this.believe(replica, this.#healthy[replica] === 1);
  }

  slow(replica: number, factor: number, nowMs: number): void {
    this.#slowdown[replica] = factor;
    this.#engines[replica]?.setSlowdown(factor, nowMs);
  }

  silence(replica: number, nowMs: number): void {
    this.#bringReportUpTo(replica, nowMs);
    this.#known[replica * fields + silentSince] = nowMs;
  }

  unsilence(replica: number): void {
    this.#known[replica * fields + silentSince] = Number.POSITIVE_INFINITY;
  }

  advanceAll(nowMs: number): void {
    for (const engine of this.#engines) engine?.advance(nowMs);
  }

  #kindOf(replica: number): EngineKind {
    const kind = this.#kindOfGroup[this.#routes.groupOfReplica[replica]!]!;
    if (kind === null) throw new RangeError(`engine ${replica} holds a model that does not fit its accelerators`);
    return kind;
  }

  /** Takes the last report that was due by `nowMs`: what the engine's load was then, not what it is now. */
  #bringReportUpTo(replica: number, nowMs: number): void {
    const { intervalMs } = this.#timing;
    const known = this.#known;
    const at = replica * fields;
    let atMs = nowMs;
    if (intervalMs > 0) {
      const dueMs = known[at + nextReport]!;
      if (dueMs > nowMs) return;
      atMs = dueMs + Math.floor((nowMs - dueMs) / intervalMs) * intervalMs;
      known[at + nextReport] = atMs + intervalMs;
    }
    const engine = this.#engines[replica]!;
    engine?.advance(atMs);
    if (engine !== null && engine.requests > 0) {
      known[at + reported] = engine.drainMs(atMs);
      return;
    }
    // An empty engine says the same until a request comes, so nobody has to ask it.
    known[at + reported] = 0;
    if (intervalMs > 0) {
      this.#resumeMs[replica] = atMs + intervalMs;
      known[at + nextReport] = Number.POSITIVE_INFINITY;
    }
  }

  #resumeReports(replica: number, nowMs: number): void {
    const { intervalMs } = this.#timing;
    const dueMs = this.#resumeMs[replica]!;
    const missed = Math.max(0, Math.floor((nowMs - dueMs) / intervalMs) + 1);
    this.#known[replica * fields + nextReport] = dueMs + missed * intervalMs;
  }
}

/** Columns of what is known of an engine: the load it reported, when its next report is due, since when it is silent
 * (`Infinity` while it reports), and its health as far as anybody noticed (1 takes requests, 0 does not). */
const reported = 0;
const nextReport = 1;
const silentSince = 2;
const believed = 3;
const fields = 4;

/** One set of coefficients per group; groups of equal hardware, model and share have the same object. */
function compileCosts(routes: Routes): (EngineCosts | null)[] {
  const { world } = routes.policy;
  const known = new Map<string, EngineCosts | null>();
  return routes.groups.map((group) => {
    const key = `${group.module} ${group.workloads[0]} ${group.tensorParallel} ${group.speedRatio} ${group.memoryRatio ?? 1}`;
    let costs = known.get(key);
    if (costs === undefined) {
      costs = costsOfGroup(world, group);
      known.set(key, costs);
    }
    return costs;
  });
}

/** Groups with the same costs share a kind; the records of all engines lie in one block. */
function compileKinds(costs: readonly (EngineCosts | null)[], replicas: number, recordSize: number) {
  const records = makeRecords(replicas, recordSize);
  const kinds = new Map<EngineCosts, EngineKind>();
  return costs.map((each): EngineKind | null => {
    if (each === null) return null;
    let kind = kinds.get(each);
    if (kind === undefined) kinds.set(each, (kind = engineKind(each, records)));
    return kind;
  });
}

function costsOfGroup(world: Routes["policy"]["world"], group: Group): EngineCosts | null {
  const spec = groupEngine(world, group);
  const replica = spec && compileReplica(spec);
  return replica ? engineCosts(replica, group.speedRatio) : null;
}
