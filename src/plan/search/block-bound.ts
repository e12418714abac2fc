/**
 * A bound tighter than that of single sites, where demand is local. When every site decides alone, two neighbours may both
 * be paid for the same row, and a server that is only worth having full is had in parts by each of them. Sites that compete
 * for the same rows are therefore put into blocks, and each block is solved as a whole at the prices of the bound: a row is
 * then served at most once within the block. The prices outside the block stay, so the sum over blocks bounds every plan.
 */
import type { LagrangianResult } from "../bound/lagrangian.ts";
import type { PlanProblem, ProblemSolution } from "../problem/problem.ts";
import { noTies } from "../problem/problem.ts";
import { pickTies } from "./neighbourhood.ts";
import type { SiteView } from "../problem/site-view.ts";

export interface Block {
  readonly places: readonly number[];
  /** The block by itself: what a row pays is what leaving it to others costs. */
  readonly problem: PlanProblem;
  /** Positions in the whole problem of the part's pools and rows. */
  readonly pool: Int32Array;
  readonly row: Int32Array;
  /** What single sites prove of the block, in the money of `problem`; solving it can only prove more. */
  readonly knownUsd: number;
}

/** Rows that more places than this could serve do not make neighbours. */
const widestReach = 40;
/** Places of a row that compete for it: the best by what serving it there leaves. */
const rivalsPerRow = 6;

