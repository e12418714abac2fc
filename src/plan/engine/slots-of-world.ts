/** Engines of a problem's places, from the world: which models may stand beside each other, and what each takes. */
import { rowsOfArcs } from "../problem/formulate.ts";
import type { EngineKind, EnginePlace, EngineSlots } from "../problem/engine-slots.ts";
import type { PlanProblem } from "../problem/problem.ts";
import type { Stage } from "../world/failover-terms.ts";
import { placesOf } from "./crowded-pools.ts";
import { EngineNeeds } from "./engine-needs.ts";
import { roomsOf } from "./rooms.ts";

const fullMemory = 1 + 1e-9;

/** @returns The problem with its engines; itself where all models fit together everywhere. */
export function withEngines(problem: PlanProblem, stages: readonly Stage[]): PlanProblem {
  const engines = slotsOfWorld(problem, stages);
  return engines === null ? problem : { ...problem, engines };
}

function slotsOfWorld(problem: PlanProblem, stages: readonly Stage[]): EngineSlots | null {
  const needs = stages.map(({ planned }) => new EngineNeeds(planned));
  const mayCrowd = stages.some(({ planned }, stage) =>
    planned.world.modules.some((_, module) => !needs[stage]!.allFit(module)),
  );
  if (!mayCrowd) return null;
  const { arcs, pools } = problem;
  const { workloads, limits } = stages[0]!.planned.world;
  const models = [...new Set(workloads.keys().map((workload) => needs[0]!.modelOf(workload)))];
  const placeOfPool = new Int32Array(pools.count).fill(-1);
  const standing = stages.flatMap((stage, index) => placesOf(stage, index)).sort((a, b) => a.pools[0]! - b.pools[0]!);
  for (const [place, { pools: own }] of standing.entries()) for (const pool of own) placeOfPool[pool] = place;
  const modelOfRow = new Int32Array(problem.rows.count).fill(-1);
  const kindOfArc = new Int32Array(arcs.pool.length).fill(-1);
  const rowOf = rowsOfArcs(problem);
  const found: Omit<EngineKind, "room">[] = [];
  const kindAt = new Map<number, number>();
  const kindsOf: number[][] = standing.map(() => []);
  let [firstRow, stage] = [0, 0];
  for (let arc = 0; arc < arcs.pool.length; arc++) {
    const place = placeOfPool[arcs.pool[arc]!]!;
    if (place < 0) continue;
    while (rowOf[arc]! >= firstRow + stages[stage]!.planned.problem.rows.count) {
      firstRow += stages[stage++]!.planned.problem.rows.count;
    }
    const [row, local] = [rowOf[arc]! - firstRow, arc - stages[stage]!.arc];
    const { world, memberStarts, members } = stages[stage]!.planned;
    modelOfRow[rowOf[arc]!] = models.indexOf(
      needs[stage]!.modelOf(world.demand[members[memberStarts[row]!]!]!.workload),
    );
    const key = place * 2 ** 32 + needs[stage]!.kindOf(row, local);
    const known = kindAt.get(key);
    const { tensorParallel, replicasPerModule, leastRatio } = needs[stage]!.engineFor(row, local);
    if (known !== undefined) {
      kindOfArc[arc] = known;
      if (leastRatio < found[known]!.leastRatio) found[known] = { ...found[known]!, leastRatio };
      continue;
    }
    kindAt.set(key, (kindOfArc[arc] = found.length));
    kindsOf[place]!.push(found.length);
    found.push({
      place,
      model: modelOfRow[rowOf[arc]!]!,
      accelerators: tensorParallel,
      leastRatio,
      enginesPerLoad: limits.headroomRatio * replicasPerModule,
    });
  }
  const places = standing.map(({ stage: of, pools: own }, place): EnginePlace => {
    const { planned, pool } = stages[of]!;
    const { acceleratorCount } = planned.world.modules[planned.poolModule[own[0]! - pool]!]!;
    const kinds = kindsOf[place]!;
    const isScarce = kinds.reduce((sum, kind) => sum + found[kind]!.leastRatio, 0) > fullMemory;
    return {
      pools: own,
      accelerators: acceleratorCount,
      kinds,
      isScarce,
      roundingUp: isScarce ? more(kinds, acceleratorCount) : 0,
    };
  });
  if (!places.some(({ isScarce }) => isScarce)) return null;
  const room = new Float64Array(found.length);
  // Thousands of places ask for the same few sets.
  const knownRooms = new Map<string, number[]>();
  for (const { kinds } of places) {
    const ratios = kinds.map((kind) => found[kind]!.leastRatio);
    const weights = knownRooms.get(ratios.join()) ?? roomsOf(ratios);
    knownRooms.set(ratios.join(), weights);
    for (const [i, kind] of kinds.entries()) room[kind] = weights[i]! * found[kind]!.accelerators;
  }
  return {
    kindOfArc,
    modelOfRow,
    modelCount: models.length,
    kinds: found.map((kind, position) => ({ ...kind, room: room[position]! })),
    places,
  };

  /** A whole engine more of each kind; of those that leave part of a server empty, a server. */
  function more(kinds: readonly number[], accelerators: number): number {
    return kinds.reduce((sum, kind) => {
      const { accelerators: each } = found[kind]!;
      return sum + (accelerators % each === 0 ? each / accelerators : 1);
    }, 0);
  }
}
