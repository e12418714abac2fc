/**
 * Models that do not fit an accelerator together stand apart. The problem that the search solves counts module time and lets
 * any demands share a module; where their engines find no memory beside each other, modules are added, or the requests of a
 * model go elsewhere, whichever costs less. The bound of the search holds for these plans too: they are among all plans.
 */
import { CrowdedPools, type ModulePlace, type PlacedKind } from "./crowded-pools.ts";
import type { Stage } from "../world/failover-terms.ts";
import { createPlanState, negligible, type PlanState } from "../search/plan-state.ts";
import { objectiveUsd, type PlanProblem, type ProblemSolution } from "../problem/problem.ts";
import { buyForRow, moveTables, placeRow, type MoveTables } from "../search/row-moves.ts";

/** What it took that models stand apart. */
export interface Apart {
  /** Places where models did not fit together, by site, kind of module and period. */
  readonly places: number;
  /** What the plan costs more than the one in which they did, in the money of the problem. */
  readonly usd: number;
  /** Places where they still do not, as limits leave no way. */
  readonly crowded: number;
  /** True where the bound knows that they do not fit, so that the gap is of plans in which they stand apart. */
  readonly inBound?: true;
}

/**
 * Rounds in which what is moved may come to stand beside others that it does not fit. After these it is left unserved, so that
 * it ends.
 */
const freeRounds = 4;
/** Looks at a place up to which all of them are looked at for each move: some seconds. */
const closeLooks = 200_000;
const improvingPasses = 3;
/** An arc at this price is not used: leaving any demand unserved costs less, USD. */
const bannedUsd = 1e18;

/**
 * @param mayMove Whether requests may be served elsewhere than in `solution`; else only modules are added.
 * @param known Known from plans of the same problem before; then nothing is improved, as a search follows that does it better.
 * @returns The solution with models apart that do not fit together; `solution` itself and null where all do.
 */
export function standApart(
  problem: PlanProblem,
  stages: readonly Stage[],
  solution: ProblemSolution,
  mayMove: boolean,
  known?: CrowdedPools,
): { readonly solution: ProblemSolution; readonly apart: Apart | null } {
  const pools = known ?? new CrowdedPools(problem, stages);
  let crowded = pools.of(solution);
  if (crowded.length === 0) return { solution, apart: null };
  // What may not be used is written into the prices, so these are a copy.
  const priced = { ...problem, arcs: { ...problem.arcs, usd: problem.arcs.usd.slice() } };
  const state = createPlanState(priced, solution, mostModules(problem));
  const tables = moveTables(priced, problem.pools.usd);
  const places = crowded.length;
  for (let round = 0, changed = true; crowded.length > 0 && changed; round++) {
    changed = false;
    const looks = crowded.length * pools.standing(state).length <= closeLooks;
    const terms = { mayPlace: round < freeRounds, looks };
    for (const place of crowded) {
      const kinds = mayMove ? subsets(pools.kindsAt(place, state)) : [];
      const moves = kinds.map((some) => () => moveAway(place, some, pools, state, tables, terms));
      const way = cheapest([() => addModules(place, pools, state), ...moves], state, () => true);
      if (way === null) continue;
      way();
      changed = true;
    }
    crowded = pools.of(state);
  }
  priced.arcs.usd.set(problem.arcs.usd);
  if (mayMove && known === undefined && crowded.length === 0) improve(pools, state, tables);
  const apart = state.solution();
  const usd = objectiveUsd(problem, apart) - objectiveUsd(problem, solution);
  return { solution: apart, apart: { places, usd, crowded: crowded.length } };
}

/** What power and the limits of a pool allow: models apart may need more modules than their module time. */
function mostModules({ pools, sites }: PlanProblem): Float64Array {
  return Float64Array.from({ length: pools.count }, (_, pool) => {
    const kw = pools.kw[pool]!;
    const byPower = kw > 0 ? Math.floor(sites.kw[pools.site[pool]!]! / kw + negligible) : Infinity;
    return Math.min(pools.maxCount[pool]!, byPower);
  });
}

/** A change of the state; `take` returns what takes back what the state does not remember, or null where it leads nowhere. */
type Way = () => (() => void) | null;

