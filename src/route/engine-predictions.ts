import type { World } from "../catalog/index.ts";
import { compileReplica, engineSpec, predictionClass, type PredictionClass } from "../perf/index.ts";
import type { Deployment } from "./deployment.ts";

/** How well the times of one kind of engine in a deployment are known. */
export interface EnginePrediction extends PredictionClass {
  /** Ids of the workloads that run on it, in the order of the world. */
  readonly workloads: readonly string[];
  readonly model: string;
  readonly engine: string;
  readonly module: string;
  readonly accelerator: string;
  /** Accelerators of one engine. */
  readonly accelerators: number;
  /** Engines of this kind in all pools. */
  readonly replicas: number;
}

/**
 * Every kind of engine that stands, with the class of its prediction and the band of the time per token: measured on this
 * pair of chip and model, interpolated between measured ones, or extrapolated. The least sure come first.
 */
export function enginePredictions(world: World, deployment: Deployment): EnginePrediction[] {
  const kinds = new Map<string, EnginePrediction>();
  for (const pool of deployment.pools) {
    const module = world.modules[pool.module]!;
    for (const group of pool.groups) {
      const workload = world.workloads[group.workloads[0]!]!;
      const model = world.models[workload.model]!;
      const engine = world.engines[workload.engine]!;
      const key = [module.id, model.id, engine.id, workload.weightPrecision, group.tensorParallel].join("\t");
      const known = kinds.get(key);
      const served = group.workloads.map((position) => world.workloads[position]!.id);
      if (known !== undefined) {
        const workloads = world.workloads
          .map(({ id }) => id)
          .filter((id) => known.workloads.includes(id) || served.includes(id));
        kinds.set(key, { ...known, workloads, replicas: known.replicas + group.replicas });
        continue;
      }
      const spec = engineSpec({
        accelerator: module.accelerator,
        accelerators: group.tensorParallel,
        model,
        engine,
        weightPrecision: workload.weightPrecision,
        kvPrecision: workload.kvPrecision,
      });
      const replica = spec && compileReplica(spec);
      if (replica === null) continue;
      kinds.set(key, {
        workloads: served,
        model: model.id,
        engine: engine.id,
        module: module.id,
        accelerator: module.accelerator.id,
        accelerators: group.tensorParallel,
        replicas: group.replicas,
        ...predictionClass(replica),
      });
    }
  }
  return [...kinds.values()].toSorted((a, b) => b.bandRatio - a.bandRatio || b.replicas - a.replicas);
}
