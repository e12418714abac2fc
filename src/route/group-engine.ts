import type { World } from "../catalog/index.ts";
import { engineSpec, type ReplicaSpec } from "../perf/index.ts";

/** Which engine a group of a pool runs, as far as it needs to be known. */
export interface GroupEngine {
  /** Position in `World.modules`. */
  readonly module: number;
  /** Positions in `World.workloads`; the first stands for what they share. */
  readonly workloads: readonly number[];
  /** Accelerators of one engine, stages and units included. */
  readonly tensorParallel: number;
  /** Share of the memory that it has beside others on its accelerators; absent = all of it. */
  readonly memoryRatio?: number;
}

/**
 * The engine that `plan` reckons with, `simulate` simulates and `serve` emulates for a group: one function, so that they mean
 * the same. Null when its accelerators cannot be divided into the stages and units its profile asks for.
 */
export function groupEngine(world: World, group: GroupEngine): ReplicaSpec | null {
  const { model, engine, weightPrecision, kvPrecision } = world.workloads[group.workloads[0]!]!;
  return engineSpec({
    accelerator: world.modules[group.module]!.accelerator,
    accelerators: group.tensorParallel,
    model: world.models[model]!,
    engine: world.engines[engine]!,
    weightPrecision,
    kvPrecision,
    ...(group.memoryRatio !== undefined && { memoryRatio: group.memoryRatio }),
  });
}
