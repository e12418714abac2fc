/**
 * First plans from the averaged choices of the bound: stand what was chosen often, serve everyone by the cheapest priced
 * arc, then mend: buy what pays, shrink what does not.
 */
import type { LagrangianResult } from "../bound/lagrangian.ts";
import { evict, mend } from "./mend-plan.ts";
import { createPlanState, type PlanState } from "./plan-state.ts";
import { openWhatPays } from "./opening-moves.ts";
import type { PlanProblem } from "../problem/problem.ts";
import { buyForRow, negligibleRatio, placeRow, type MoveTables } from "./row-moves.ts";
import { emptySolution } from "../problem/solution-path.ts";
import { atOnce, type Steps } from "../problem/steps.ts";

/**
 * How averaged choices become whole ones. `modules`: each pool's average, rounded up from `threshold` of a module on.
 * `sites`: sites open at least `threshold` of the time get what they have when open, the others nothing; better where many
 * sites are each open a little of the time.
 */
export interface Rounding {
  readonly by: "modules" | "sites";
  readonly threshold: number;
}

/** What plans are rounded from: prices of rows and limits, and the averaged choices they lead to. */
export type Choices = Pick<LagrangianResult, "rowPrice" | "limitPrice" | "modules" | "open">;

/** The counts a rounding asks for, per pool. */
export function roundedCounts(
  { pools, sites }: PlanProblem,
  bound: Choices,
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
  bound: Choices,
  tables: MoveTables,
  wanted: Float64Array,
  stop: () => boolean,
): PlanState {
  return atOnce(planAroundSteps(problem, bound, tables, wanted, stop));
}

/** The same in steps; `stopsServing` alone is asked while everyone is first served, where that is to be done even when time is up. */
export function* planAroundSteps(
  problem: PlanProblem,
  bound: Choices,
  tables: MoveTables,
  wanted: Float64Array,
  stop: () => boolean,
  stopsServing = stop,
): Steps<PlanState> {
  yield "rounding to a plan";
  if (bound.limitPrice.every((price) => price === 0)) {
    return (yield* built(problem, bound, tables, wanted, stop, stopsServing)).state;
  }
  const priced = yield* built(withLimitPrices(problem, bound), bound, tables, wanted, stop, stopsServing);
  const state = createPlanState(problem, priced.state.solution());
  yield* improve(state, tables, priced.rowOrder, stop);
  return state;
}

/** The problem with what its limits charge in the costs of sites and modules. */
export function withLimitPrices(problem: PlanProblem, { limitPrice }: Pick<Choices, "limitPrice">): PlanProblem {
  const poolUsd = problem.pools.usd.slice();
  const siteUsd = problem.sites.usd.slice();
  for (const [l, limit] of problem.limits.entries()) {
    if (limitPrice[l] === 0) continue;
    for (const [i, pool] of limit.pools.entries()) poolUsd[pool]! += limitPrice[l]! * limit.poolWeights[i]!;
    for (const [i, site] of limit.sites.entries()) siteUsd[site]! += limitPrice[l]! * limit.siteWeights[i]!;
  }
  return { ...problem, pools: { ...problem.pools, usd: poolUsd }, sites: { ...problem.sites, usd: siteUsd } };
}

function* built(
  problem: PlanProblem,
  bound: Choices,
  tables: MoveTables,
  wanted: Float64Array,
  stop: () => boolean,
  stopsServing: () => boolean,
): Steps<{ state: PlanState; rowOrder: readonly number[] }> {
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
  for (const [i, row] of rowOrder.entries()) {
    placeRow(state, tables, row);
    if (i % rowsPerStep === 0) yield;
  }
  if (state.hasTwoSided) {
    // Whoever stops now gets a plan that serves all the same.
    yield* buyForUnserved(state, tables, rowOrder, () => false);
    mend(state, tables);
  }
  state.lenient = false;
  yield* buyForUnserved(state, tables, rowOrder, stopsServing);
  yield* improve(state, tables, rowOrder, stop);
  return { state, rowOrder };
}

/** Rows between two places to pause. */
const rowsPerStep = 256;
const improvementRounds = 8;
/** Share of what the plan is worth that a round must gain for another to follow. */
const worthAnother = 1e-5;

/** Buys and shrinks until nothing pays any more. */
function* improve(state: PlanState, tables: MoveTables, rowOrder: readonly number[], stop: () => boolean): Steps<void> {
  for (let round = 0; round < improvementRounds && !stop(); round++) {
    const before = state.costUsd;
    yield* buyForUnserved(state, tables, rowOrder, stop);
    yield* shrinkAll(state, tables, stop);
    yield* openWhatPays(state, tables, Math.max(tables.negligibleUsd, negligibleRatio * Math.abs(before)), stop);
    if (before - state.costUsd <= worthAnother * Math.abs(before)) return;
  }
}

/** Adds modules where the unserved demand in their reach pays for them. */
function* buyForUnserved(
  state: PlanState,
  tables: MoveTables,
  rowOrder: readonly number[],
  stop: () => boolean,
): Steps<void> {
  for (const [i, row] of rowOrder.entries()) {
    buyForRow(state, tables, row);
    if (i % rowsPerStep > 0) continue;
    yield;
    if (stop()) return;
  }
}

/** Tries to shut every site and to take one module from every pool, keeping what makes the plan cheaper. */
function* shrinkAll(state: PlanState, tables: MoveTables, stop: () => boolean): Steps<void> {
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
    yield;
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

/** Rows for which modules are bought elsewhere when a site shrinks: so many, and more where many modules go. */
const purchasesPerMove = 12;
const purchasesPerModule = 4;
const mostPurchases = 400;

/** Sets the module counts of a site, moves what no longer fits elsewhere, and keeps it if the plan became cheaper. */
function tryCounts(state: PlanState, tables: MoveTables, site: number, countOf: (pool: number) => number): boolean {
  const { pools } = state.problem;
  state.checkpoint();
  const before = state.costUsd;
  const broken = state.brokenLimits;
  const moved: number[] = [];
  let gone = 0;
  for (const pool of tables.poolsOfSite[site]!) {
    const count = Math.max(pools.minCount[pool]!, countOf(pool));
    if (count === state.modules[pool]) continue;
    gone += state.modules[pool]! - count;
    state.build(pool, count);
    // What is not bought now did not stand before either.
    for (let p = pool; p >= 0; p = state.earlier[p]!) evict(state, tables, p, moved);
  }
  // Removing modules saves this much at most; buying elsewhere must not cost more.
  for (const row of moved) placeRow(state, tables, row);
  const most = Math.min(mostPurchases, Math.max(purchasesPerMove, purchasesPerModule * gone));
  let purchases = 0;
  for (const row of moved) {
    if (state.unserved[row]! <= 1e-6 || purchases >= most) continue;
    buyForRow(state, tables, row);
    purchases++;
  }
  const saving = before - state.costUsd;
  const least = Math.max(tables.negligibleUsd, negligibleRatio * Math.abs(before));
  if (saving > least && state.brokenLimits <= broken) return true;
  state.rollback();
  return false;
}
