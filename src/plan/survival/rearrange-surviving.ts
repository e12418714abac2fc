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
/** Parts that the solver decides at once. */
const atOnce = 2;
/** Seeds that are looked through for a part that has nothing to do with the one at hand, to be decided at the same time. */
const mostLookedAt = 64;
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
  const terms: Terms = { book, tables, arcLimits: arcLimitsOf(plan.problem, () => true), liked, tools, options };
  for (const [at, seed] of seeds.entries()) {
    if (options.enough()) return;
    if (done.has(seed) || plan.standing[seed] === 0) continue;
    const parts = [partAround(terms, seed, isLarge)];
    for (let next = at + 1; next < Math.min(seeds.length, at + mostLookedAt) && parts.length < atOnce; next++) {
      const other = seeds[next]!;
      if (parts[0]!.isLarge || done.has(other) || plan.standing[other] === 0) continue;
      const part = partAround(terms, other, isLarge);
      if (part.reach.isDisjointFrom(parts[0]!.reach)) parts.push(part);
    }
    for (const { sites: around } of parts) for (const site of around) done.add(site);
    // All are told of the plan as it is, which none of them changes where another one counts on it.
    const decided = await Promise.all(parts.map((part) => decide(terms, part)));
    for (const carryOut of decided) carryOut();
  }
}

interface Terms {
  readonly book: ReserveBook;
  readonly tables: MoveTables;
  readonly arcLimits: ArcLimits | null;
  readonly liked: Liked;
  readonly tools: PathTools;
  readonly options: RearrangeOptions;
}

/** Places that are decided together. */
interface Part {
  readonly sites: ReadonlySet<number>;
  /** Rows that are served there, or go there when something is lost. */
  readonly rows: readonly number[];
  /** The sites, and all where something stands that may serve the rows. */
  readonly reach: ReadonlySet<number>;
  readonly isLarge: boolean;
}

function partAround({ book, tables, liked }: Terms, seed: number, isLarge: (site: number) => boolean): Part {
  const { plan } = book;
  const { arcs, pools } = plan.problem;
  const sites = neighbourhood(book, tables, liked.open, seed, isLarge);
  const rows = rowsAt(book, tables, sites);
  const reach = new Set(sites);
  for (const row of rows) {
    for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
      const pool = arcs.pool[arc]!;
      if (plan.modules[pool]! > 0) reach.add(pools.site[pool]!);
    }
  }
  return { sites, rows, reach, isLarge: isLarge(seed) };
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

/** @returns What carries out what the solver finds, and keeps it where that makes the plan cheaper. */
async function decide(
  { book, tables, arcLimits, liked, tools, options }: Terms,
  { sites, rows, isLarge: keepsOpen }: Part,
): Promise<() => void> {
  const { plan } = book;
  const used = plan.limitUse.slice();
  const isOpen = new Map([...sites].map((site) => [site, plan.standing[site]! > 0]));
  book.checkpoint();
  clear(book, tables, sites, rows);
  const programme = reserveProgramme(book, tables, arcLimits, sites, rows, used);
  book.rollback();
  const { seed, signal } = options;
  const timeLimitS = Math.max(leastTimeS, Math.min(timeEachS, options.leftS()));
  const fixed = keepsOpen ? { isOpen, worthUsd: worthOfPlaces(book, used, liked.limitPrice) } : undefined;
  const solution = await solveProgramme(
    programme,
    tools.solver,
    { seed, timeLimitS, ...(signal && { signal }) },
    fixed,
  );
  return () => {
    if (solution === null) return;
    const before = plan.costUsd;
    const broken = plan.brokenLimits;
    book.checkpoint();
    clear(book, tables, sites, rows);
    carryOutProgramme(book, programme, solution);
    if (keepsOpen) buyForWaiting(book, tables, liked.open);
    const least = Math.max(tables.negligibleUsd, negligibleRatio * Math.abs(before));
    if (before - plan.costUsd <= least || plan.brokenLimits > broken) book.rollback();
  };
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
