/**
 * First plans from the averaged choices of the bound: stand what was chosen often, serve everyone by the cheapest priced
 * arc, then mend: buy what pays, shrink what does not.
 */
import { arcsByPool, rowsOfArcs } from "./formulate.ts";
import type { LagrangianResult } from "./lagrangian.ts";
import { evict, mend } from "./mend-plan.ts";
import { createPlanState, negligible, type PlanState } from "./plan-state.ts";
import type { PlanProblem } from "./problem.ts";
import { emptySolution } from "./solution-path.ts";

/** What the moves need to look things up quickly; made once per problem. */
export interface MoveTables {
  readonly byPool: { readonly starts: Int32Array; readonly arc: Int32Array };
  readonly rowOf: Int32Array;
  /** Arcs of each row from the cheapest to the dearest, modules priced as the bound prices them. */
  readonly ranked: Int32Array;
  readonly poolsOfSite: readonly (readonly number[])[];
  /**
   * Less than this is rounding, not a saving, USD/year. A share of the money at stake, not of the cost: where limits have
   * prices the cost may be anything, nothing included, and a move that pays back and forth would never end.
   */
  readonly negligibleUsd: number;
}

const negligibleRatio = 1e-9;

export function moveTables(problem: PlanProblem, modulePrice: Float64Array): MoveTables {
  const { arcs, pools } = problem;
  const priced = Float64Array.from(arcs.usd, (usd, arc) => usd + arcs.load[arc]! * modulePrice[arcs.pool[arc]!]!);
  const ranked = new Int32Array(arcs.pool.length);
  for (let arc = 0; arc < ranked.length; arc++) ranked[arc] = arc;
  for (let row = 0; row < problem.rows.count; row++) {
    ranked.subarray(arcs.starts[row]!, arcs.starts[row + 1]!).sort((a, b) => priced[a]! - priced[b]! || a - b);
  }
  const poolsOfSite: number[][] = Array.from({ length: problem.sites.count }, () => []);
  for (let pool = 0; pool < pools.count; pool++) poolsOfSite[pools.site[pool]!]!.push(pool);
  const atStakeUsd = problem.rows.unservedUsd.reduce((sum, usd) => sum + usd, 0);
  const negligibleUsd = negligibleRatio * atStakeUsd;
  return { byPool: arcsByPool(problem), rowOf: rowsOfArcs(problem), ranked, poolsOfSite, negligibleUsd };
}

/**
 * How averaged choices become whole ones. `modules`: each pool's average, rounded up from `threshold` of a module on.
 * `sites`: sites open at least `threshold` of the time get what they have when open, the others nothing; better where many
 * sites are each open a little of the time.
 */
export interface Rounding {
  readonly by: "modules" | "sites";
  readonly threshold: number;
}

/** The counts a rounding asks for, per pool. */
export function roundedCounts(
  { pools, sites }: PlanProblem,
  bound: LagrangianResult,
  { by, threshold }: Rounding,
): Float64Array {
  return bound.modules.map((average, pool) => {
    const site = pools.site[pool]!;
    if (by === "modules") return Math.floor(average + 1 - threshold);
    if (bound.open[site]! < threshold && sites.forced[site] === 0) return 0;
    return Math.floor(average / Math.max(bound.open[site]!, 0.05) + 0.5);
  });
}

/**
 * A plan around wanted module counts, as far as they fit: everyone is served as cheaply as they allow, then it is mended.
 * Where a limit is scarce, what it charges at the bound's prices is part of every cost first, so that it goes to those who
 * gain most by it; what is left of it is then used at plain costs.
 */
export function planAround(
  problem: PlanProblem,
  bound: LagrangianResult,
  tables: MoveTables,
  wanted: Float64Array,
  stop: () => boolean,
): PlanState {
  if (bound.limitPrice.every((price) => price === 0)) return built(problem, bound, tables, wanted, stop).state;
  const priced = built(withLimitPrices(problem, bound), bound, tables, wanted, stop);
  const state = createPlanState(problem, priced.state.solution());
  improve(state, tables, priced.rowOrder, stop);
  return state;
}

/** The problem with what its limits charge in the costs of sites and modules. */
function withLimitPrices(problem: PlanProblem, { limitPrice }: LagrangianResult): PlanProblem {
  const poolUsd = problem.pools.usd.slice();
  const siteUsd = problem.sites.usd.slice();
  for (const [l, limit] of problem.limits.entries()) {
    if (limitPrice[l] === 0) continue;
    for (const [i, pool] of limit.pools.entries()) poolUsd[pool]! += limitPrice[l]! * limit.poolWeights[i]!;
    for (const [i, site] of limit.sites.entries()) siteUsd[site]! += limitPrice[l]! * limit.siteWeights[i]!;
  }
  return { ...problem, pools: { ...problem.pools, usd: poolUsd }, sites: { ...problem.sites, usd: siteUsd } };
}

