/** What the workloads placed in a pool need of its accelerators. */
import { compileReplica, leastMemoryRatio, requestTokensAt, saturationPerS } from "../../perf/index.ts";
import { engineKey, groupEngine, requestShape, servingAt } from "../../route/index.ts";
import type { EngineMemory, EngineNeed } from "./engine-layout.ts";
import type { ReserveMove } from "./reserve-moves.ts";
import type { WorldProblem } from "../world/world-problem.ts";

/** What an arc of a period's problem carries. */
export interface CarriedArc {
  readonly row: number;
  readonly arc: number;
  readonly share: number;
  /** Requests per second of the share, at the peak. */
  readonly peakPerS: number;
}

/** Of requests, this share is no longer than the one that an engine beside others must have memory for. */
const longRequest = 0.999;

/** Above the accelerators of any server, so that kinds are told apart by one number. */
const mostAccelerators = 1 << 16;

/** Which engines a period's workloads would run on. */
export class EngineNeeds {
  readonly #planned: WorldProblem;
  /** Which of the engines in use each workload runs on: the first workload that runs on the same. */
  readonly #engineOf: Int32Array;
  /** By module, workload, size of engine and share of memory: thousands of pools ask for the same few. */
  readonly #leastRatio = new Map<string, number>();
  readonly #saturation = new Map<string, number>();

  constructor(planned: WorldProblem) {
    this.#planned = planned;
    const keys = planned.world.workloads.map(engineKey);
    this.#engineOf = Int32Array.from(keys, (key) => keys.indexOf(key));
  }

  /** Which engine an arc's requests run on, as a number: arcs of the same pool and kind share engines. */
  kindOf(row: number, arc: number): number {
    const { workload, option } = this.#servedBy(row, arc);
    return this.#engineOf[workload]! * mostAccelerators + option.tensorParallel;
  }

  /** The first of the workloads that run on the same engines as `workload`. */
  modelOf(workload: number): number {
    return this.#engineOf[workload]!;
  }

  /** What engines that serve an arc are like, and how many of them a module has. */
  engineFor(row: number, arc: number): { tensorParallel: number; replicasPerModule: number; leastRatio: number } {
    const { problem, poolModule } = this.#planned;
    const { workload, option } = this.#servedBy(row, arc);
    const { tensorParallel, replicasPerModule } = option;
    const leastRatio = this.#least(poolModule[problem.arcs.pool[arc]!]!, workload, tensorParallel);
    return { tensorParallel, replicasPerModule, leastRatio };
  }

