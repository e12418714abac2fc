/** Moves of a plan that has to survive: nobody is served who would have nowhere to go, and what is bought for that is bought together. */
import type { ReserveBook } from "./reserve-book.ts";
import { negligible } from "../search/plan-state.ts";
import type { MoveTables } from "../search/row-moves.ts";

/** Serves what is unserved of a row with the modules that stand, the cheapest first, as far as it can be taken over. */
export function placeSurviving(book: ReserveBook, tables: MoveTables, row: number): void {
  const { plan } = book;
  const { arcs, rows } = plan.problem;
  const { modules, load } = plan;
  for (let i = arcs.starts[row]!; i < arcs.starts[row + 1]! && plan.unserved[row]! > negligible; i++) {
    const arc = tables.ranked[i]!;
    const pool = arcs.pool[arc]!;
    // Most pools are empty, and most of the others full: what has no room need not be asked how much.
    if (modules[pool] === 0 || (load[pool]! >= modules[pool]! && arcs.load[arc]! > 0)) continue;
    if (arcs.usd[arc]! >= rows.unservedUsd[row]!) continue;
    const part = book.room(row, arc, plan.unserved[row]!);
    if (part > negligible) book.serve(row, arc, part);
  }
}

/** A module to serve a row and one to take it over, or one of the two where the other stands already. */
interface Purchase {
  readonly pools: readonly number[];
  readonly arc: number;
  /** What it costs with serving the row, USD/year. */
  readonly usd: number;
}

/** Arcs of a row looked at, the cheapest first; purchases worth a closer look. */
const arcsLookedAt = 120;
const closeLooks = 3;
/** Rounds of purchases for one row at most. */
const purchasesPerRow = 24;

/** Ways of serving more of a row by one more module, or by two at different places; the cheapest first. */
function purchasesFor(book: ReserveBook, tables: MoveTables, row: number, liked: Float64Array): Purchase[] {
  const { plan, refuges } = book;
  const { arcs, pools } = plan.problem;
  const unserved = plan.unserved[row]!;
  const found: Purchase[] = [];
  const worst = (): number => (found.length === closeLooks ? found[closeLooks - 1]!.usd : Infinity);
  // Part of a module, the rest of which others use, and all of an opening; what the prices like to have open comes first.
  const priceOf = (pool: number, load: number): number =>
    plan.fits(pool, 1)
      ? Math.min(1, unserved * load) * plan.nextModuleUsd(pool) +
        (1.05 - liked[pools.site[pool]!]!) * plan.nextOpeningUsd(pool)
      : Infinity;
  /** Of each place that could take over, what room for the row there costs. */
  const backups: { place: number; pool: number; usd: number }[] = [];
  for (let at = refuges.starts[row]!; at < refuges.starts[row + 1]!; at++) {
    const place = refuges.place[at]!;
    let [pool, usd] = [-1, Infinity];
    for (const each of refuges.poolsAt[place]!) {
      const price = priceOf(each, refuges.load[at]!);
      if (price < usd) [pool, usd] = [each, price];
    }
    if (pool >= 0) backups.push({ place, pool, usd });
  }
  backups.sort((a, b) => a.usd - b.usd || a.place - b.place);
  const last = Math.min(arcs.starts[row + 1]!, arcs.starts[row]! + arcsLookedAt);
  for (let i = arcs.starts[row]!; i < last; i++) {
    const arc = tables.ranked[i]!;
    const pool = arcs.pool[arc]!;
    const place = refuges.placeOf[pool]!;
    const serving = unserved * arcs.usd[arc]!;
    if (serving >= worst()) continue;
    const stands =
      plan.room(row, arc) > negligible && (place < 0 || book.idle(place) - book.reserve(place) > negligible);
    const usd = serving + (stands ? 0 : priceOf(pool, arcs.load[arc]!));
    if (usd >= worst()) continue;
    const site = pools.site[pool]!;
    let backup: { pool: number; usd: number } | null = null;
    if (place >= 0) {
      for (const failure of refuges.failuresOf[site]!) {
        if (book.takesOver(row, failure, Math.min(unserved, 1e-3))) continue;
        const lost = refuges.lost[failure]!;
        const here = backups.find((each) => !lost.has(refuges.siteOf[each.place]!));
        if (here === undefined) {
          backup = { pool: -1, usd: Infinity };
          break;
        }
        if (backup === null || here.usd > backup.usd) backup = here;
      }
    }
    const total = usd + (backup?.usd ?? 0);
    const bought = [...(stands ? [] : [pool]), ...(backup === null ? [] : [backup.pool])];
    if (!(total < worst()) || bought.length === 0) continue;
    if (found.some((one) => one.pools.join() === bought.join())) continue;
    found.push({ pools: bought, arc, usd: total });
    found.sort((a, b) => a.usd - b.usd || a.arc - b.arc);
    if (found.length > closeLooks) found.pop();
  }
  return found;
}

