/**
 * Makes a plan keep the limits that work both ways (a least share, a least use, an upgrade that makes room), which building
 * step by step cannot watch: first by what makes room, then by doing less. Doing nothing keeps every limit, so it ends.
 */
import type { CouplingLimit } from "../problem/coupling-limit.ts";
import { negligible, type PlanState } from "./plan-state.ts";
import type { MoveTables } from "./row-moves.ts";

/** Changes the state until no limit is exceeded, or nothing is left to take away. */
export function mend(state: PlanState, tables: MoveTables): void {
  const { limits } = state.problem;
  if (state.brokenLimits === 0) return;
  // Taking away for one limit can break another; every pass takes something away, so passes are few.
  for (let pass = 0; pass < limits.length + 2; pass++) {
    let changed = false;
    for (const [l, limit] of limits.entries()) {
      if (!isOver(state, l)) continue;
      changed = makeRoom(state, tables, limit, l) || changed;
      if (isOver(state, l)) changed = takeAway(state, tables, limit, l) || changed;
    }
    if (!changed) return;
  }
}

function isOver(state: PlanState, l: number): boolean {
  const { upper } = state.problem.limits[l]!;
  return state.limitUse[l]! > upper + negligible * Math.max(1, Math.abs(upper));
}

/** What makes room under a limit: modules of a pool, or the opening of a site by one of them. */
interface Helper {
  readonly pool: number;
  /** What one module takes off the limit's use. */
  readonly room: number;
  /** What making all the room that is missing costs this way, USD/year. */
  readonly usd: number;
}

/**
 * Builds, the cheapest first, what counts below 0 in the limit. What serves somebody itself is built only where that costs less
 * than doing without all that would have to go instead.
 */
function makeRoom(state: PlanState, tables: MoveTables, limit: CouplingLimit, l: number): boolean {
  const missing = state.limitUse[l]! - limit.upper;
  const helpers = helpersOf(state, tables, limit, missing);
  const serving = helpers.some(({ pool }) => !isEmpty(tables, pool));
  const mostUsd = serving ? worthOfExcess(state, tables, limit, missing) : Infinity;
  let changed = false;
  state.lenient = false;
  for (const { pool, usd } of helpers) {
    if (!isEmpty(tables, pool) && usd > mostUsd) continue;
    while (isOver(state, l) && state.fits(pool, 1)) {
      state.build(pool, state.modules[pool]! + 1);
      changed = true;
    }
  }
  state.lenient = true;
  return changed;
}

function helpersOf(state: PlanState, tables: MoveTables, limit: CouplingLimit, missing: number): Helper[] {
  const found: Helper[] = [];
  const add = (pool: number, room: number): void => {
    const modules = Math.ceil(missing / room - negligible);
    const usd = modules * state.nextModuleUsd(pool) + state.nextOpeningUsd(pool);
    found.push({ pool, room, usd });
  };
  for (const [i, pool] of limit.pools.entries()) if (limit.poolWeights[i]! < 0) add(pool, -limit.poolWeights[i]!);
  for (const [i, site] of limit.sites.entries()) {
    if (!(limit.siteWeights[i]! < 0) || state.standing[site]! > 0) continue;
    // One module opens the site; more of them make no more room.
    const [cheapest] = tables.poolsOfSite[site]!.toSorted((a, b) => state.nextModuleUsd(a) - state.nextModuleUsd(b));
    if (cheapest !== undefined) add(cheapest, Math.max(missing, -limit.siteWeights[i]!));
  }
  return found.sort((a, b) => a.usd - b.usd || a.pool - b.pool);
}