  /** Whether an engine of each kind that a module could be asked for fits on one accelerator. */
  allFit(module: number): boolean {
    const { world, policy } = this.#planned;
    const ratios = new Map<number, number>();
    for (const workload of world.workloads.keys()) {
      for (const { tensorParallel } of servingAt(policy, workload, module).options) {
        const kind = this.#engineOf[workload]! * mostAccelerators + tensorParallel;
        ratios.set(kind, Math.max(ratios.get(kind) ?? 0, this.#least(module, workload, tensorParallel)));
      }
    }
    return ratios.size < 2 || [...ratios.values()].reduce((sum, ratio) => sum + ratio, 0) <= 1 + 1e-9;
  }

  /**
   * Needs of a pool with `module`s, in the order of their workloads.
   *
   * @param moves What comes to it when something has failed.
   */
  of(module: number, carried: readonly CarriedArc[], moves: readonly ReserveMove[] = []): EngineNeed[] {
    const { problem } = this.#planned;
    const needs = new Map<number, Omit<EngineNeed, "memory">>();
    const rates = new Map<number, Map<number, number>>();
    for (const { row, arc, share, peakPerS } of carried) {
      const { workload, option } = this.#servedBy(row, arc);
      // Workloads that run the same model in the same way share engines: nothing is gained by loading it twice.
      const key = this.kindOf(row, arc);
      const need = needs.get(key);
      const workloads = need?.workloads ?? [];
      needs.set(key, {
        workloads: workloads.includes(workload) ? workloads : [...workloads, workload].sort((a, b) => a - b),
        tensorParallel: option.tensorParallel,
        engines: (need?.engines ?? 0) + share * problem.arcs.load[arc]! * option.replicasPerModule,
        plannedPerS: (need?.plannedPerS ?? 0) + peakPerS,
      });
      const perS = rates.get(key) ?? new Map<number, number>();
      rates.set(key, perS.set(workload, (perS.get(workload) ?? 0) + peakPerS));
    }
    this.#addReserve(module, moves, needs, rates);
    return [...needs]
      .map(([key, need]) => ({ ...need, memory: this.#memoryOf(module, need.tensorParallel, rates.get(key)!) }))
      .sort((a, b) => a.workloads[0]! - b.workloads[0]! || a.tensorParallel - b.tensorParallel);
  }

  /** What failures bring joins the engines of its kind that are there, or asks for some of its own. */
  #addReserve(
    module: number,
    moves: readonly ReserveMove[],
    needs: Map<number, Omit<EngineNeed, "memory">>,
    rates: Map<number, Map<number, number>>,
  ): void {
    const { acceleratorCount } = this.#planned.world.modules[module]!;
    const ofEngine = Map.groupBy(moves, ({ workload }) => this.#engineOf[workload]!);
    for (const [engine, coming] of ofEngine) {
      const there = [...needs.keys()].find((key) => Math.floor(key / mostAccelerators) === engine);
      const key = there ?? engine * mostAccelerators + coming[0]!.tensorParallel;
      const need = needs.get(key);
      const tensorParallel = key % mostAccelerators;
      const byFailure = new Map<number, number>();
      for (const { failure, modules } of coming) byFailure.set(failure, (byFailure.get(failure) ?? 0) + modules);
      const workloads = new Set([...(need?.workloads ?? []), ...coming.map(({ workload }) => workload)]);
      needs.set(key, {
        workloads: [...workloads].sort((a, b) => a - b),
        tensorParallel,
        engines: need?.engines ?? 0,
        reserveEngines: (Math.max(...byFailure.values()) * acceleratorCount) / tensorParallel,
        plannedPerS: need?.plannedPerS ?? 0,
      });
      // Memory is divided for what is there on every day; a model that only failures bring must find room all the same.
      const perS = rates.get(key) ?? new Map<number, number>();
      for (const workload of workloads) perS.set(workload, perS.get(workload) ?? 0);
      rates.set(key, perS);
    }
  }

  #memoryOf(module: number, tensorParallel: number, rates: ReadonlyMap<number, number>): EngineMemory {
    return {
      leastRatio: Math.max(...[...rates.keys()].map((workload) => this.#least(module, workload, tensorParallel))),
      busyEngines: (memoryRatio) => {
        let engines = 0;
        for (const [workload, perS] of rates) {
          if (perS > 0) engines += perS / this.#mostPerS(module, workload, tensorParallel, memoryRatio);
        }
        return engines;
      },
    };
  }

  #least(module: number, workload: number, tensorParallel: number): number {
    const key = `${module} ${workload} ${tensorParallel}`;
    let ratio = this.#leastRatio.get(key);
    if (ratio === undefined) {
      const { world } = this.#planned;
      const spec = groupEngine(world, { module, workloads: [workload], tensorParallel });
      const entry = world.workloads[workload]!;
      const tokens = requestTokensAt(requestShape(entry), longRequest);
      ratio = spec ? leastMemoryRatio(spec, Math.min(tokens, world.models[entry.model]!.maxContextTokens)) : Infinity;
      this.#leastRatio.set(key, ratio);
    }
    return ratio;
  }

  /** Requests/s of one workload that an engine with a share of the memory can carry at most; 0 where it does not fit. */
  #mostPerS(module: number, workload: number, tensorParallel: number, memoryRatio: number): number {
    const key = `${module} ${workload} ${tensorParallel} ${memoryRatio}`;
    let perS = this.#saturation.get(key);
    if (perS === undefined) {
      const { world } = this.#planned;
      const spec = groupEngine(world, { module, workloads: [workload], tensorParallel, memoryRatio });
      const replica = spec && compileReplica(spec);
      perS = replica ? saturationPerS(replica, requestShape(world.workloads[workload]!)) : 0;
      this.#saturation.set(key, perS);
    }
    return perS;
  }

  #servedBy(row: number, arc: number) {
    const { world, policy, problem, poolModule, memberStarts, members, arcOption } = this.#planned;
    const { workload } = world.demand[members[memberStarts[row]!]!]!;
    const module = poolModule[problem.arcs.pool[arc]!]!;
    return { workload, option: servingAt(policy, workload, module).options[arcOption[arc]!]! };
  }
}