/** Groups places that compete for the same rows, the strongest competition first, up to `mostArcs` arcs together. */
export function blocksOf(problem: PlanProblem, bound: LagrangianResult, mostArcs: number): number[][] {
  const { rows, arcs, pools, sites } = problem;
  const placeOf = sites.place ?? Int32Array.from({ length: sites.count }, (_, site) => site);
  const places = placeOf.reduce((most, place) => Math.max(most, place), -1) + 1;
  const weights = new Map<number, number>();
  const size = new Float64Array(places);
  for (let row = 0; row < rows.count; row++) {
    const price = bound.rowPrice[row]!;
    const margin = new Map<number, number>();
    let paying = 0;
    for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]! && margin.size <= widestReach; arc++) {
      if (arcs.usd[arc]! >= price) continue;
      const pool = arcs.pool[arc]!;
      const place = placeOf[pools.site[pool]!]!;
      const left = price - arcs.usd[arc]! - arcs.load[arc]! * bound.modulePrice[pool]!;
      margin.set(place, Math.max(margin.get(place) ?? -Infinity, left));
      paying++;
    }
    if (margin.size > widestReach || paying === 0) continue;
    for (const place of margin.keys()) size[place]! += paying / margin.size;
    const rivals = [...margin].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, rivalsPerRow);
    for (const [i, [a]] of rivals.entries()) {
      for (const [b] of rivals.slice(i + 1)) {
        const key = Math.min(a, b) * places + Math.max(a, b);
        weights.set(key, (weights.get(key) ?? 0) + price / rivals.length);
      }
    }
  }
  const parent = Int32Array.from({ length: places }, (_, place) => place);
  const find = (place: number): number => {
    while (parent[place] !== place) place = parent[place] = parent[parent[place]!]!;
    return place;
  };
  for (const [key] of [...weights].sort((a, b) => b[1] - a[1] || a[0] - b[0])) {
    const [a, b] = [find(Math.floor(key / places)), find(key % places)];
    if (a === b || size[a]! + size[b]! > mostArcs) continue;
    parent[Math.max(a, b)] = Math.min(a, b);
    size[Math.min(a, b)] = size[a]! + size[b]!;
  }
  const groups = new Map<number, number[]>();
  for (let place = 0; place < places; place++) {
    const root = find(place);
    const group = groups.get(root);
    if (group === undefined) groups.set(root, [place]);
    else group.push(place);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

/** The priced problem of a block. */
export function blockOf(
  problem: PlanProblem,
  view: SiteView,
  bound: LagrangianResult,
  places: readonly number[],
  sitesOf: readonly (readonly number[])[],
): Block {
  const { arcs, rows, pools, sites, limits } = problem;
  // A site without modules costs the same whatever the block does.
  const here = places
    .flatMap((place) => sitesOf[place]!)
    .filter((site) => view.poolStarts[site]! < view.poolStarts[site + 1]!);
  const siteAt = new Map(here.map((site, i) => [site, i]));
  const pool: number[] = [];
  const poolAt = new Map<number, number>();
  for (const site of here) {
    for (let i = view.poolStarts[site]!; i < view.poolStarts[site + 1]!; i++) {
      poolAt.set(view.pool[i]!, pool.length);
      pool.push(view.pool[i]!);
    }
  }
  const arcsOfRow = new Map<number, number[]>();
  const arcUsd = pricedArcs(problem, bound, here, view);
  for (const site of here) {
    for (let a = view.starts[site]!; a < view.starts[site + 1]!; a++) {
      const row = view.row[a]!;
      if (arcUsd(view.arc[a]!) >= bound.rowPrice[row]!) continue;
      const list = arcsOfRow.get(row);
      if (list === undefined) arcsOfRow.set(row, [view.arc[a]!]);
      else list.push(view.arc[a]!);
    }
  }
  const row = [...arcsOfRow.keys()].sort((a, b) => a - b);
  const arc: number[] = [];
  const starts = [0];
  for (const r of row) {
    arc.push(...arcsOfRow.get(r)!.sort((a, b) => a - b));
    starts.push(arc.length);
  }
  // Limits stay priced; ties between periods never leave a place, so within a block they are kept instead.
  const poolUsd = new Map(pool.map((p) => [p, pools.usd[p]!]));
  const siteUsd = new Map(here.map((site) => [site, sites.usd[site]!]));
  for (const [l, limit] of limits.entries()) {
    const price = bound.limitPrice[l]!;
    if (price === 0) continue;
    for (const [i, p] of limit.pools.entries()) {
      const usd = poolUsd.get(p);
      if (usd !== undefined) poolUsd.set(p, usd + price * limit.poolWeights[i]!);
    }
    for (const [i, s] of limit.sites.entries()) {
      const usd = siteUsd.get(s);
      if (usd !== undefined) siteUsd.set(s, usd + price * limit.siteWeights[i]!);
    }
  }
  const prices = Float64Array.from(row, (r) => bound.rowPrice[r]!);
  let knownUsd = prices.reduce((sum, price) => sum + price, 0);
  for (const site of here) knownUsd += bound.siteValue[site]!;
  // Where a limit pays for modules, as many as may be useful anywhere could be had for nothing but a fixed gain.
  let gainedUsd = 0;
  for (const [p, usd] of poolUsd) {
    if (usd >= 0) continue;
    gainedUsd += usd * view.most[p]!;
    poolUsd.set(p, 0);
  }
  const of = (values: Float64Array, keys: readonly number[]): Float64Array =>
    Float64Array.from(keys, (key) => values[key]!);
  return {
    places,
    knownUsd: knownUsd - gainedUsd,
    pool: Int32Array.from(pool),
    row: Int32Array.from(row),
    problem: {
      rows: { count: row.length, unservedUsd: prices, gbps: of(rows.gbps, row) },
      arcs: {
        starts: Int32Array.from(starts),
        pool: Int32Array.from(arc, (a) => poolAt.get(arcs.pool[a]!)!),
        usd: Float64Array.from(arc, arcUsd),
        load: of(arcs.load, arc),
      },
      pools: {
        count: pool.length,
        site: Int32Array.from(pool, (p) => siteAt.get(pools.site[p]!)!),
        usd: Float64Array.from(poolUsd.values()),
        kw: of(pools.kw, pool),
        minCount: of(pools.minCount, pool),
        maxCount: of(pools.maxCount, pool),
        ...(pools.isSwitch && { isSwitch: Uint8Array.from(pool, (p) => pools.isSwitch![p]!) }),
        ...(pools.reserveLoad && { reserveLoad: of(pools.reserveLoad, pool) }),
      },
      sites: {
        count: here.length,
        usd: Float64Array.from(siteUsd.values()),
        kw: of(sites.kw, here),
        gbps: of(sites.gbps, here),
        forced: Uint8Array.from(here, (site) => sites.forced[site]!),
      },
      limits: [],
      ties: pickTies(problem.ties ?? noTies, poolAt),
    },
  };
}

/** What an arc of the sites costs with the limits that count it, in the problem's money. */
function pricedArcs(
  { arcs, limits }: PlanProblem,
  bound: LagrangianResult,
  here: readonly number[],
  view: SiteView,
): (arc: number) => number {
  if (!limits.some((limit, l) => bound.limitPrice[l]! !== 0 && limit.arcs !== undefined))
    return (arc) => arcs.usd[arc]!;
  const usd = new Map<number, number>();
  for (const site of here) {
    for (let a = view.starts[site]!; a < view.starts[site + 1]!; a++) usd.set(view.arc[a]!, arcs.usd[view.arc[a]!]!);
  }
  for (const [l, limit] of limits.entries()) {
    if (bound.limitPrice[l] === 0) continue;
    for (const [i, arc] of (limit.arcs ?? []).entries()) {
      const known = usd.get(arc);
      if (known !== undefined) usd.set(arc, known + bound.limitPrice[l]! * limit.arcWeights![i]!);
    }
  }
  return (arc) => usd.get(arc)!;
}

/** Modules of a block's solution, by position in the whole problem. */
export function modulesOf({ pool }: Block, solution: ProblemSolution): { pool: number; count: number }[] {
  return Array.from(pool, (p, i) => ({ pool: p, count: solution.modules[i]! }));
}
