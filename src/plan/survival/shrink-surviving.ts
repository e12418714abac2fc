/** Moves that give up modules or places of a plan that has to survive, or try others instead. */
import { buyWithin, placeSurviving, placeWaiting } from "./buy-surviving.ts";
import type { ReserveBook } from "./reserve-book.ts";
import { negligibleRatio, type MoveTables } from "../search/row-moves.ts";
import type { Steps } from "../problem/steps.ts";

/** Rows for which modules are bought elsewhere when a site shrinks. */
const purchasesPerMove = 12;

/**
 * Sets the module counts of a site, moves what no longer fits elsewhere, and keeps it if the plan became cheaper.
 *
 * @param instead Of which pool to build a module first; -1 for none.
 */
function tryCounts(
  book: ReserveBook,
  tables: MoveTables,
  liked: Float64Array,
  site: number,
  countOf: (pool: number) => number,
  instead = -1,
): boolean {
  const { plan } = book;
  const { pools } = plan.problem;
  book.checkpoint();
  const before = plan.costUsd;
  const broken = plan.brokenLimits;
  const moved: number[] = [];
  for (const pool of tables.poolsOfSite[site]!) {
    const count = Math.max(pools.minCount[pool]!, countOf(pool));
    if (count === plan.modules[pool]) continue;
    plan.build(pool, count);
    // What is not bought now did not stand before either.
    for (let p = pool; p >= 0; p = plan.earlier[p]!) book.evict(p, tables.byPool, moved);
  }
  // The place that is given up makes room under limits for the other.
  if (instead >= 0 && plan.fits(instead, 1)) {
    plan.build(instead, plan.modules[instead]! + 1);
    placeWaiting(book, tables, instead);
  }
  for (const row of moved) placeSurviving(book, tables, row);
  const homeless = new Set(moved.filter((row) => plan.unserved[row]! > 1e-6));
  if (plan.costUsd >= before && homeless.size > 0) {
    let purchases = 0;
    for (const row of homeless) {
      if (purchases++ >= purchasesPerMove) break;
      buyWithin(book, tables, row, liked);
    }
  }
  const saving = before - plan.costUsd;
  const least = Math.max(tables.negligibleUsd, negligibleRatio * Math.abs(before));
  if (saving > least && plan.brokenLimits <= broken) return true;
  book.rollback();
  return false;
}

/** Tries to shut every site and to take one module from every pool, the least used first. */
export function* shrinkSurviving(
  book: ReserveBook,
  tables: MoveTables,
  liked: Float64Array,
  stop: () => boolean,
): Steps<void> {
  const { plan } = book;
  const { pools, sites } = plan.problem;
  const fill = (site: number): number => {
    let used = 0;
    let usd = sites.usd[site]!;
    for (const pool of tables.poolsOfSite[site]!) {
      used += plan.load[pool]! * pools.usd[pool]!;
      usd += plan.modules[pool]! * pools.usd[pool]!;
    }
    return used / Math.max(usd, 1e-9);
  };
  const open = Array.from({ length: sites.count }, (_, site) => site).filter((site) => plan.standing[site]! > 0);
  const order = open.map((site) => ({ site, fill: fill(site) })).sort((a, b) => a.fill - b.fill || a.site - b.site);
  for (const { site } of order) {
    yield;
    if (stop()) return;
    if (tryCounts(book, tables, liked, site, () => 0)) continue;
    for (const pool of tables.poolsOfSite[site]!) {
      const less = (p: number): number => plan.modules[p]! - (p === pool ? 1 : 0);
      while (!stop() && plan.modules[pool]! > pools.minCount[pool]! && tryCounts(book, tables, liked, site, less))
        yield;
    }
  }
}

/** Places tried in turn instead of one that is open. */
const othersTried = 4;

/** Tries, for every open site, others near it instead. */
export function* swapSurviving(
  book: ReserveBook,
  tables: MoveTables,
  liked: Float64Array,
  stop: () => boolean,
): Steps<void> {
  const { plan } = book;
  const { sites } = plan.problem;
  for (let site = 0; site < sites.count; site++) {
    if (plan.standing[site] === 0 || sites.forced[site] === 1) continue;
    for (const pool of othersFor(book, tables, liked, site)) {
      yield;
      if (stop()) return;
      if (tryCounts(book, tables, liked, site, () => 0, pool)) break;
    }
  }
}

/** Pools where nothing stands that could serve most of what is worth most at a site, one per place. */
function othersFor(
  { plan }: ReserveBook,
  { byPool, poolsOfSite }: MoveTables,
  liked: Float64Array,
  site: number,
): number[] {
  const { arcs, rows, pools } = plan.problem;
  const found = new Map<number, { pool: number; usd: number }>();
  for (const pool of poolsOfSite[site]!) {
    for (let j = byPool.starts[pool]!; j < byPool.starts[pool + 1]!; j++) {
      const row = byPool.row[j]!;
      const share = plan.share[byPool.arc[j]!]!;
      if (!(share > 0)) continue;
      for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
        const other = arcs.pool[arc]!;
        if (plan.standing[pools.site[other]!] !== 0) continue;
        const usd = share * rows.unservedUsd[row]!;
        const known = found.get(other);
        if (known === undefined) found.set(other, { pool: other, usd });
        else known.usd += usd;
      }
    }
  }
  const best = [...found.values()].sort(
    (a, b) =>
      b.usd * (0.1 + liked[pools.site[b.pool]!]!) - a.usd * (0.1 + liked[pools.site[a.pool]!]!) || a.pool - b.pool,
  );
  const seen = new Set<number>();
  const picked: number[] = [];
  for (const { pool } of best) {
    if (seen.has(pools.site[pool]!)) continue;
    seen.add(pools.site[pool]!);
    picked.push(pool);
    if (picked.length === othersTried) break;
  }
  return picked;
}