function built(
  problem: PlanProblem,
  bound: LagrangianResult,
  tables: MoveTables,
  wanted: Float64Array,
  stop: () => boolean,
): { state: PlanState; rowOrder: readonly number[] } {
  const state = createPlanState(problem, emptySolution(problem));
  state.lenient = true;
  const order = Array.from({ length: problem.sites.count }, (_, site) => site).sort(
    (a, b) => bound.open[b]! - bound.open[a]! || a - b,
  );
  for (const site of order) {
    for (const pool of tables.poolsOfSite[site]!) {
      let count = wanted[pool]!;
      while (count > state.modules[pool]! && !state.fits(pool, count - state.modules[pool]!)) count--;
      if (count > state.modules[pool]!) state.build(pool, count);
    }
  }
  // What stands in the last period may be bought earlier at little cost, so the periods are filled from the last on.
  const age = new Int32Array(problem.pools.count);
  for (let pool = 0; pool < age.length; pool++) {
    for (let p = state.earlier[pool]!; p >= 0; p = state.earlier[p]!) age[pool]!++;
  }
  const ageOf = Int32Array.from({ length: problem.rows.count }, (_, row) => {
    const first = problem.arcs.starts[row]!;
    return first < problem.arcs.starts[row + 1]! ? age[problem.arcs.pool[first]!]! : 0;
  });
  const rowOrder = Array.from({ length: problem.rows.count }, (_, row) => row).sort(
    (a, b) => ageOf[b]! - ageOf[a]! || bound.rowPrice[b]! - bound.rowPrice[a]! || a - b,
  );
  for (const row of rowOrder) placeRow(state, tables, row);
  if (state.hasTwoSided) {
    buyForUnserved(state, tables, rowOrder);
    mend(state, tables);
  }
  state.lenient = false;
  improve(state, tables, rowOrder, stop);
  return { state, rowOrder };
}

/** Serves what is unserved of a row with the modules that stand, cheapest first. */
export function placeRow(state: PlanState, tables: MoveTables, row: number): void {
  const { arcs, rows } = state.problem;
  for (let i = arcs.starts[row]!; i < arcs.starts[row + 1]! && state.unserved[row]! > negligible; i++) {
    const arc = tables.ranked[i]!;
    if (arcs.usd[arc]! >= rows.unservedUsd[row]!) continue;
    const part = Math.min(state.unserved[row]!, state.room(row, arc));
    if (part > negligible) state.serve(row, arc, part);
  }
}

const improvementRounds = 4;

/** Buys and shrinks until nothing pays any more. */
export function improve(state: PlanState, tables: MoveTables, rowOrder: readonly number[], stop: () => boolean): void {
  for (let round = 0; round < improvementRounds && !stop(); round++) {
    const before = state.costUsd;
    buyForUnserved(state, tables, rowOrder);
    shrinkAll(state, tables, stop);
    if (before - state.costUsd <= 1e-4 * Math.abs(before)) return;
  }
}

/** Adds modules where the unserved demand in their reach pays for them. */
function buyForUnserved(state: PlanState, tables: MoveTables, rowOrder: readonly number[]): void {
  for (const row of rowOrder) buyForRow(state, tables, row);
}

/** Pools looked at closely for a row: the cheapest by what serving it there would add. */
const closeLooks = 3;
/** Arcs of a row looked at, the cheapest first. */
const arcsLookedAt = 400;
/** Modules bought for one row at most. */
const purchasesPerRow = 64;

