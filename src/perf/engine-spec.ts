import type { Accelerator, EngineProfile, Model, Precision } from "../catalog/index.ts";
import type { ReplicaSpec } from "./memory.ts";

/**
 * The engine that a model runs on over `accelerators` chips: the profile says into how many stages it is cut, what is left
 * divides each layer. Null when the chips cannot be divided into so many stages.
 */
export function engineSpec(entry: {
  readonly accelerator: Accelerator;
  readonly accelerators: number;
  readonly model: Model;
  readonly engine: EngineProfile;
  readonly weightPrecision: Precision;
  readonly kvPrecision: Precision;
}): ReplicaSpec | null {
  const { accelerators, ...rest } = entry;
  const stages = entry.engine.pipelineParallel ?? 1;
  if (accelerators % stages !== 0) return null;
  return { ...rest, tensorParallel: accelerators / stages, ...(stages > 1 && { pipelineParallel: stages }) };
}
