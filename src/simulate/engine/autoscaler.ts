import type { World } from "../../catalog/index.ts";
import type { Group, Routes } from "../../route/index.ts";
import { bytesPerWeight } from "../../perf/index.ts";
import type { EventQueue } from "../chance/event-queue.ts";
import type { Fleet } from "./fleet.ts";

/** Engines that are started and stopped with the load. */
export interface Autoscaling {
  /** Share of each group's planned engines that is always up; at least one engine is. */
  readonly minRatio: number;
  /** How often the load is looked at, s. */
  readonly intervalS: number;
  /** Engines are stopped when fewer would have done for so long, s. */
  readonly idleS: number;
  /** Engines kept beyond what the rate of the last interval needs, as a ratio of it (1.25 = a quarter more). */
  readonly headroomRatio: number;
  /** Time to start an engine process, s, and rate at which weights are read into it, GB/s. */
  readonly startS: number;
  readonly loadGBps: number;
}

/**
 * Assumed, of the size of what is seen: base models of Alibaba's GenTD26 trace start in 23 s (median) to 52 s (99th
 * percentile). NVMe drives read 2 to 7 GB/s each.
 */
export const defaultAutoscaling: Autoscaling = {
  minRatio: 0.2,
  intervalS: 15,
  idleS: 120,
  headroomRatio: 1.25,
  startS: 15,
  loadGBps: 3,
};

/** Kinds of events; they follow those of the faults. */
export const scalingEvents = { look: 10, loaded: 11 } as const;
/** After faults, before requests that are sent again. */
const priority = 0;

/** Time that engines have been stopped, ms, all together, and how often one was started. */
export interface ScalingUsage {
  readonly stoppedMs: number;
  readonly starts: number;
}

/**
 * Keeps as many engines of each group up as the rate of the last interval asks for, at the rate per engine that the plan
 * was made with. A started engine takes requests when its weights are loaded; a stopped one finishes what it has.
 */
export class Autoscaler {
  readonly #routes: Routes;
  readonly #fleet: Fleet;
  readonly #queue: EventQueue;
  readonly #options: Autoscaling;
  readonly #durationMs: number;
  /** Requests/s one engine of each group carries by plan; 0 = not planned, so never scaled. */
  readonly #perEngine: Float64Array;
  readonly #leastUp: Int32Array;
  readonly #asked: Float64Array;
  /** Since when fewer engines would have done, ms; NaN = not now. */
  readonly #spareSinceMs: Float64Array;
  /** 0 = stopped, 1 = loading, 2 = up. */
  readonly #state: Uint8Array;
  readonly #stoppedAtMs: Float64Array;
  readonly #stoppedMs: Float64Array;
  readonly #starts: Float64Array;

