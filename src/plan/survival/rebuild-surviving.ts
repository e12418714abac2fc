/**
 * Gives up some neighbouring sites of a plan that has to survive and serves those who were served there again, in another order and
 * with other likings (Schrimpf et al. 2000, ruin and recreate). Rows from anywhere that long to be served take part, so that what is
 * scarce in the whole world finds its way to where it is worth most.
 */
import { buyWithin, placeSurviving } from "./buy-surviving.ts";
import type { ReserveBook } from "./reserve-book.ts";
import type { MoveTables } from "../search/row-moves.ts";
import type { Steps } from "../problem/steps.ts";

/** Sites given up at once, and the rows that are served again by purchases at most. */
const mostRebuilt = 5;
const mostBought = 60;
/** Rows from elsewhere that are served too where they can be. */
const longingAtOnce = 8;
/** Rebuilding without a gain after which a search ends, per open site. */
const patiencePerSite = 6;

/** Rebuilds parts, drawn at random, until nothing more is gained; keeps what makes the plan cheaper. */
export function* rebuildSurviving(
  book: ReserveBook,
  tables: MoveTables,
  liked: Float64Array,
  random: () => number,
  stop: () => boolean,
): Steps<void> {
  const { plan } = book;
  const { pools, sites } = plan.problem;
  const likings = liked.slice();
  const mayGo = (site: number): boolean =>
    plan.standing[site]! > 0 &&
    sites.forced[site] === 0 &&
    !tables.poolsOfSite[site]!.some((p) => pools.minCount[p]! > 0);
  let failures = 0;
  for (;;) {
    const open = Array.from({ length: sites.count }, (_, site) => site).filter(mayGo);
    if (open.length === 0) return;
    for (let turn = 0; turn < open.length; turn++) {
      yield;
      if (stop() || failures > patiencePerSite * open.length) return;
      const seed = open[Math.floor(random() * open.length)]!;
      if (plan.standing[seed] === 0) continue;
      const gone = [seed, ...neighboursOf(book, tables, seed, random).filter(mayGo)];
      gone.length = Math.min(gone.length, 1 + Math.floor(random() * mostRebuilt));
      failures = rebuild(book, tables, likings, gone, random) ? 0 : failures + 1;
    }
  }
}

function rebuild(
  book: ReserveBook,
  tables: MoveTables,
  likings: Float64Array,
  gone: readonly number[],
  random: () => number,
): boolean {
  const { plan } = book;
  const { pools, rows, arcs } = plan.problem;
  book.checkpoint();
  const before = plan.costUsd;
  const broken = plan.brokenLimits;
  const moved: number[] = [];
  for (const site of gone) {
    for (const pool of tables.poolsOfSite[site]!) {
      if (plan.modules[pool] === 0) continue;
      plan.build(pool, pools.minCount[pool]!);
      for (let p = pool; p >= 0; p = plan.earlier[p]!) book.evict(p, tables.byPool, moved);
    }
  }
  // What limits leave room for now may be worth more elsewhere.
  const waiting = [...new Set([...moved, ...longing(book, random)])];
  const key = new Map(waiting.map((row) => [row, rows.unservedUsd[row]! * (0.5 + random())]));
  waiting.sort((a, b) => key.get(b)! - key.get(a)! || a - b);
  const changed = new Map<number, number>();
  for (const row of waiting) {
    for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
      const site = pools.site[arcs.pool[arc]!]!;
      if (changed.has(site)) continue;
      changed.set(site, likings[site]!);
      likings[site] = Math.min(1, Math.max(0, likings[site]! + random() - 0.5));
    }
  }
  for (const row of waiting) placeSurviving(book, tables, row);
  let bought = 0;
  for (const row of waiting) {
    if (plan.unserved[row]! <= 1e-6) continue;
    if (bought++ >= mostBought) break;
    buyWithin(book, tables, row, likings);
  }
  for (const [site, liking] of changed) likings[site] = liking;
  if (before - plan.costUsd > tables.negligibleUsd && plan.brokenLimits <= broken) return true;
  book.rollback();
  return false;
}

/** Rows that could be served and are not, anywhere, some of those that are worth most. */
function longing({ plan }: ReserveBook, random: () => number): number[] {
  const { rows, arcs } = plan.problem;
  let best: { row: number; usd: number }[] = [];
  for (let row = 0; row < rows.count; row++) {
    if (!(plan.unserved[row]! > 1e-6) || arcs.starts[row] === arcs.starts[row + 1]) continue;
    const usd = plan.unserved[row]! * rows.unservedUsd[row]! * random();
    if (best.length === longingAtOnce && usd <= best[longingAtOnce - 1]!.usd) continue;
    best.push({ row, usd });
    best.sort((a, b) => b.usd - a.usd || a.row - b.row);
    best = best.slice(0, longingAtOnce);
  }
  return best.map(({ row }) => row);
}

/** Open sites that could serve somebody who is served at a site, in a random order that prefers those that share many. */
function neighboursOf(
  { plan }: ReserveBook,
  { byPool, poolsOfSite }: MoveTables,
  site: number,
  random: () => number,
): number[] {
  const { arcs, pools } = plan.problem;
  const shared = new Map<number, number>();
  for (const pool of poolsOfSite[site]!) {
    for (let j = byPool.starts[pool]!; j < byPool.starts[pool + 1]!; j++) {
      if (!(plan.share[byPool.arc[j]!]! > 0)) continue;
      const row = byPool.row[j]!;
      for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
        const other = pools.site[arcs.pool[arc]!]!;
        if (other !== site && plan.standing[other]! > 0) shared.set(other, (shared.get(other) ?? 0) + 1);
      }
    }
  }
  const order = [...shared].map(([other, rows]) => ({ other, key: rows * random() }));
  return order.sort((a, b) => b.key - a.key || a.other - b.other).map(({ other }) => other);
}