/** What is earned by all that would have to be taken away for a limit, the least worth first, USD/year. */
function worthOfExcess(state: PlanState, tables: MoveTables, limit: CouplingLimit, missing: number): number {
  const { rows, arcs, pools, sites } = state.problem;
  const worthOf = (pool: number): number => {
    let usd = -state.modules[pool]! * pools.usd[pool]!;
    for (let j = tables.byPool.starts[pool]!; j < tables.byPool.starts[pool + 1]!; j++) {
      const arc = tables.byPool.arc[j]!;
      if (state.share[arc]! > 0) usd += state.share[arc]! * (rows.unservedUsd[tables.rowOf[arc]!]! - arcs.usd[arc]!);
    }
    return usd;
  };
  const parts: { usd: number; use: number }[] = [];
  for (const [i, pool] of limit.pools.entries()) {
    const use = limit.poolWeights[i]! * state.modules[pool]!;
    if (use > 0) parts.push({ use, usd: worthOf(pool) });
  }
  for (const [i, site] of limit.sites.entries()) {
    if (!(limit.siteWeights[i]! > 0) || state.standing[site] === 0) continue;
    const usd = tables.poolsOfSite[site]!.reduce((sum, pool) => sum + worthOf(pool), -sites.usd[site]!);
    parts.push({ use: limit.siteWeights[i]!, usd });
  }
  parts.sort((a, b) => a.usd / a.use - b.usd / b.use);
  let [left, total] = [missing, 0];
  for (const { use, usd } of parts) {
    if (left <= 0) break;
    total += Math.min(1, left / use) * usd;
    left -= use;
  }
  return total;
}

function isEmpty(tables: MoveTables, pool: number): boolean {
  return tables.byPool.starts[pool] === tables.byPool.starts[pool + 1];
}

/** Takes modules and traffic that count above 0 in the limit away, the least used pools first. */
function takeAway(state: PlanState, tables: MoveTables, limit: CouplingLimit, l: number): boolean {
  const { pools } = state.problem;
  let changed = false;
  const order = Array.from(limit.pools.keys())
    .filter((i) => limit.poolWeights[i]! > 0 && state.modules[limit.pools[i]!]! > pools.minCount[limit.pools[i]!]!)
    .map((i) => ({ pool: limit.pools[i]!, fill: state.load[limit.pools[i]!]! / state.modules[limit.pools[i]!]! }))
    .sort((a, b) => a.fill - b.fill || a.pool - b.pool);
  for (const { pool } of order) {
    while (isOver(state, l) && state.modules[pool]! > pools.minCount[pool]!) {
      setCount(state, tables, pool, state.modules[pool]! - 1);
      changed = true;
    }
  }
  for (const [i, arc] of (limit.arcs ?? []).entries()) {
    const weight = limit.arcWeights![i]!;
    if (!(weight > 0) || !(state.share[arc]! > 0) || !isOver(state, l)) continue;
    const less = Math.min(state.share[arc]!, (state.limitUse[l]! - limit.upper) / weight);
    state.serve(tables.rowOf[arc]!, arc, -less);
    changed = true;
  }
  for (const [i, site] of limit.sites.entries()) {
    if (!(limit.siteWeights[i]! > 0) || !isOver(state, l) || state.standing[site] === 0) continue;
    for (const pool of tables.poolsOfSite[site]!) setCount(state, tables, pool, pools.minCount[pool]!);
    changed = true;
  }
  return changed;
}

/** Fewer modules of a pool, now and before; what they served is left unserved. */
function setCount(state: PlanState, tables: MoveTables, pool: number, count: number): void {
  state.build(pool, count);
  for (let p = pool; p >= 0; p = state.earlier[p]!) evict(state, tables, p, []);
}

/** Takes away what the modules of a pool can no longer serve; the rows are added to `moved`. */
export function evict(state: PlanState, tables: MoveTables, pool: number, moved: number[]): void {
  const { arcs } = state.problem;
  const count = state.modules[pool]!;
  let over = state.load[pool]! - count;
  // Demand that takes no module time still needs a module to stand.
  if (count > 0 && !(over > negligible)) return;
  for (let j = tables.byPool.starts[pool]!; j < tables.byPool.starts[pool + 1]!; j++) {
    const arc = tables.byPool.arc[j]!;
    if (!(state.share[arc]! > 0)) continue;
    const row = tables.rowOf[arc]!;
    const whole = count === 0 || arcs.load[arc] === 0;
    const part = whole ? state.share[arc]! : Math.min(state.share[arc]!, over / arcs.load[arc]!);
    state.serve(row, arc, -part);
    over -= part * arcs.load[arc]!;
    moved.push(row);
    if (count > 0 && !(over > negligible)) return;
  }
}
