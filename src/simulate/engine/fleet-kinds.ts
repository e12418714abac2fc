/** The engines of a deployment by kind: what those of equal hardware, model and share of it have in common. */
import { compileReplica } from "../../perf/index.ts";
import { groupEngine, placesOf, type Group, type Routes } from "../../route/index.ts";
import { engineCosts, type EngineCosts } from "./engine-costs.ts";
import { engineKind, type EngineKind } from "./engine-kind.ts";
import type { Records } from "../chance/records.ts";

/** One set of coefficients per group; groups of equal hardware, model and share have the same object. */
export function compileCosts(routes: Routes): (EngineCosts | null)[] {
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
export function compileKinds(costs: readonly (EngineCosts | null)[], records: Records) {
  const kinds = new Map<EngineCosts, EngineKind>();
  return costs.map((each): EngineKind | null => {
    if (each === null) return null;
    let kind = kinds.get(each);
    if (kind === undefined) kinds.set(each, (kind = engineKind(each, records)));
    return kind;
  });
}

/** Requests that each engine of a group takes at once; `Infinity` where no costs are given for it. */
export function compilePlaces({ groups, policy }: Routes, costs: readonly (EngineCosts | null)[]): Float64Array {
  return Float64Array.from(groups, ({ workloads }, group) => {
    const engine = costs[group];
    if (engine == null) return Number.POSITIVE_INFINITY;
    const { maxSequences, kvBlocks, kvBlockTokens, split } = engine;
    const units = split?.decodeUnits ?? 1;
    const room = { maxSequences: units * maxSequences, kvTokenCapacity: units * kvBlocks * kvBlockTokens };
    return placesOf(room, policy.world.workloads[workloads[0]!]!);
  });
}

function costsOfGroup(world: Routes["policy"]["world"], group: Group): EngineCosts | null {
  const spec = groupEngine(world, group);
  const replica = spec && compileReplica(spec);
  return replica ? engineCosts(replica, group.speedRatio) : null;
}
