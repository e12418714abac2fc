/** Where a solution puts models on the same modules that do not fit them together. */
import { layOutEngines, type EngineNeed } from "./engine-layout.ts";
import { EngineNeeds, type CarriedArc } from "./engine-needs.ts";
import type { Stage } from "../world/failover-terms.ts";
import { arcsByPool, rowsOfArcs } from "../problem/formulate.ts";
import type { PlanProblem, ProblemSolution } from "../problem/problem.ts";
import type { ReserveMoves } from "./reserve-moves.ts";
import { spotAt } from "../problem/spots.ts";

/** The modules of one kind at one site in one period; pools of the whole problem, bought ones and those that stood there. */
export interface ModulePlace {
  readonly stage: number;
  readonly pools: readonly number[];
}

/** What a place serves with one kind of engine, and the modules it takes. */
export interface PlacedKind {
  readonly kind: number;
  readonly arcs: readonly number[];
  readonly load: number;
}

/** Share of a row that asks for an engine and takes next to none of its time. */
const trickle = 1e-6;

type Standing = Pick<ProblemSolution, "modules" | "share">;

export class CrowdedPools {
  readonly #problem: PlanProblem;
  readonly #stages: readonly Stage[];
  readonly #needs: readonly EngineNeeds[];
  /** Requests per second of each row at the peak, by stage and row of the period. */
  readonly #peakPerS: readonly Float64Array[];
  /** First row of each stage in the whole problem. */
  readonly #firstRow: readonly number[];
  readonly #places: readonly ModulePlace[];
  readonly #byPool: ReturnType<typeof arcsByPool>;
  readonly #rowOf: Int32Array;
  /** Kind of each arc's engines, -1 while nobody has asked; the same places are looked at again and again. */
  readonly #kinds: Int32Array;
  readonly #firstOf = new Map<ModulePlace, Map<number, number>>();
  readonly #reserve: readonly ReserveMoves[] | undefined;

