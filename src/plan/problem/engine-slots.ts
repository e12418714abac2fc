/**
 * Which engines serve which arcs, where not all models fit the accelerators of a place together. An engine takes at least a share of
 * the memory of its accelerators; whatever is served with a kind of engine needs at least one of it. `engine/slots-of-world.ts` makes
 * it; problems in which everything fits have none.
 */
import type { PlanProblem, ProblemSolution } from "./problem.ts";

/** Engines of one model and size at one place. */
export interface EngineKind {
  readonly place: number;
  /** Position of the model they run, as in `modelOfRow`. */
  readonly model: number;
  /** Accelerators of each. */
  readonly accelerators: number;
  /** Least share of the memory of its accelerators that each takes. */
  readonly leastRatio: number;
  /** Whole accelerators that each takes at least, so that what stands together adds up to no more than there are. */
  readonly room: number;
  /** Engines that a module's time of load keeps busy, without headroom: no layout has fewer. */
  readonly enginesPerLoad: number;
}

/** The modules of one kind at one site in one period. */
export interface EnginePlace {
  /** Pools of the problem, bought ones and those that stood there. */
  readonly pools: readonly number[];
  /** Accelerators of a module. */
  readonly accelerators: number;
  /** Positions of the kinds of engines that it may be asked for. */
  readonly kinds: readonly number[];
  /** False where an engine of each kind fits on one accelerator. */
  readonly isScarce: boolean;
  /** Modules that engines take at most beyond the time of their load, as each kind has a whole number of them; 0 where none is scarce. */
  readonly roundingUp: number;
}

export interface EngineSlots {
  /** Position of the kind that serves each arc; -1 for what needs none. */
  readonly kindOfArc: Int32Array;
  /** Which model each row runs, from 0; -1 for what needs none. */
  readonly modelOfRow: Int32Array;
  readonly modelCount: number;
  readonly kinds: readonly EngineKind[];
  /** In the order of their first pools. */
  readonly places: readonly EnginePlace[];
}

/** Places of each site, in the order of their first pools. */
export function placesBySite({ pools, sites }: PlanProblem, slots: EngineSlots): number[][] {
  const bySite: number[][] = Array.from({ length: sites.count }, () => []);
  for (const [place, { pools: own }] of slots.places.entries()) bySite[pools.site[own[0]!]!]!.push(place);
  return bySite;
}

/** What a model takes of the room of a site's places if it is served there at all: the least of one engine, by place. */
export interface ModelCharge {
  /** Position of the place among those of its site. */
  readonly place: number;
  readonly room: number;
}

/** Charges by site and model: those of model m at site s at `s * modelCount + m`. */
export function modelCharges(
  problem: PlanProblem,
  slots: EngineSlots,
  bySite = placesBySite(problem, slots),
): ModelCharge[][] {
  return bySite.flatMap((places) => {
    const ofModel: ModelCharge[][] = Array.from({ length: slots.modelCount }, () => []);
    for (const [place, position] of places.entries()) {
      const least = new Map<number, number>();
      for (const kind of slots.places[position]!.kinds) {
        const { model, room } = slots.kinds[kind]!;
        least.set(model, Math.min(room, least.get(model) ?? Infinity));
      }
      for (const [model, room] of least) ofModel[model]!.push({ place, room });
    }
    return ofModel;
  });
}

/** The fewest engines of each kind that what a solution serves with it needs. */
export function leastEngines({ arcs }: PlanProblem, slots: EngineSlots, { share }: ProblemSolution): Float64Array {
  const engines = new Float64Array(slots.kinds.length);
  const serves = new Uint8Array(slots.kinds.length);
  for (let arc = 0; arc < share.length; arc++) {
    const kind = slots.kindOfArc[arc]!;
    if (kind < 0 || !(share[arc]! > 0)) continue;
    serves[kind] = 1;
    engines[kind]! += share[arc]! * arcs.load[arc]! * slots.kinds[kind]!.enginesPerLoad;
  }
  return engines.map((busy, kind) => Math.max(serves[kind]!, Math.ceil(busy - 1e-9)));
}

/** The slots of a problem that has only some of the arcs; `arc` holds their positions, -1 for what is none of them. */
export function slotsOverArcs(slots: EngineSlots, arc: Int32Array | readonly number[]): EngineSlots {
  return { ...slots, kindOfArc: Int32Array.from(arc, (from) => (from < 0 ? -1 : slots.kindOfArc[from]!)) };
}

/** The slots of a part with some pools, rows and arcs; `localPool` says where each of its pools stands there. */
export function slotsOfPart(
  slots: EngineSlots,
  localPool: ReadonlyMap<number, number>,
  row: readonly number[],
  arc: readonly number[],
): EngineSlots {
  const places: EnginePlace[] = [];
  const kindAt = new Map<number, number>();
  const kinds: EngineKind[] = [];
  for (const place of slots.places) {
    if (!localPool.has(place.pools[0]!)) continue;
    for (const kind of place.kinds) {
      kindAt.set(kind, kinds.length);
      kinds.push({ ...slots.kinds[kind]!, place: places.length });
    }
    const pools = place.pools.map((pool) => localPool.get(pool)!);
    places.push({ ...place, pools, kinds: place.kinds.map((kind) => kindAt.get(kind)!) });
  }
  return {
    kindOfArc: Int32Array.from(arc, (from) => kindAt.get(slots.kindOfArc[from]!) ?? -1),
    modelOfRow: Int32Array.from(row, (from) => slots.modelOfRow[from]!),
    modelCount: slots.modelCount,
    kinds,
    places,
  };
}
