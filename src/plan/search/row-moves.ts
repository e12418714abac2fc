/** Moves of one demand: who serves it with what stands, and what is worth buying for it; with the tables that all moves read. */
import { arcsByPool, rowsOfArcs } from "../problem/formulate.ts";
import { negligible, type PlanState } from "./plan-state.ts";
import type { PlanProblem } from "../problem/problem.ts";

/** What the moves need to look things up quickly; made once per problem. */
export interface MoveTables {
  /** Arcs by pool, with their rows beside them: looking for rows that want something then reads memory in order. */
  readonly byPool: { readonly starts: Int32Array; readonly arc: Int32Array; readonly row: Int32Array };
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

/** Of a whole cost, less than this share is rounding. */
export const negligibleRatio = 1e-9;

export function moveTables(problem: PlanProblem, modulePrice: Float64Array): MoveTables {
  const { pools } = problem;
  const poolsOfSite: number[][] = Array.from({ length: problem.sites.count }, () => []);
  for (let pool = 0; pool < pools.count; pool++) poolsOfSite[pools.site[pool]!]!.push(pool);
  const atStakeUsd = problem.rows.unservedUsd.reduce((sum, usd) => sum + usd, 0);
  const negligibleUsd = negligibleRatio * atStakeUsd;
  const ranked = new Int32Array(problem.arcs.pool.length);
  const rowOf = rowsOfArcs(problem);
  const { starts, arc } = arcsByPool(problem);
  const byPool = { starts, arc, row: arc.map((each) => rowOf[each]!) };
  const tables = { byPool, rowOf, ranked, poolsOfSite, negligibleUsd };
  rankAgain(problem, tables, modulePrice);
  return tables;
}

/** Ranks the arcs of each row by other prices, in place: all else in the tables stays true. */
export function rankAgain({ arcs, rows }: PlanProblem, { ranked }: MoveTables, modulePrice: Float64Array): void {
  const { starts, pool, usd, load } = arcs;
  let widest = 1;
  for (let row = 0; row < rows.count; row++) widest = Math.max(widest, starts[row + 1]! - starts[row]!);
  // The last bits of each key say which arc it is, so that numbers can be sorted as numbers, ten times as fast as by comparing.
  const keys = new Float64Array(widest);
  const words = new Uint32Array(keys.buffer);
  const places = 2 ** Math.ceil(Math.log2(widest)) - 1;
  for (let row = 0; row < rows.count; row++) {
    const first = starts[row]!;
    const count = starts[row + 1]! - first;
    for (let i = 0; i < count; i++) {
      keys[i] = usd[first + i]! + load[first + i]! * modulePrice[pool[first + i]!]!;
      words[2 * i + lowWord] = ((words[2 * i + lowWord]! & ~places) | i) >>> 0;
    }
    keys.subarray(0, count).sort();
    for (let i = 0; i < count; i++) ranked[first + i] = first + (words[2 * i + lowWord]! & places);
  }
}

/** Where the last bits of a number lie: its first word on all but a few machines. */
const lowWord = new Uint32Array(Float64Array.of(5e-324).buffer)[0] === 1 ? 0 : 1;

/** Serves what is unserved of a row with the modules that stand, cheapest first. */
export function placeRow(state: PlanState, tables: MoveTables, row: number): void {
  const { arcs, rows } = state.problem;
  const { modules, load } = state;
  for (let i = arcs.starts[row]!; i < arcs.starts[row + 1]! && state.unserved[row]! > negligible; i++) {
    const arc = tables.ranked[i]!;
    const pool = arcs.pool[arc]!;
    // Most pools are empty, and most of the others full: what has no room need not be asked how much.
    if (modules[pool] === 0 || (load[pool]! >= modules[pool]! && arcs.load[arc]! > 0)) continue;
    if (arcs.usd[arc]! >= rows.unservedUsd[row]!) continue;
    const part = Math.min(state.unserved[row]!, state.room(row, arc));
    if (part > negligible) state.serve(row, arc, part);
  }
}

/** Pools looked at closely for a row: the cheapest by what serving it there would add. */
const closeLooks = 3;
/** Arcs of a row looked at, the cheapest first. */
const arcsLookedAt = 400;
/** Modules bought for one row at most. */
const purchasesPerRow = 64;

/** Buys what pays for a row as far as nobody serves it; the cheapest that its penalty, and what else is unserved, pay for. */
export function buyForRow(state: PlanState, tables: MoveTables, row: number): void {
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
        const r = tables.byPool.row[j]!;
        if (r === row || !(state.unserved[r]! > negligible)) continue;
        const other = tables.byPool.arc[j]!;
        if (rows.unservedUsd[r]! > arcs.usd[other]!) take(r, other);
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
      const r = tables.byPool.row[j]!;
      if (state.unserved[r]! > negligible) placeRow(state, tables, r);
    }
    if (state.unserved[row]! >= before - negligible) return;
  }
}
