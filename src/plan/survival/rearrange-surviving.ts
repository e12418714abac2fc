/**
 * Decides neighbouring places of a plan that has to survive anew, together, by the solver (Shaw 1998, large neighbourhoods): first those with
 * many modules, which keep much in reserve for each other, then the others.
 */
import { buyWithin } from "./buy-surviving.ts";
import { arcLimitsOf, type ArcLimits } from "../problem/coupling-limit.ts";
import type { ReserveBook } from "./reserve-book.ts";
import { noTies } from "../problem/problem.ts";
import { carryOutProgramme, clear, rowsAt } from "./reserve-part.ts";
import { reserveProgramme } from "./reserve-programme.ts";
import { solveProgramme } from "./solve-programme.ts";
import type { Choices } from "../search/round-plan.ts";
import { negligibleRatio, type MoveTables } from "../search/row-moves.ts";
import type { PathTools } from "../problem/solution-path.ts";

/** A place with so many modules keeps much in reserve. */
const manyModules = 4;
/** Sites that are decided together: open ones, and shut ones that could serve the same rows. */
const openTogether = 16;
const shutTogether = 4;
/** What the solver may take for each step of one programme, at most and at least, seconds. */
const timeEachS = 10;
const leastTimeS = 1;

export interface RearrangeOptions {
  readonly seed: number;
  readonly signal?: AbortSignal;
  /** Asked before each programme. */
  readonly enough: () => boolean;
  /** Time that is left for all of it. */
  readonly leftS: () => number;
}

type Liked = Pick<Choices, "open" | "limitPrice">;

/** @param liked How often prices like each site to be open, and what they charge for limits. */
export async function rearrangeSurviving(
  book: ReserveBook,
  tables: MoveTables,
  liked: Liked,
  tools: PathTools,
  options: RearrangeOptions,
): Promise<void> {
  const { plan, refuges } = book;
  const { pools, sites, ties = noTies } = plan.problem;
  // What is taken away in one period would have to go in others too.
  if (ties.count > 0) return;
  const arcLimits = arcLimitsOf(plan.problem, () => true);
  const standingUsd = new Float64Array(sites.count);
  for (let pool = 0; pool < pools.count; pool++) {
    if (refuges.placeOf[pool]! >= 0) standingUsd[pools.site[pool]!]! += plan.modules[pool]! * pools.usd[pool]!;
  }
  const isLarge = (site: number): boolean =>
    tables.poolsOfSite[site]!.some((pool) => refuges.placeOf[pool]! >= 0 && plan.modules[pool]! >= manyModules);
  const order = Array.from({ length: sites.count }, (_, site) => site)
    .filter((site) => standingUsd[site]! > 0)
    .sort((a, b) => standingUsd[b]! - standingUsd[a]! || a - b);
  const seeds = [...order.filter(isLarge), ...order.filter((site) => !isLarge(site))];
  const done = new Set<number>();
  for (const seed of seeds) {
    if (options.enough()) return;
    if (done.has(seed) || plan.standing[seed] === 0) continue;
    const around = neighbourhood(book, tables, liked.open, seed, isLarge);
    for (const site of around) done.add(site);
    await rearrange(book, tables, arcLimits, around, isLarge(seed), liked, tools, options);
  }
}