  constructor(routes: Routes, fleet: Fleet, queue: EventQueue, options: Autoscaling, durationMs: number) {
    const n = routes.groups.length;
    this.#routes = routes;
    this.#fleet = fleet;
    this.#queue = queue;
    this.#options = options;
    this.#durationMs = durationMs;
    this.#perEngine = plannedPerEngine(routes);
    this.#leastUp = Int32Array.from(routes.groups, ({ replicas }) =>
      Math.max(1, Math.ceil(options.minRatio * replicas)),
    );
    this.#asked = new Float64Array(n);
    this.#spareSinceMs = new Float64Array(n).fill(Number.NaN);
    this.#state = new Uint8Array(routes.replicaCount).fill(up);
    this.#stoppedAtMs = new Float64Array(routes.replicaCount);
    this.#stoppedMs = new Float64Array(n);
    this.#starts = new Float64Array(n);
    for (const [index, group] of routes.groups.entries()) {
      if (this.#perEngine[index] === 0) continue;
      for (let engine = this.#leastUp[index]!; engine < group.replicas; engine++)
        this.#stop(group.firstReplica + engine, 0);
    }
    queue.push(options.intervalS * 1000, priority, scalingEvents.look, 0);
  }

  /** A request goes to a group, or would if there were room. */
  countAsked(group: number): void {
    this.#asked[group] = this.#asked[group]! + 1;
  }

  handle(kind: number, subject: number, nowMs: number): void {
    if (kind === scalingEvents.loaded) this.#loaded(subject);
    else this.#look(nowMs);
  }

  /** What became of a group's engines up to now. */
  usageOf(group: number, nowMs: number): ScalingUsage {
    const { firstReplica, replicas } = this.#routes.groups[group]!;
    let stoppedMs = this.#stoppedMs[group]!;
    for (let replica = firstReplica; replica < firstReplica + replicas; replica++) {
      if (this.#state[replica] === stopped) stoppedMs += Math.max(0, nowMs - this.#stoppedAtMs[replica]!);
    }
    return { stoppedMs, starts: this.#starts[group]! };
  }

  #look(nowMs: number): void {
    const { intervalS, headroomRatio, idleS } = this.#options;
    for (const [index, group] of this.#routes.groups.entries()) {
      const perEngine = this.#perEngine[index]!;
      const ratePerS = this.#asked[index]! / intervalS;
      this.#asked[index] = 0;
      if (perEngine === 0) continue;
      const wanted = Math.min(
        group.replicas,
        Math.max(this.#leastUp[index]!, Math.ceil((ratePerS * headroomRatio) / perEngine)),
      );
      const running = this.#countRunning(group);
      if (wanted > running) this.#start(index, group, wanted - running, nowMs);
      if (wanted >= running) this.#spareSinceMs[index] = Number.NaN;
      else if (Number.isNaN(this.#spareSinceMs[index]!)) this.#spareSinceMs[index] = nowMs;
      // One at a time: stopping is cheap to do later and dear to have done too early.
      else if (nowMs - this.#spareSinceMs[index]! >= idleS * 1000) this.#stopLast(group, nowMs);
    }
    const nextMs = nowMs + intervalS * 1000;
    if (nextMs < this.#durationMs) this.#queue.push(nextMs, priority, scalingEvents.look, 0);
  }

  #countRunning({ firstReplica, replicas }: Group): number {
    let running = 0;
    for (let replica = firstReplica; replica < firstReplica + replicas; replica++) {
      if (this.#state[replica] !== stopped) running++;
    }
    return running;
  }

  #start(index: number, group: Group, more: number, nowMs: number): void {
    const loadMs = loadSeconds(this.#routes.policy.world, group, this.#options) * 1000;
    let left = more;
    for (let engine = 0; engine < group.replicas && left > 0; engine++) {
      const replica = group.firstReplica + engine;
      if (this.#state[replica] !== stopped) continue;
      this.#state[replica] = loading;
      this.#stoppedMs[index] = this.#stoppedMs[index]! + nowMs - this.#stoppedAtMs[replica]!;
      this.#starts[index] = this.#starts[index]! + 1;
      this.#queue.push(nowMs + loadMs, priority, scalingEvents.loaded, replica);
      left--;
    }
  }

  #loaded(replica: number): void {
    this.#state[replica] = up;
    this.#fleet.park(replica, false);
  }

  #stopLast(group: Group, nowMs: number): void {
    for (let engine = group.replicas - 1; engine >= 0; engine--) {
      const replica = group.firstReplica + engine;
      if (this.#state[replica] !== up) continue;
      this.#stop(replica, nowMs);
      return;
    }
  }

  #stop(replica: number, nowMs: number): void {
    this.#state[replica] = stopped;
    this.#stoppedAtMs[replica] = nowMs;
    this.#fleet.park(replica, true);
  }
}

const stopped = 0;
const loading = 1;
const up = 2;

/** Time to start an engine of a group and to read its weights, s. */
export function loadSeconds(world: World, group: Group, { startS, loadGBps }: Autoscaling): number {
  const workload = world.workloads[group.workloads[0]!]!;
  const { totalParameters } = world.models[workload.model]!;
  return startS + (totalParameters * bytesPerWeight[workload.weightPrecision]) / 1e9 / loadGBps;
}

function plannedPerEngine({ deployment, groups }: Routes): Float64Array {
  const planned = deployment.pools.flatMap((pool) => pool.groups.filter((group) => group.replicas >= 1));
  return Float64Array.from(groups, ({ replicas }, index) => Math.max(0, planned[index]!.plannedPerS) / replicas);
}