/** The way that costs least, of those that break no limit and end in a state that `allows`; null where there is none. */
function cheapest(ways: readonly Way[], state: PlanState, allows: () => boolean, belowUsd = Infinity): Way | null {
  let best: Way | null = null;
  let bestUsd = belowUsd;
  for (const way of ways) {
    const brokenBefore = state.brokenLimits;
    state.checkpoint();
    const before = state.costUsd;
    const undo = way();
    const usd = undo === null || state.brokenLimits > brokenBefore ? Infinity : state.costUsd - before;
    const isBetter = usd < bestUsd && allows();
    state.rollback();
    undo?.();
    if (isBetter) [best, bestUsd] = [way, usd];
  }
  return best;
}

/** Each kind, and the smallest together: of many small kinds more than one may have to go. */
function subsets(kinds: readonly PlacedKind[]): (readonly PlacedKind[])[] {
  return [...kinds.map((kind) => [kind]), ...kinds.slice(1).map((_, last) => kinds.slice(0, last + 2))];
}

/**
 * What was parted place by place may be better brought together elsewhere: takes kinds away wherever that is cheaper and
 * leaves no place crowded. Only as long as looking at all places for each move is quick.
 */
function improve(pools: CrowdedPools, state: PlanState, tables: MoveTables): void {
  for (let pass = 0, changed = true; changed && pass < improvingPasses; pass++) {
    changed = false;
    const places = pools.standing(state);
    if (places.length ** 2 > closeLooks) return;
    for (const place of places) {
      const terms = { mayPlace: true, looks: true };
      const ways = subsets(pools.kindsAt(place, state)).map(
        (some) => () => moveAway(place, some, pools, state, tables, terms),
      );
      const way = cheapest(ways, state, () => pools.of(state).length === 0, -tables.negligibleUsd);
      if (way === null) continue;
      way()!();
      changed = true;
    }
  }
}

/** More modules, until each model finds accelerators of its own. */
function addModules(place: ModulePlace, pools: CrowdedPools, state: PlanState): (() => void) | null {
  const kinds = pools.kindCount(place, state);
  for (let added = 0; added < kinds; added++) {
    const fitting = place.pools.filter((pool) => state.fits(pool, 1));
    if (fitting.length === 0) return null;
    const cheapest = fitting.reduce((a, b) => (state.nextModuleUsd(b) < state.nextModuleUsd(a) ? b : a));
    state.build(cheapest, state.modules[cheapest]! + 1);
    if (pools.fits(place, state)) return () => {};
  }
  return null;
}

/** The requests of some kinds go where they are served best without this place, which keeps no more modules than it needs. */
function moveAway(
  place: ModulePlace,
  kinds: readonly PlacedKind[],
  pools: CrowdedPools,
  state: PlanState,
  tables: MoveTables,
  { mayPlace, looks }: { readonly mayPlace: boolean; readonly looks: boolean },
): (() => void) | null {
  const { arcs } = state.problem;
  const rows = new Set<number>();
  const prices: [arc: number, usd: number][] = [];
  const ban = (where: ModulePlace, kind: number): void => {
    for (const arc of pools.arcsOfKind(where, kind)) {
      prices.push([arc, arcs.usd[arc]!]);
      arcs.usd[arc] = bannedUsd;
    }
  };
  for (const { kind, arcs: placed } of kinds) {
    for (const arc of placed) {
      rows.add(tables.rowOf[arc]!);
      state.serve(tables.rowOf[arc]!, arc, -state.share[arc]!);
    }
    ban(place, kind);
    if (looks) for (const where of pools.closedTo(kind, place.stage, state)) if (where !== place) ban(where, kind);
  }
  const undo = (): void => {
    for (const [arc, usd] of prices.toReversed()) arcs.usd[arc] = usd;
  };
  if (!pools.fits(place, state)) {
    undo();
    return null;
  }
  for (const pool of place.pools) giveBack(pool, place, pools, state);
  if (!mayPlace) return undo;
  for (const row of rows) placeRow(state, tables, row);
  for (const row of rows) buyForRow(state, tables, row);
  return undo;
}

/** Fewer modules where what stays needs fewer; what other periods count on is left. */
function giveBack(pool: number, place: ModulePlace, pools: CrowdedPools, state: PlanState): void {
  const least = state.problem.pools.minCount[pool]!;
  for (let count = state.modules[pool]!; count > least && state.earlier[pool]! < 0; count--) {
    if (state.load[pool]! > count - 1 + negligible) return;
    state.build(pool, count - 1);
    const serves = state.load[pool]! > 0 || pools.kindsAt(place, state).length === 0;
    if (serves && pools.fits(place, state)) continue;
    state.build(pool, count);
    return;
  }
}