  /** @param reserve What failures bring to each place, by stage: its engines have to fit beside the others; none when left out. */
  constructor(problem: PlanProblem, stages: readonly Stage[], reserve?: readonly ReserveMoves[]) {
    this.#reserve = reserve;
    this.#problem = problem;
    this.#stages = stages;
    this.#needs = stages.map(({ planned }) => new EngineNeeds(planned));
    this.#peakPerS = stages.map(({ planned: { world, period, demandRowCount, memberStarts, members } }) =>
      Float64Array.from({ length: demandRowCount }, (_, row) => {
        let peakPerS = 0;
        for (let i = memberStarts[row]!; i < memberStarts[row + 1]!; i++) {
          peakPerS += world.demand[members[i]!]!.peakPerS[period]!;
        }
        return peakPerS;
      }),
    );
    let rows = 0;
    this.#firstRow = stages.map(({ planned }) => (rows += planned.problem.rows.count) - planned.problem.rows.count);
    this.#places = stages.flatMap((stage, index) => placesOf(stage, index));
    this.#byPool = arcsByPool(problem);
    this.#rowOf = rowsOfArcs(problem);
    this.#kinds = new Int32Array(problem.arcs.pool.length).fill(-1);
  }

  /** Places whose models do not fit together, in the order of the problem. */
  of(standing: Standing): ModulePlace[] {
    return this.#places.filter((place) => !this.fits(place, standing));
  }

  /** Whether a place's engines fit its modules, those that a trickle over `also` would need included. */
  fits(place: ModulePlace, standing: Standing, also: readonly number[] = []): boolean {
    const needs = this.#needsOf(place, standing, also);
    // What has a place for itself fits: it would not have been offered otherwise.
    if (needs.length < 2) return true;
    const { planned, pool } = this.#stages[place.stage]!;
    const { acceleratorCount } = planned.world.modules[planned.poolModule[place.pools[0]! - pool]!]!;
    const count = place.pools.reduce((sum, each) => sum + standing.modules[each]!, 0);
    return layOutEngines(needs, count * acceleratorCount, planned.world.limits.headroomRatio) !== null;
  }

  /** Kinds of engines that a place needs, with those that only failures ask for. */
  kindCount(place: ModulePlace, standing: Standing): number {
    return this.#needsOf(place, standing, []).length;
  }

  /** What a place serves, by the kind of engine that does; the smallest kind first. */
  kindsAt(place: ModulePlace, standing: Standing): PlacedKind[] {
    const kinds = new Map<number, { kind: number; arcs: number[]; load: number }>();
    for (const arc of this.#arcsAt(place, standing)) {
      const kind = this.#kindOf(place.stage, arc);
      const placed = kinds.get(kind) ?? { kind, arcs: [], load: 0 };
      kinds.set(kind, placed);
      placed.arcs.push(arc);
      placed.load += standing.share[arc]! * this.#problem.arcs.load[arc]!;
    }
    return [...kinds.values()].sort((a, b) => a.load - b.load || a.kind - b.kind);
  }

  /** All arcs over which a place would serve requests with engines of a kind. */
  arcsOfKind({ stage, pools }: ModulePlace, kind: number): number[] {
    return pools.flatMap((pool) => this.#arcsOf(pool)).filter((arc) => this.#kindOf(stage, arc) === kind);
  }

  #arcsOf(pool: number): number[] {
    return [...this.#byPool.arc.subarray(this.#byPool.starts[pool]!, this.#byPool.starts[pool + 1]!)];
  }

  /** Places with modules, of one period, that could not have an engine of a kind beside what they serve. */
  closedTo(kind: number, stage: number, standing: Standing): ModulePlace[] {
    return this.standing(standing).filter((place) => {
      const arc = place.stage === stage ? this.#firstArcs(place).get(kind) : undefined;
      if (arc === undefined) return false;
      if (this.#arcsAt(place, standing).some((served) => this.#kindOf(stage, served) === kind)) return false;
      return !this.fits(place, standing, [arc]);
    });
  }

  /** An arc of each kind that a place may be asked for. */
  #firstArcs(place: ModulePlace): ReadonlyMap<number, number> {
    let first = this.#firstOf.get(place);
    if (first === undefined) {
      this.#firstOf.set(place, (first = new Map()));
      for (const arc of place.pools.flatMap((pool) => this.#arcsOf(pool))) {
        const kind = this.#kindOf(place.stage, arc);
        if (!first.has(kind)) first.set(kind, arc);
      }
    }
    return first;
  }

  /** Places where modules stand. */
  standing({ modules }: Standing): ModulePlace[] {
    return this.#places.filter(({ pools }) => pools.some((pool) => modules[pool]! > 0));
  }

  #kindOf(stage: number, arc: number): number {
    const known = this.#kinds[arc]!;
    if (known >= 0) return known;
    const kind = this.#needs[stage]!.kindOf(this.#localRow(stage, arc), arc - this.#stages[stage]!.arc);
    return (this.#kinds[arc] = kind);
  }

  #needsOf(place: ModulePlace, standing: Standing, also: readonly number[]): EngineNeed[] {
    const { planned, arc: firstArc, pool } = this.#stages[place.stage]!;
    const carried = [...this.#arcsAt(place, standing), ...also].map((arc): CarriedArc => {
      const row = this.#localRow(place.stage, arc);
      const share = standing.share[arc]! || trickle;
      return { row, arc: arc - firstArc, share, peakPerS: share * this.#peakPerS[place.stage]![row]! };
    });
    const { world, problem, poolModule } = planned;
    const first = place.pools[0]! - pool;
    const coming = this.#reserve?.[place.stage]?.get(spotAt(world, problem.pools.site[first]!, poolModule[first]!));
    return this.#needs[place.stage]!.of(poolModule[first]!, carried, coming);
  }

  /** Arcs that bring something to a place, in the order of rows, as a deployment lists them. */
  #arcsAt({ pools }: ModulePlace, { share }: Standing): number[] {
    const arcs: number[] = [];
    for (const pool of pools) {
      for (let j = this.#byPool.starts[pool]!; j < this.#byPool.starts[pool + 1]!; j++) {
        if (share[this.#byPool.arc[j]!]! !== 0) arcs.push(this.#byPool.arc[j]!);
      }
    }
    return pools.length > 1 ? arcs.sort((a, b) => a - b) : arcs;
  }

  /** Row of the period that a stacked problem's arc belongs to. */
  #localRow(stage: number, arc: number): number {
    return this.#rowOf[arc]! - this.#firstRow[stage]!;
  }
}

/** Places for inference of a period; one with a single model to serve can hold no two that do not fit. */
export function placesOf({ planned, pool: firstPool }: Stage, stage: number): ModulePlace[] {
  const { world, problem, poolModule, poolTrains, firstAuxiliary } = planned;
  const places = new Map<number, number[]>();
  for (let pool = 0; pool < firstAuxiliary; pool++) {
    if (poolTrains[pool]) continue;
    const key = spotAt(world, problem.pools.site[pool]!, poolModule[pool]!);
    places.set(key, [...(places.get(key) ?? []), firstPool + pool]);
  }
  return [...places.values()].map((pools) => ({ stage, pools }));
}