/** The site and those that share most of what it serves. */
function neighbourhood(
  { plan, refuges }: ReserveBook,
  { byPool, poolsOfSite }: MoveTables,
  liked: Float64Array,
  seed: number,
  isLarge: (site: number) => boolean,
): Set<number> {
  const { arcs, pools } = plan.problem;
  const shared = new Map<number, number>();
  for (const pool of poolsOfSite[seed]!) {
    for (let j = byPool.starts[pool]!; j < byPool.starts[pool + 1]!; j++) {
      const share = plan.share[byPool.arc[j]!]!;
      if (!(share > 0)) continue;
      const row = byPool.row[j]!;
      for (let at = refuges.starts[row]!; at < refuges.starts[row + 1]!; at++) {
        const site = refuges.siteOf[refuges.place[at]!]!;
        if (site !== seed) shared.set(site, (shared.get(site) ?? 0) + share * arcs.load[byPool.arc[j]!]! + 1e-6);
      }
    }
  }
  const ranked = [...shared].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([site]) => site);
  // Where little stands that many could be served from, more may stand without another opening.
  const open = ranked.filter((site) => plan.standing[site]! > 0 && (isLarge(seed) || !isLarge(site)));
  const shut = ranked.filter(
    (site) => plan.standing[site] === 0 && poolsOfSite[site]!.some((pool) => pools.maxCount[pool]! > 0),
  );
  shut.sort((a, b) => liked[b]! - liked[a]! || shared.get(b)! - shared.get(a)! || a - b);
  return new Set([seed, ...open.slice(0, openTogether - 1), ...(isLarge(seed) ? [] : shut.slice(0, shutTogether))]);
}

/** Keeps what the solver finds where that makes the plan cheaper. */
async function rearrange(
  book: ReserveBook,
  tables: MoveTables,
  arcLimits: ArcLimits | null,
  sites: ReadonlySet<number>,
  keepsOpen: boolean,
  liked: Liked,
  { solver }: PathTools,
  { seed, signal, leftS }: RearrangeOptions,
): Promise<boolean> {
  const { plan } = book;
  const before = plan.costUsd;
  const broken = plan.brokenLimits;
  const used = plan.limitUse.slice();
  const isOpen = new Map([...sites].map((site) => [site, plan.standing[site]! > 0]));
  const rows = rowsAt(book, tables, sites);
  book.checkpoint();
  clear(book, tables, sites, rows);
  const programme = reserveProgramme(book, tables, arcLimits, sites, rows, used);
  const timeLimitS = Math.max(leastTimeS, Math.min(timeEachS, leftS()));
  const terms = { seed, timeLimitS, ...(signal && { signal }) };
  const fixed = keepsOpen ? { isOpen, worthUsd: worthOfPlaces(book, used, liked.limitPrice) } : undefined;
  const solution = await solveProgramme(programme, solver, terms, fixed);
  if (solution !== null) {
    carryOutProgramme(book, programme, solution);
    if (keepsOpen) buyForWaiting(book, tables, liked.open);
  }
  const least = Math.max(tables.negligibleUsd, negligibleRatio * Math.abs(before));
  if (before - plan.costUsd > least && plan.brokenLimits <= broken) return true;
  book.rollback();
  return false;
}

/** By site, what others would pay for a place where limits have no room for more, USD/year. */
function worthOfPlaces({ plan }: ReserveBook, used: Float64Array, limitPrice: Float64Array): Map<number, number> {
  const prices = new Map<number, number>();
  for (const [l, limit] of plan.problem.limits.entries()) {
    for (const [i, site] of limit.sites.entries()) {
      const weight = limit.siteWeights[i]!;
      if (weight > 0 && limitPrice[l]! > 0 && used[l]! + weight > limit.upper)
        prices.set(site, (prices.get(site) ?? 0) + limitPrice[l]! * weight);
    }
  }
  return prices;
}

/** Rows that are not served, those that are worth most, for which something is bought when places have become free. */
const mostBought = 100;

function buyForWaiting(book: ReserveBook, tables: MoveTables, liked: Float64Array): void {
  const { plan } = book;
  const { rows, arcs } = plan.problem;
  const usd = (row: number): number => plan.unserved[row]! * rows.unservedUsd[row]!;
  const waiting = Array.from({ length: rows.count }, (_, row) => row).filter(
    (row) => plan.unserved[row]! > 1e-6 && arcs.starts[row]! < arcs.starts[row + 1]!,
  );
  waiting.sort((a, b) => usd(b) - usd(a) || a - b);
  for (const row of waiting.slice(0, mostBought)) buyWithin(book, tables, row, liked);
}
