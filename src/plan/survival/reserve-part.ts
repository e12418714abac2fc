/** The part of a plan that is decided anew: who it is about, the plan without it, and the plan with what was decided. */
import type { ReserveBook } from "./reserve-book.ts";
import type { ReserveProgramme } from "./reserve-programme.ts";
import type { MoveTables } from "../search/row-moves.ts";

/** Rows that are served at some sites, or go there when something is lost. */
export function rowsAt(book: ReserveBook, { poolsOfSite, byPool }: MoveTables, sites: Iterable<number>): number[] {
  const { plan, refuges } = book;
  const found = new Set<number>();
  for (const site of sites) {
    for (const pool of poolsOfSite[site]!) {
      const place = refuges.placeOf[pool]!;
      if (place < 0 || plan.modules[pool] === 0) continue;
      for (let j = byPool.starts[pool]!; j < byPool.starts[pool + 1]!; j++) {
        if (plan.share[byPool.arc[j]!]! > 0) found.add(byPool.row[j]!);
      }
      for (const row of book.rowsComing(place)) found.add(row);
    }
  }
  return [...found].sort((a, b) => a - b);
}

/** Takes away what is decided anew: nobody is served of the rows, and nothing stands at the sites that need not. */
export function clear(
  book: ReserveBook,
  { poolsOfSite }: MoveTables,
  sites: Iterable<number>,
  rows: Iterable<number>,
): void {
  const { plan, refuges } = book;
  const { arcs, pools } = plan.problem;
  for (const row of rows) {
    for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
      if (plan.share[arc]! > 0) book.leave(row, arc, plan.share[arc]!);
    }
  }
  for (const site of sites) {
    for (const pool of poolsOfSite[site]!) {
      if (refuges.placeOf[pool]! >= 0 && plan.modules[pool]! > pools.minCount[pool]!)
        plan.build(pool, pools.minCount[pool]!);
    }
  }
}

/** A share that is smaller is the solver's rounding. */
const leastShare = 1e-7;

/** Builds and serves what the solver found. */
export function carryOutProgramme(
  book: ReserveBook,
  { moduleCol, groups }: ReserveProgramme,
  solution: Float64Array,
): void {
  const { plan } = book;
  for (const [pool, col] of moduleCol) {
    const count = Math.round(solution[col]!);
    if (count !== plan.modules[pool]) plan.build(pool, count);
  }
  for (const { rows, arcs, serving, taking } of groups) {
    const shares = serving.map(({ col }) => (solution[col]! > leastShare ? solution[col]! : 0));
    const sum = shares.reduce((total, share) => total + share, 0);
    // What is served whole is so to the last bit.
    const scale = sum > 1 - 10 * leastShare ? 1 / sum : 1;
    const moves = taking.filter(({ col }) => solution[col]! > leastShare);
    for (const [i, row] of rows.entries()) {
      for (const [k, { pool }] of serving.entries()) {
        if (shares[k]! > 0) plan.serve(row, arcs.get(pool)![i]!, scale * shares[k]!);
      }
      for (const { failure, place, col } of moves) book.expect(row, failure, place, scale * solution[col]!);
    }
  }
}
