/**
 * The periods of a horizon as problems of their own, tied to nothing. Prices found period by period are good first prices of the
 * horizon, and found much sooner: what one period shows says nothing about another.
 */
import type { CouplingLimit } from "../problem/coupling-limit.ts";
import { firstPrices } from "./first-prices.ts";
import { boundSteps, type LagrangianResult } from "./lagrangian.ts";
import type { PlanProblem } from "../problem/problem.ts";
import { viewBySite } from "../problem/site-view.ts";
import type { Steps } from "../problem/steps.ts";

interface PeriodPart {
  readonly problem: PlanProblem;
  /** Positions in the whole problem of the part's rows, limits, pools and sites. */
  readonly rows: Int32Array;
  readonly limits: Int32Array;
  readonly pools: Int32Array;
  readonly sites: Int32Array;
}

/** Prices to begin with need not be found to the last; the next period goes on where this one ends. */
const stallRatio = 1e-4;
const stallWindow = 20;

type FirstPrices = Pick<LagrangianResult, "rowPrice" | "limitPrice">;

/** What periods by themselves say of a horizon: a bound, for ties only add to the cost, and choices to round plans from. */
export type PeriodsBound = Pick<
  LagrangianResult,
  "boundUsd" | "rowPrice" | "limitPrice" | "modules" | "open" | "modulePrice"
>;

type PeriodBound = Pick<LagrangianResult, keyof PeriodsBound>;

/** What was found of single periods, for cases of the same horizon: most of them differ in some of their periods only. */
export class KnownPeriods {
  readonly #found: { readonly period: number; readonly left: readonly Arrays[]; readonly bound: PeriodBound }[] = [];

  /** What was found of the period where the same could be decided in it; undefined while that is unknown. */
  of(period: number, problem: PlanProblem): PeriodBound | undefined {
    const left = decisionsIn(problem);
    return this.#found.find((one) => one.period === period && left.every((values, i) => isSame(values, one.left[i]!)))
      ?.bound;
  }
  learn(period: number, problem: PlanProblem, found: PeriodBound): void {
    const { boundUsd, rowPrice, limitPrice, modules, open, modulePrice } = found;
    const bound = { boundUsd, rowPrice, limitPrice, modules, open, modulePrice };
    this.#found.push({ period, left: decisionsIn(problem), bound });
  }
}

type Arrays = Float64Array | Uint8Array;

/** All in which cases of a period differ. */
function decisionsIn({ pools, sites }: PlanProblem): Arrays[] {
  return [pools.minCount, pools.maxCount, sites.forced];
}

function isSame(a: Arrays, b: Arrays): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/**
 * First prices of a horizon, sought period by period, each from those of the one before; undefined where there is but one.
 *
 * @param options.stop Asked between evaluations, with the share of the periods that is behind: true ends the search in this one.
 * @param options.isCancelled Asked between periods: those left then get the prices that the others suggest, and nothing is proven.
 * @param options.periods What is known of single periods; what is found is added.
 */
export function* pricesByPeriod(
  problem: PlanProblem,
  options: {
    readonly iterations: number;
    readonly stop: (share: number) => boolean;
    readonly isCancelled?: () => boolean;
    readonly periods?: KnownPeriods;
  },
): Steps<PeriodsBound | undefined> {
  const periods = periodsOf(problem);
  if (periods === null || periods.count < 2) return undefined;
  // What nothing can serve is worth its penalty.
  const rowPrice = problem.rows.unservedUsd.slice();
  const limitPrice = new Float64Array(problem.limits.length);
  const modules = problem.pools.minCount.slice();
  const open = Float64Array.from(problem.sites.forced);
  const modulePrice = problem.pools.usd.slice();
  let boundUsd = problem.constantUsd ?? 0;
  const known = new KnownPrices(problem);
  for (let period = 0; period < periods.count; period++) {
    yield `looking for prices of period ${period + 1} of ${periods.count}`;
    const part = partOf(problem, periods, period);
    const before = options.periods?.of(period, part.problem);
    const from = known.startOf(part);
    if (before === undefined && options.isCancelled?.() === true && from !== undefined) {
      boundUsd = -Infinity;
      put(from.rowPrice, part.rows, rowPrice);
      put(from.limitPrice, part.limits, limitPrice);
      continue;
    }
    const search = boundSteps(part.problem, viewBySite(part.problem), {
      iterations: options.iterations,
      stallRatio,
      stallWindow,
      stop: () => options.stop((period + 1) / periods.count),
      ...(options.isCancelled && { isCancelled: options.isCancelled }),
      ...(from !== undefined && { from }),
    });
    const bound = before ?? (yield* search);
    if (before === undefined) options.periods?.learn(period, part.problem, bound);
    known.learn(part, bound);
    boundUsd += bound.boundUsd;
    put(bound.rowPrice, part.rows, rowPrice);
    put(bound.limitPrice, part.limits, limitPrice);
    put(bound.modules, part.pools, modules);
    put(bound.modulePrice, part.pools, modulePrice);
    put(bound.open, part.sites, open);
  }
  return { boundUsd, rowPrice, limitPrice, modules, open, modulePrice };
}