/** Builds what was chosen, as far as it fits, and serves the row and who else was waiting for such modules. */
function carryOut(book: ReserveBook, tables: MoveTables, row: number, { pools }: Purchase): void {
  const { plan } = book;
  for (const pool of pools) if (plan.fits(pool, 1)) plan.build(pool, plan.modules[pool]! + 1);
  placeSurviving(book, tables, row);
  for (const pool of pools) placeWaiting(book, tables, pool);
}

/** Serves who was waiting for a module of a pool, to serve them or to take them over. */
export function placeWaiting(book: ReserveBook, tables: MoveTables, pool: number): void {
  const { plan } = book;
  const { byPool } = tables;
  for (let j = byPool.starts[pool]!; j < byPool.starts[pool + 1]!; j++) {
    if (!(plan.modules[pool]! - plan.load[pool]! > negligible)) return;
    const row = byPool.row[j]!;
    if (plan.unserved[row]! > negligible) placeSurviving(book, tables, row);
  }
}

/** Buys what pays for a row as far as nobody serves it, and keeps only what made the plan cheaper. */
export function buySurviving(book: ReserveBook, tables: MoveTables, row: number, liked: Float64Array): void {
  const { plan } = book;
  for (let turn = 0; turn < purchasesPerRow && plan.unserved[row]! > 1e-6; turn++) {
    const before = plan.costUsd;
    const unserved = plan.unserved[row]!;
    const kept = purchasesFor(book, tables, row, liked).some((purchase) => {
      book.checkpoint();
      carryOut(book, tables, row, purchase);
      if (plan.costUsd < before - tables.negligibleUsd) return true;
      book.rollback();
      return false;
    });
    if (!kept || plan.unserved[row]! >= unserved - negligible) return;
  }
}

/** The same within a move that is taken back as a whole where it does not pay: what those who are waiting for it may pay for. */
export function buyWithin(book: ReserveBook, tables: MoveTables, row: number, liked: Float64Array): void {
  const { plan } = book;
  for (let turn = 0; turn < purchasesPerRow && plan.unserved[row]! > 1e-6; turn++) {
    const unserved = plan.unserved[row]!;
    const [purchase] = purchasesFor(book, tables, row, liked);
    if (purchase === undefined || !(purchase.usd < waitingUsd(book, tables, plan.problem.arcs.pool[purchase.arc]!)))
      return;
    carryOut(book, tables, row, purchase);
    if (plan.unserved[row]! >= unserved - negligible) return;
  }
}

/** Penalties of all that waits and could be served by a pool, USD/year. */
function waitingUsd({ plan }: ReserveBook, { byPool }: MoveTables, pool: number): number {
  let usd = 0;
  for (let j = byPool.starts[pool]!; j < byPool.starts[pool + 1]!; j++) {
    const row = byPool.row[j]!;
    if (plan.unserved[row]! > negligible) usd += plan.unserved[row]! * plan.problem.rows.unservedUsd[row]!;
  }
  return usd;
}
