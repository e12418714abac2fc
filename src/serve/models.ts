import type { World } from "../catalog/index.ts";
import { asciiJson } from "./byte-text.ts";
import type { ByteText } from "./ports.ts";

/** A name callers may use for `model`. */
export interface ModelName {
  readonly id: string;
  /** Position in `World.workloads`: its budget, data class and price apply. */
  readonly workload: number;
  readonly emulated: boolean;
}

/**
 * The names that can be asked for. `disperse/<workload>` names a workload with its budget and data class; the model's
 * own id stands for the workload with the loosest first-token budget among those that use the model, because its
 * caller has promised nothing stricter. Models behind emulated engines say so in their id.
 */
export function modelNames(world: World, isEmulated: (workload: number) => boolean): ModelName[] {
  const names: ModelName[] = world.workloads.map((workload, index) => ({
    id: `disperse/${workload.id}`,
    workload: index,
    emulated: isEmulated(index),
  }));
  for (const [model, { id }] of world.models.entries()) {
    let loosest = -1;
    for (const [index, workload] of world.workloads.entries()) {
      if (workload.model !== model) continue;
      if (loosest < 0 || workload.ttft.budgetMs > world.workloads[loosest]!.ttft.budgetMs) loosest = index;
    }
    if (loosest < 0) continue;
    const emulated = isEmulated(loosest);
    names.push({ id: emulated ? emulatedId(id) : id, workload: loosest, emulated });
  }
  return names;
}

/** The id under which an emulated model goes by. */
export function emulatedId(modelId: string): string {
  return `emulated/${modelId}`;
}

/** OpenAI's list of models. */
export function modelList(names: readonly ModelName[], createdS: number): ByteText {
  return asciiJson({ object: "list", data: names.map((name) => modelObject(name, createdS)) });
}

export function modelObject({ id }: ModelName, createdS: number): object {
  return { id, object: "model", created: createdS, owned_by: "disperse" };
}
