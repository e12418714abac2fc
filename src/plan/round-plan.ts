/**
 * First plans from the averaged choices of the bound: stand what was chosen often, serve everyone by the cheapest priced
 * arc, then mend: buy what pays, shrink what does not.
 */
import { arcsByPool, rowsOfArcs } from "./formulate.ts";
import type { LagrangianResult } from "./lagrangian.ts";
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
}

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
  return { byPool: arcsByPool(problem), rowOf: rowsOfArcs(problem), ranked, poolsOfSite };
}

/** @param threshold Fractions of a module above this are rounded up. */
export function roundPlan(
  problem: PlanProblem,
  bound: LagrangianResult,
  tables: MoveTables,
  threshold: number,
  stop: () => boolean,
): PlanState {
  const state = createPlanState(problem, emptySolution(problem));
  const { pools } = problem;
  const order = Array.from({ length: pools.count }, (_, pool) => pool).sort(
    (a, b) => bound.modules[b]! - bound.modules[a]! || a - b,
  );
  for (const pool of order) {
    let count = Math.floor(bound.modules[pool]! + 1 - threshold);
    while (count > state.modules[pool]! && !state.fits(pool, count - state.modules[pool]!)) count--;
    if (count > state.modules[pool]!) state.build(pool, count);
  }
  const rowOrder = Array.from({ length: problem.rows.count }, (_, row) => row).sort(
    (a, b) => bound.rowPrice[b]! - bound.rowPrice[a]! || a - b,
  );
  for (const row of rowOrder) placeRow(state, tables, row);
  improve(state, tables, rowOrder, stop);
  return state;
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

/** Adds a module where the unserved demand in its reach pays for it. */
function buyForUnserved(state: PlanState, tables: MoveTables, rowOrder: readonly number[]): void {
  const { arcs, rows, pools, sites } = state.problem;
  for (const row of rowOrder) {
    // Several modules may be needed; each turn buys one, and a turn that buys nothing ends.
    for (let turn = 0; turn < 64 && state.unserved[row]! > 1e-6; turn++) {
      let bestPool = -1;
      let bestGain = 1e-6;
      for (let i = arcs.starts[row]!; i < Math.min(arcs.starts[row + 1]!, arcs.starts[row]! + 24); i++) {
        const arc = tables.ranked[i]!;
        const pool = arcs.pool[arc]!;
        if (pool === bestPool || !state.fits(pool, 1)) continue;
        const open = state.standing[pools.site[pool]!]! > 0 || sites.forced[pools.site[pool]!] === 1;
        const cost = pools.usd[pool]! + (open ? 0 : sites.usd[pools.site[pool]!]!);
        // The row alone usually does not fill a module: what else is unserved in reach counts too.
        let gain = -cost;
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
      if (bestPool < 0) break;
      state.build(bestPool, state.modules[bestPool]! + 1);
      const before = state.unserved[row]!;
      placeRow(state, tables, row);
      for (let j = tables.byPool.starts[bestPool]!; j < tables.byPool.starts[bestPool + 1]!; j++) {
        const r = tables.rowOf[tables.byPool.arc[j]!]!;
        if (state.unserved[r]! > negligible) placeRow(state, tables, r);
      }
      if (state.unserved[row]! >= before - negligible) break;
    }
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
          state.modules[pool]! > 0 &&
          tryCounts(state, tables, site, (p) => state.modules[p]! - (p === pool ? 1 : 0))
        );
      }
    }
  }
}

/** Sets the module counts of a site, moves what no longer fits elsewhere, and keeps it if the plan became cheaper. */
function tryCounts(state: PlanState, tables: MoveTables, site: number, countOf: (pool: number) => number): boolean {
  const { arcs, pools } = state.problem;
  state.checkpoint();
  const before = state.costUsd;
  const moved: number[] = [];
  for (const pool of tables.poolsOfSite[site]!) {
    const count = Math.max(pools.minCount[pool]!, countOf(pool));
    if (count === state.modules[pool]) continue;
    state.build(pool, count);
    let over = state.load[pool]! - count;
    if (over <= negligible) continue;
    for (let j = tables.byPool.starts[pool]!; j < tables.byPool.starts[pool + 1]! && over > negligible; j++) {
      const arc = tables.byPool.arc[j]!;
      if (state.share[arc] === 0) continue;
      const row = tables.rowOf[arc]!;
      const part =
        count === 0 || arcs.load[arc] === 0 ? state.share[arc]! : Math.min(state.share[arc]!, over / arcs.load[arc]!);
      state.serve(row, arc, -part);
      over -= part * arcs.load[arc]!;
      moved.push(row);
    }
    if (count === 0) {
      // Demand that takes no module time still needs a module to stand.
      for (let j = tables.byPool.starts[pool]!; j < tables.byPool.starts[pool + 1]!; j++) {
        const arc = tables.byPool.arc[j]!;
        if (state.share[arc]! > 0) {
          state.serve(tables.rowOf[arc]!, arc, -state.share[arc]!);
          moved.push(tables.rowOf[arc]!);
        }
      }
    }
  }
  for (const row of moved) {
    placeRow(state, tables, row);
    if (state.costUsd >= before && state.unserved[row]! > 1e-3) break;
  }
  if (state.costUsd < before - 1e-9 * Math.abs(before)) return true;
  state.rollback();
  return false;
}
