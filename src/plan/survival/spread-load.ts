/**
 * Large places need as much in reserve elsewhere as they serve: half of everything, where there are two of them, and a third where
 * there are three. Part of what a place serves is tried at another, with less kept in reserve at all of them.
 */
import { negligible } from "../search/plan-state.ts";
import type { ReserveBook } from "./reserve-book.ts";
import type { MoveTables } from "../search/row-moves.ts";
import type { Steps } from "../problem/steps.ts";
import { placeSurviving } from "./buy-surviving.ts";

/** Smaller places keep little in reserve for each other. */
const leastModules = 4;
/** Places tried, the largest first; others that each is shared with; and by how much. */
const placesTried = 40;
const othersTried = 8;
const parts: readonly number[] = [0.5, 0.33, 0.2];

export function* spreadLoad(
  book: ReserveBook,
  tables: MoveTables,
  liked: Float64Array,
  stop: () => boolean,
): Steps<void> {
  const { plan, refuges } = book;
  const { pools } = plan.problem;
  const large = Array.from({ length: pools.count }, (_, pool) => pool)
    .filter((pool) => refuges.placeOf[pool]! >= 0 && plan.modules[pool]! >= leastModules)
    .sort((a, b) => plan.modules[b]! * pools.usd[b]! - plan.modules[a]! * pools.usd[a]! || a - b)
    .slice(0, placesTried);
  for (const pool of large) {
    for (let again = true; again;) {
      again = false;
      for (const other of others(book, tables, liked, pool)) {
        for (const part of parts) {
          yield;
          if (stop()) return;
          if (share(book, tables, pool, other, Math.round(part * plan.modules[pool]!))) again = true;
        }
      }
    }
  }
}

/** Pools elsewhere that could serve most of what a pool serves, one per site. */
function others({ plan }: ReserveBook, { byPool }: MoveTables, liked: Float64Array, pool: number): number[] {
  const { arcs, pools } = plan.problem;
  const found = new Map<number, number>();
  for (let j = byPool.starts[pool]!; j < byPool.starts[pool + 1]!; j++) {
    if (!(plan.share[byPool.arc[j]!]! > 0)) continue;
    const row = byPool.row[j]!;
    for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
      const other = arcs.pool[arc]!;
      // Of the same kind, for which it takes as many.
      const isAlike = pools.site[other] !== pools.site[pool] && Math.abs(pools.kw[other]! / pools.kw[pool]! - 1) < 0.5;
      if (isAlike && pools.maxCount[other]! > 0) found.set(other, (found.get(other) ?? 0) + 1);
    }
  }
  const keen = ([other, rows]: readonly [number, number]): number =>
    rows * (0.2 + liked[pools.site[other]!]! + (plan.standing[pools.site[other]!]! > 0 ? 0.3 : 0));
  const seen = new Set<number>();
  const picked: number[] = [];
  for (const [other] of [...found].sort((a, b) => keen(b) - keen(a) || a[0] - b[0])) {
    if (seen.has(pools.site[other]!)) continue;
    seen.add(pools.site[other]!);
    picked.push(other);
    if (picked.length === othersTried) break;
  }
  return picked;
}

/** Moves so many modules, and what they serve, from one pool to another, and keeps no more in reserve than that needs. */
function share(book: ReserveBook, tables: MoveTables, pool: number, other: number, count: number): boolean {
  const { plan } = book;
  const { arcs, pools } = plan.problem;
  if (count < 1 || plan.modules[pool]! - count < pools.minCount[pool]!) return false;
  book.checkpoint();
  const before = plan.costUsd;
  const broken = plan.brokenLimits;
  const moved: number[] = [];
  plan.build(pool, plan.modules[pool]! - count);
  for (let p = pool; p >= 0; p = plan.earlier[p]!) book.evict(p, tables.byPool, moved);
  let more = count;
  while (more > 0 && !plan.fits(other, more)) more--;
  if (more > 0) plan.build(other, plan.modules[other]! + more);
  const rows = [...new Set(moved)];
  for (const row of rows) placeSurviving(book, tables, row);
  const reached = new Set<number>();
  for (const row of rows) {
    for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) reached.add(arcs.pool[arc]!);
  }
  for (const each of reached) trim(book, each);
  if (before - plan.costUsd > tables.negligibleUsd && plan.brokenLimits <= broken) return true;
  book.rollback();
  return false;
}

/** Takes away the modules of a pool that are neither busy nor kept in reserve. */
function trim(book: ReserveBook, pool: number): void {
  const { plan, refuges } = book;
  const place = refuges.placeOf[pool]!;
  if (place < 0 || plan.modules[pool] === 0) return;
  let count = plan.problem.pools.minCount[pool]!;
  // What stands now stands later too, and was not there before unless it is needed there as well.
  for (let p = pool; p >= 0; p = plan.earlier[p]!) {
    const at = refuges.placeOf[p]!;
    const spare = Math.max(0, book.idle(at) - book.reserve(at));
    const own = Math.max(0, plan.modules[p]! - plan.load[p]!);
    count = Math.max(
      count,
      plan.problem.pools.minCount[p]!,
      Math.ceil(plan.modules[p]! - Math.min(spare, own) - negligible),
    );
  }
  if (count < plan.modules[pool]!) plan.build(pool, count);
}
