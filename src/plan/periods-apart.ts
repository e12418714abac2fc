/**
 * The periods of a horizon as problems of their own, tied to nothing. Prices found period by period are good first prices of the
 * horizon, and found much sooner: what one period shows says nothing about another.
 */
import type { CouplingLimit } from "./coupling-limit.ts";
import { boundSteps } from "./lagrangian.ts";
import type { PlanProblem } from "./problem.ts";
import { viewBySite } from "./site-view.ts";

interface PeriodPart {
  readonly problem: PlanProblem;
  /** Positions in the whole problem of the part's rows and limits. */
  readonly rows: Int32Array;
  readonly limits: Int32Array;
}

interface FirstPrices {
  readonly rowPrice: Float64Array;
  readonly limitPrice: Float64Array;
}

/**
 * First prices of a horizon, sought period by period; undefined where there is but one.
 *
 * @param stop Asked between evaluations, with the share of the periods that is behind: true ends the search in this one.
 */
export function* pricesByPeriod(
  problem: PlanProblem,
  options: { readonly iterations: number; readonly stallRatio: number; readonly stop: (share: number) => boolean },
): Generator<undefined, FirstPrices | undefined> {
  const parts = periodsApart(problem);
  if (parts.length < 2) return undefined;
  // What nothing can serve is worth its penalty.
  const rowPrice = problem.rows.unservedUsd.slice();
  const limitPrice = new Float64Array(problem.limits.length);
  for (const [period, part] of parts.entries()) {
    const bound = yield* boundSteps(part.problem, viewBySite(part.problem), {
      iterations: options.iterations,
      stallRatio: options.stallRatio,
      stop: () => options.stop((period + 1) / parts.length),
    });
    for (const [i, row] of part.rows.entries()) rowPrice[row] = bound.rowPrice[i]!;
    for (const [i, limit] of part.limits.entries()) limitPrice[limit] = bound.limitPrice[i]!;
  }
  return { rowPrice, limitPrice };
}

/** One part per period; none where there is but one. Limits that speak of several periods are in no part. */
function periodsApart(problem: PlanProblem): PeriodPart[] {
  const { rows, arcs, pools, sites, limits } = problem;
  if (problem.ties === undefined || sites.place === undefined) return [];
  const seen = new Map<number, number>();
  const periodOf = Int32Array.from(sites.place, (place) => {
    const period = seen.get(place) ?? 0;
    seen.set(place, period + 1);
    return period;
  });
  const periods = Math.max(0, ...seen.values());
  const poolPeriod = pools.site.map((site) => periodOf[site]!);
  const limitPeriod = limits.map((limit) => periodOfLimit(limit, problem, periodOf, poolPeriod));
  const within = (count: number, of: (i: number) => number, period: number): Int32Array =>
    Int32Array.from({ length: count }, (_, i) => i).filter((i) => of(i) === period);
  const rowPeriod = (row: number): number =>
    arcs.starts[row] === arcs.starts[row + 1] ? -1 : poolPeriod[arcs.pool[arcs.starts[row]!]!]!;
  let lostUsd = 0;
  for (let row = 0; row < rows.count; row++) if (rowPeriod(row) < 0) lostUsd += rows.unservedUsd[row]!;
  return Array.from({ length: periods }, (_, period) => {
    const site = within(sites.count, (i) => periodOf[i]!, period);
    const pool = within(pools.count, (i) => poolPeriod[i]!, period);
    const row = within(rows.count, rowPeriod, period);
    const limit = within(limits.length, (i) => limitPeriod[i]!, period);
    const siteAt = positions(site, sites.count);
    const poolAt = positions(pool, pools.count);
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
      constantUsd: lostUsd / periods,
      rows: { count: row.length, unservedUsd: of(rows.unservedUsd, row), gbps: of(rows.gbps, row) },
      arcs: { starts, pool: arc.map((a) => poolAt[arcs.pool[a]!]!), usd: of(arcs.usd, arc), load: of(arcs.load, arc) },
      pools: {
        count: pool.length,
        site: pool.map((p) => siteAt[pools.site[p]!]!),
        usd: of(pools.usd, pool),
        kw: of(pools.kw, pool),
        minCount: of(pools.minCount, pool),
        maxCount: of(pools.maxCount, pool),
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
      })),
    };
    return { problem: part, rows: row, limits: limit };
  });
}

function positions(kept: Int32Array, count: number): Int32Array {
  const at = new Int32Array(count).fill(-1);
  for (const [i, key] of kept.entries()) at[key] = i;
  return at;
}

/** The period that all a limit counts is in; -1 where there are several. */
function periodOfLimit(
  limit: CouplingLimit,
  { arcs }: PlanProblem,
  sitePeriod: Int32Array,
  poolPeriod: Int32Array,
): number {
  let found = -2;
  const meet = (period: number): void => void (found = found === -2 || found === period ? period : -1);
  for (const site of limit.sites) meet(sitePeriod[site]!);
  for (const pool of limit.pools) meet(poolPeriod[pool]!);
  for (const arc of limit.arcs ?? []) meet(poolPeriod[arcs.pool[arc]!]!);
  return found < 0 ? -1 : found;
}