function put(values: Float64Array, at: Int32Array, into: Float64Array): void {
  for (let i = 0; i < at.length; i++) into[at[i]!] = values[i]!;
}

/**
 * Prices of the period looked at last. The same demand is worth about the same share of its penalty a period later, and the same
 * limit about the same share of what all demand is worth.
 */
class KnownPrices {
  readonly #problem: PlanProblem;
  readonly #shareOfDemand = new Map<number, number>();
  readonly #shareOfLimit = new Map<string, number>();

  constructor(problem: PlanProblem) {
    this.#problem = problem;
  }

  learn({ problem, rows, limits }: PeriodPart, { rowPrice, limitPrice }: FirstPrices): void {
    const { demand } = this.#problem.rows;
    const totalUsd = rowPrice.reduce((sum, usd) => sum + usd, 0);
    for (const [i, row] of rows.entries()) {
      const penaltyUsd = problem.rows.unservedUsd[i]!;
      if (demand !== undefined && penaltyUsd > 0) this.#shareOfDemand.set(demand[row]!, rowPrice[i]! / penaltyUsd);
    }
    for (const [i, limit] of limits.entries()) {
      const name = this.#problem.limits[limit]!.eachPeriod;
      if (name !== undefined && totalUsd > 0) this.#shareOfLimit.set(name, limitPrice[i]! / totalUsd);
    }
  }

