import type { World } from "../../catalog/index.ts";
import { asciiJson } from "../wire/byte-text.ts";
import type { ByteText } from "../wire/ports.ts";

/** A name callers may use for `model`. */
export interface ModelName {
  readonly id: string;
  /** Position in `World.workloads`: its budget, data class and price apply. */
  readonly workload: number;
  readonly emulated: boolean;
  /** Some engine stands behind it; a name without one is known, so that asking for it tells what is missing. */
  readonly served: boolean;
}

/**
 * The names that can be asked for. `disperse/<workload>` names a workload with its budget and data class; the model's
 * own id stands for the workload with the loosest first-token budget among those that use the model and have an engine,
 * because its caller has promised nothing stricter. Models behind emulated engines say so in their id.
 */
export function modelNames(
  world: World,
  isEmulated: (workload: number) => boolean,
  isServed: (workload: number) => boolean,
): ModelName[] {
  const names: ModelName[] = world.workloads.map((workload, index) => ({
    id: `disperse/${workload.id}`,
    workload: index,
    emulated: isEmulated(index),
    served: isServed(index),
  }));
  for (const [model, { id }] of world.models.entries()) {
    let loosest = -1;
    for (const [index, workload] of world.workloads.entries()) {
      if (workload.model !== model) continue;
      // One that is served stands before one that is not.
      const better = loosest < 0 ? 1 : Number(isServed(index)) - Number(isServed(loosest));
      if (better > 0 || (better === 0 && workload.ttft.budgetMs > world.workloads[loosest]!.ttft.budgetMs))
        loosest = index;
    }
    if (loosest < 0) continue;
    const emulated = isEmulated(loosest);
    names.push({ id: emulated ? emulatedId(id) : id, workload: loosest, emulated, served: isServed(loosest) });
  }
  return names;
}

/** The id under which an emulated model goes by. */
export function emulatedId(modelId: string): string {
  return `emulated/${modelId}`;
}

/** OpenAI's list of models: those that somebody answers to. */
export function modelList(names: readonly ModelName[], createdS: number): ByteText {
  const served = names.filter((name) => name.served);
  return asciiJson({ object: "list", data: served.map((name) => modelObject(name, createdS)) });
}

export function modelObject({ id }: ModelName, createdS: number): object {
  return { id, object: "model", created: createdS, owned_by: "disperse" };
}