function buyForRow(state: PlanState, tables: MoveTables, row: number): void {
  const { arcs, rows } = state.problem;
  for (let turn = 0; turn < purchasesPerRow && state.unserved[row]! > 1e-6; turn++) {
    const looks: { arc: number; usd: number }[] = [];
    const last = Math.min(arcs.starts[row + 1]!, arcs.starts[row]! + arcsLookedAt);
    for (let i = arcs.starts[row]!; i < last; i++) {
      const arc = tables.ranked[i]!;
      const pool = arcs.pool[arc]!;
      const part = Math.min(1, state.unserved[row]! * arcs.load[arc]!);
      // Part of a module at an open site, all of the opening elsewhere.
      const usd = state.unserved[row]! * arcs.usd[arc]! + part * state.nextModuleUsd(pool) + state.nextOpeningUsd(pool);
      if (looks.length === closeLooks && usd >= looks[closeLooks - 1]!.usd) continue;
      if (!state.fits(pool, 1)) continue;
      looks.push({ arc, usd });
      looks.sort((a, b) => a.usd - b.usd || a.arc - b.arc);
      if (looks.length > closeLooks) looks.pop();
    }
    let bestPool = -1;
    let bestGain = 1e-6;
    for (const { arc } of looks) {
      const pool = arcs.pool[arc]!;
      // The row alone usually does not fill a module: what else is unserved in reach counts too.
      let gain = -state.nextModuleUsd(pool) - state.nextOpeningUsd(pool);
      let free = 1 + state.modules[pool]! - state.load[pool]!;
      const take = (r: number, a: number): void => {
        const part = Math.min(state.unserved[r]!, arcs.load[a]! > 0 ? free / arcs.load[a]! : 1);
        if (part <= 0) return;
        gain += part * (rows.unservedUsd[r]! - arcs.usd[a]!);
        free -= part * arcs.load[a]!;
      };
      take(row, arc);
      for (let j = tables.byPool.starts[pool]!; j < tables.byPool.starts[pool + 1]! && free > negligible; j++) {
        const other = tables.byPool.arc[j]!;
        const r = tables.rowOf[other]!;
        if (r !== row && state.unserved[r]! > negligible && rows.unservedUsd[r]! > arcs.usd[other]!) take(r, other);
      }
      if (gain > bestGain) {
        bestGain = gain;
        bestPool = pool;
      }
    }
    if (bestPool < 0) return;
    state.build(bestPool, state.modules[bestPool]! + 1);
    const before = state.unserved[row]!;
    placeRow(state, tables, row);
    for (let j = tables.byPool.starts[bestPool]!; j < tables.byPool.starts[bestPool + 1]!; j++) {
      if (state.modules[bestPool]! - state.load[bestPool]! <= negligible) break;
      const r = tables.rowOf[tables.byPool.arc[j]!]!;
      if (state.unserved[r]! > negligible) placeRow(state, tables, r);
    }
    if (state.unserved[row]! >= before - negligible) return;
  }
}

/** Tries to shut every site and to take one module from every pool, keeping what makes the plan cheaper. */
function shrinkAll(state: PlanState, tables: MoveTables, stop: () => boolean): void {
  const { pools, sites } = state.problem;
  const fill = (site: number): number => {
    let used = 0;
    let cost = sites.usd[site]!;
    for (const pool of tables.poolsOfSite[site]!) {
      used += state.load[pool]! * pools.usd[pool]!;
      cost += state.modules[pool]! * pools.usd[pool]!;
    }
    return used / Math.max(cost, 1e-9);
  };
  const open = Array.from({ length: sites.count }, (_, site) => site).filter((site) => state.standing[site]! > 0);
  const order = open.map((site) => ({ site, fill: fill(site) })).sort((a, b) => a.fill - b.fill || a.site - b.site);
  for (const { site } of order) {
    if (stop()) return;
    if (!tryCounts(state, tables, site, () => 0)) {
      for (const pool of tables.poolsOfSite[site]!) {
        while (
          !stop() &&
          state.modules[pool]! > 0 &&
          tryCounts(state, tables, site, (p) => state.modules[p]! - (p === pool ? 1 : 0))
        );
      }
    }
  }
}

/** Rows for which modules are bought elsewhere when a site shrinks. */
const purchasesPerMove = 12;

/** Sets the module counts of a site, moves what no longer fits elsewhere, and keeps it if the plan became cheaper. */
function tryCounts(state: PlanState, tables: MoveTables, site: number, countOf: (pool: number) => number): boolean {
  const { pools } = state.problem;
  state.checkpoint();
  const before = state.costUsd;
  const broken = state.brokenLimits;
  const moved: number[] = [];
  for (const pool of tables.poolsOfSite[site]!) {
    const count = Math.max(pools.minCount[pool]!, countOf(pool));
    if (count === state.modules[pool]) continue;
    state.build(pool, count);
    // What is not bought now did not stand before either.
    for (let p = pool; p >= 0; p = state.earlier[p]!) evict(state, tables, p, moved);
  }
  // Removing modules saves this much at most; buying elsewhere must not cost more.
  for (const row of moved) placeRow(state, tables, row);
  let purchases = 0;
  for (const row of moved) {
    if (state.unserved[row]! <= 1e-6 || purchases >= purchasesPerMove) continue;
    buyForRow(state, tables, row);
    purchases++;
  }
  const saving = before - state.costUsd;
  const least = Math.max(tables.negligibleUsd, negligibleRatio * Math.abs(before));
  if (saving > least && state.brokenLimits <= broken) return true;
  state.rollback();
  return false;
}