  /** Prices to begin a period with; undefined while nothing is known. */
  startOf({ problem, rows, limits }: PeriodPart): FirstPrices | undefined {
    if (this.#shareOfDemand.size === 0) return undefined;
    const { demand } = this.#problem.rows;
    const rowPrice = firstPrices(problem);
    for (const [i, row] of rows.entries()) {
      const share = this.#shareOfDemand.get(demand![row]!);
      if (share !== undefined) rowPrice[i] = share * problem.rows.unservedUsd[i]!;
    }
    const totalUsd = rowPrice.reduce((sum, usd) => sum + usd, 0);
    const shareOf = (limit: number): number =>
      this.#shareOfLimit.get(this.#problem.limits[limit]!.eachPeriod ?? "") ?? 0;
    return { rowPrice, limitPrice: Float64Array.from(limits, (limit) => totalUsd * shareOf(limit)) };
  }
}

/** In which period everything is; limits that speak of several are in none, -1. */
interface Periods {
  readonly count: number;
  readonly site: Int32Array;
  readonly pool: Int32Array;
  readonly row: Int32Array;
  readonly limit: Int32Array;
}

function periodsOf({ rows, arcs, pools, sites, limits, ties }: PlanProblem): Periods | null {
  if (ties === undefined || sites.place === undefined) return null;
  const seen = new Map<number, number>();
  const site = Int32Array.from(sites.place, (place) => {
    const period = seen.get(place) ?? 0;
    seen.set(place, period + 1);
    return period;
  });
  const pool = pools.site.map((at) => site[at]!);
  const row = Int32Array.from({ length: rows.count }, (_, r) =>
    arcs.starts[r] === arcs.starts[r + 1] ? -1 : pool[arcs.pool[arcs.starts[r]!]!]!,
  );
  const limit = Int32Array.from(limits, (one) => periodOfLimit(one, arcs.pool, site, pool, row));
  return { count: Math.max(0, ...seen.values()), site, pool, row, limit };
}

/** One period by itself. */
function partOf(problem: PlanProblem, periods: Periods, period: number): PeriodPart {
  const { rows, arcs, pools, sites, limits } = problem;
  const within = (of: Int32Array): Int32Array => Int32Array.from(of.keys()).filter((i) => of[i] === period);
  const [site, pool, row, limit] = [
    within(periods.site),
    within(periods.pool),
    within(periods.row),
    within(periods.limit),
  ];
  let lostUsd = 0;
  for (let r = 0; r < rows.count; r++) if (periods.row[r]! < 0) lostUsd += rows.unservedUsd[r]!;
  const siteAt = positions(site, sites.count);
  const poolAt = positions(pool, pools.count);
  const rowAt = positions(row, rows.count);
  const starts = new Int32Array(row.length + 1);
  for (const [i, r] of row.entries()) starts[i + 1] = starts[i]! + arcs.starts[r + 1]! - arcs.starts[r]!;
  const arc = new Int32Array(starts[row.length]!);
  for (const [i, r] of row.entries()) {
    for (let k = starts[i]!; k < starts[i + 1]!; k++) arc[k] = arcs.starts[r]! + k - starts[i]!;
  }
  const arcAt = limits.some((it) => it.arcs !== undefined) ? positions(arc, arcs.pool.length) : new Int32Array(0);
  const of = (values: Float64Array, keys: Int32Array): Float64Array => Float64Array.from(keys, (key) => values[key]!);
  const part: PlanProblem = {
    // What cannot be served is part of the cost that gains are measured by.
    constantUsd: lostUsd / periods.count,
    rows: { count: row.length, unservedUsd: of(rows.unservedUsd, row), gbps: of(rows.gbps, row) },
    arcs: { starts, pool: arc.map((a) => poolAt[arcs.pool[a]!]!), usd: of(arcs.usd, arc), load: of(arcs.load, arc) },
    pools: {
      count: pool.length,
      site: pool.map((p) => siteAt[pools.site[p]!]!),
      usd: of(pools.usd, pool),
      kw: of(pools.kw, pool),
      minCount: of(pools.minCount, pool),
      maxCount: of(pools.maxCount, pool),
      ...(pools.reserveLoad && { reserveLoad: of(pools.reserveLoad, pool) }),
    },
    sites: {
      count: site.length,
      usd: of(sites.usd, site),
      kw: of(sites.kw, site),
      gbps: of(sites.gbps, site),
      forced: Uint8Array.from(site, (s) => sites.forced[s]!),
    },
    limits: Array.from(limit, (l) => ({
      ...limits[l]!,
      sites: limits[l]!.sites.map((s) => siteAt[s]!),
      pools: limits[l]!.pools.map((p) => poolAt[p]!),
      ...(limits[l]!.arcs !== undefined && { arcs: limits[l]!.arcs.map((a) => arcAt[a]!) }),
      ...(limits[l]!.unserved !== undefined && { unserved: limits[l]!.unserved.map((r) => rowAt[r]!) }),
    })),
  };
  return { problem: part, rows: row, limits: limit, pools: pool, sites: site };
}

function positions(kept: Int32Array, count: number): Int32Array {
  const at = new Int32Array(count).fill(-1);
  for (const [i, key] of kept.entries()) at[key] = i;
  return at;
}

/** The period that all a limit counts is in; -1 where there are several. */
function periodOfLimit(
  limit: CouplingLimit,
  arcPool: Int32Array,
  sitePeriod: Int32Array,
  poolPeriod: Int32Array,
  rowPeriod: Int32Array,
): number {
  let found = -2;
  const meet = (period: number): void => void (found = found === -2 || found === period ? period : -1);
  for (const site of limit.sites) meet(sitePeriod[site]!);
  for (const pool of limit.pools) meet(poolPeriod[pool]!);
  for (const arc of limit.arcs ?? []) meet(poolPeriod[arcPool[arc]!]!);
  for (const row of limit.unserved ?? []) meet(rowPeriod[row]!);
  return found < 0 ? -1 : found;
}
