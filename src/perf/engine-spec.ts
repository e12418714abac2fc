import type { Accelerator, EngineProfile, Model, Precision } from "../catalog/index.ts";
import type { ReplicaSpec } from "./memory.ts";

/**
 * The engine that a model runs on over `accelerators` chips: the profile says into how many stages it is cut, and
 * units for prompts and answers, what is left divides each layer. Null when the chips cannot be divided into so many.
 */
export function engineSpec(entry: {
  readonly accelerator: Accelerator;
  readonly accelerators: number;
  readonly model: Model;
  readonly engine: EngineProfile;
  readonly weightPrecision: Precision;
  readonly kvPrecision: Precision;
  readonly memoryRatio?: number;
}): ReplicaSpec | null {
  const { accelerators, ...rest } = entry;
  const stages = entry.engine.pipelineParallel ?? 1;
  const parts = stages * unitsOf(entry.engine);
  if (accelerators % parts !== 0) return null;
  return { ...rest, tensorParallel: accelerators / parts, ...(stages > 1 && { pipelineParallel: stages }) };
}

/** Units of an engine that each hold the whole model: 1, or those for prompts and those for answers. */
function unitsOf({ split }: EngineProfile): number {
  return split ? split.prefillUnits + split.decodeUnits : 1;
}

/** Accelerators of a whole engine. */
export function acceleratorsOf({ engine, tensorParallel, pipelineParallel = 1 }: ReplicaSpec): number {
  return tensorParallel * pipelineParallel * unitsOf(engine);
}
