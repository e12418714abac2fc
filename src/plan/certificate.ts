/**
 * The prices behind a bound, as plain numbers. Anyone can recompute the bound from them and the problem in one pass over
 * the arcs, without a solver; see `recomputeBound`.
 */
import type { LagrangianResult } from "./lagrangian.ts";
import { noTies, usefulModules, type PlanProblem } from "./problem.ts";
import { cutsPerSite } from "./site-bound.ts";
import type { SiteView } from "./site-view.ts";

export interface Certificate {
  readonly boundUsd: number;
  /** What serving each row is worth, USD/year, between 0 and the cost of leaving it unserved. */
  readonly rowPrices: readonly number[];
  /** What one unit of each coupling limit is worth, USD/year; not negative. */
  readonly limitPrices: readonly number[];
  /** What taking one module away again would be worth per tie between periods, USD; not negative. */
  readonly tiePrices: readonly number[];
  /**
   * Per site, price vectors: USD/year per module and pool of the site in the order of pools, then per Gbit/s of its ports.
   * None of them may be negative.
   */
  readonly sitePrices: readonly (readonly (readonly number[])[])[];
}

export function certify(bound: LagrangianResult, view: SiteView): Certificate {
  const { cuts } = bound.bounder;
  return {
    boundUsd: bound.boundUsd,
    rowPrices: Array.from(bound.rowPrice),
    limitPrices: Array.from(bound.limitPrice),
    tiePrices: Array.from(bound.tiePrice),
    sitePrices: Array.from(cuts.count, (count, site) => {
      const size = view.poolStarts[site + 1]! - view.poolStarts[site]!;
      return Array.from({ length: count }, (_, k) => {
        const at = (site * cutsPerSite + k) * cuts.width;
        return [...cuts.prices.subarray(at, at + size), cuts.prices[at + cuts.width - 1]!];
      });
    }),
  };
}

/**
 * Combinations of module counts up to which a site is bounded over whole counts. Part of the meaning of a certificate.
 */
const listedCounts = 160;

/**
 * Recomputes the bound a certificate proves. Written on its own, straight from the inequality in `site-bound.ts`, and not
 * from the code that made the prices: any prices give a valid bound, so nothing about their origin needs to be trusted.
 *
 * @returns USD/year; -Infinity when a price is missing, negative or not a number.
 */
export function recomputeBound(problem: PlanProblem, certificate: Certificate): number {
  const { rows, arcs, pools, sites, limits } = problem;
  const { rowPrices, limitPrices, sitePrices, tiePrices } = certificate;
  const ties = problem.ties ?? noTies;
  if (rowPrices.length !== rows.count || limitPrices.length !== limits.length || sitePrices.length !== sites.count) {
    return -Infinity;
  }
  if (tiePrices.length !== ties.count) return -Infinity;
  const usable = (prices: readonly number[]): boolean => prices.every((price) => price >= 0 && price < Infinity);
  if (!usable(rowPrices) || !usable(limitPrices) || !usable(tiePrices)) return -Infinity;
  if (!sitePrices.every((cuts) => cuts.every(usable))) return -Infinity;

  let total = problem.constantUsd ?? 0;
  // A row may be left unserved: offering more than that costs would count the difference twice.
  for (let row = 0; row < rows.count; row++) total += Math.min(rowPrices[row]!, rows.unservedUsd[row]!);
  const poolUsd = pools.usd.slice();
  const siteUsd = sites.usd.slice();
  let arcUsd = arcs.usd;
  for (const [l, limit] of limits.entries()) {
    total -= limitPrices[l]! * limit.upper;
    if (limitPrices[l] !== 0 && limit.arcs !== undefined) {
      if (arcUsd === arcs.usd) arcUsd = arcs.usd.slice();
      for (const [i, arc] of limit.arcs.entries()) arcUsd[arc]! += limitPrices[l]! * limit.arcWeights![i]!;
    }
    for (const [i, pool] of limit.pools.entries()) poolUsd[pool]! += limitPrices[l]! * limit.poolWeights[i]!;
    for (const [i, site] of limit.sites.entries()) siteUsd[site]! += limitPrices[l]! * limit.siteWeights[i]!;
  }

  for (let tie = 0; tie < ties.count; tie++) {
    for (let i = ties.starts[tie]!; i < ties.starts[tie + 1]!; i++) {
      poolUsd[ties.pool[i]!]! += tiePrices[tie]! * ties.weight[i]!;
    }
  }

  // One pass over the arcs: what every cut of every site earns from the best arc of each row.
  const poolsOfSite: number[][] = Array.from({ length: sites.count }, () => []);
  const place = new Int32Array(pools.count);
  for (let pool = 0; pool < pools.count; pool++) place[pool] = poolsOfSite[pools.site[pool]!]!.push(pool) - 1;
  const useful = usefulModules(problem);
  const earned = sitePrices.map((cuts) => new Float64Array(cuts.length));
  const bestHere = sitePrices.map((cuts) => new Float64Array(cuts.length));
  const touched: number[] = [];
  const lastRow = new Int32Array(sites.count).fill(-1);
  for (let row = 0; row < rows.count; row++) {
    const offer = Math.min(rowPrices[row]!, rows.unservedUsd[row]!);
    touched.length = 0;
    for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
      const pool = arcs.pool[arc]!;
      const site = pools.site[pool]!;
      const cuts = sitePrices[site]!;
      const best = bestHere[site]!;
      if (lastRow[site] !== row) {
        lastRow[site] = row;
        touched.push(site);
        best.fill(0);
      }
      for (let k = 0; k < cuts.length; k++) {
        const prices = cuts[k]!;
        const left =
          offer - arcUsd[arc]! - arcs.load[arc]! * prices[place[pool]!]! - rows.gbps[row]! * prices[prices.length - 1]!;
        if (left > best[k]!) best[k] = left;
      }
    }
    for (const site of touched) {
      const sum = earned[site]!;
      const best = bestHere[site]!;
      for (let k = 0; k < sum.length; k++) sum[k]! += best[k]!;
    }
  }

  for (let site = 0; site < sites.count; site++) {
    const here = poolsOfSite[site]!;
    let mustStand = sites.forced[site] === 1;
    for (const pool of here) if (pools.minCount[pool]! > 0) mustStand = true;
    if (here.length === 0) {
      if (mustStand) total += siteUsd[site]!;
      continue;
    }
    const least = leastSiteCost(problem, here, sitePrices[site]!, earned[site]!, poolUsd, useful, site);
    if (least === null) return -Infinity;
    const cost = siteUsd[site]! + least;
    total += mustStand ? cost : Math.min(0, cost);
  }
  return total;
}

/** Least over the site's module counts of the highest cut; null when there is no cut. */
function leastSiteCost(
  problem: PlanProblem,
  here: readonly number[],
  cuts: readonly (readonly number[])[],
  earned: Float64Array,
  poolUsd: Float64Array,
  useful: Float64Array,
  site: number,
): number | null {
  if (cuts.length === 0) return null;
  const { pools, sites } = problem;
  const ports = sites.gbps[site]!;
  const constant = cuts.map((prices, k) => {
    const port = prices[prices.length - 1]!;
    return -earned[k]! - (port > 0 ? port * ports : 0);
  });
  const most = here.map((pool) => useful[pool]!);
  const fewest = here.map((pool, i) => Math.min(pools.minCount[pool]!, most[i]!));
  let combinations = 1;
  for (let i = 0; i < here.length; i++) combinations *= most[i]! - fewest[i]! + 1;
  if (combinations > listedCounts) {
    return Math.max(
      ...cuts.map((prices, k) => {
        const weights = here.map((pool, i) => poolUsd[pool]! - prices[i]!);
        return constant[k]! + leastFractional(problem, here, weights, fewest, most, sites.kw[site]!);
      }),
    );
  }
  let least = Infinity;
  const visit = (i: number, counts: number[], kw: number): void => {
    if (kw > sites.kw[site]! * (1 + 1e-9)) return;
    if (i === here.length) {
      let highest = -Infinity;
      for (const [k, prices] of cuts.entries()) {
        let value = constant[k]!;
        for (const [j, pool] of here.entries()) value += (poolUsd[pool]! - prices[j]!) * counts[j]!;
        highest = Math.max(highest, value);
      }
      // A site without modules serves nobody and spends nothing.
      if (counts.every((count) => count === 0)) highest = Math.max(highest, 0);
      least = Math.min(least, highest);
      return;
    }
    for (let count = fewest[i]!; count <= most[i]!; count++)
      visit(i + 1, [...counts, count], kw + count * pools.kw[here[i]!]!);
  };
  visit(0, [], 0);
  return least;
}

/** Least of `weights · N` for fractional N within power: a fractional knapsack, best ratio first. */
function leastFractional(
  problem: PlanProblem,
  here: readonly number[],
  weights: readonly number[],
  fewest: readonly number[],
  most: readonly number[],
  limitKw: number,
): number {
  const { kw } = problem.pools;
  let left = limitKw;
  let total = 0;
  for (const [i, pool] of here.entries()) {
    left -= fewest[i]! * kw[pool]!;
    total += fewest[i]! * weights[i]!;
  }
  const paying = here.map((pool, i) => ({ i, pool, ratio: kw[pool]! > 0 ? weights[i]! / kw[pool]! : -Infinity }));
  for (const { i, pool } of paying.filter((entry) => weights[entry.i]! < 0).sort((a, b) => a.ratio - b.ratio)) {
    const room = most[i]! - fewest[i]!;
    const more = kw[pool]! > 0 ? Math.min(room, Math.max(0, left) / kw[pool]!) : room;
    left -= more * kw[pool]!;
    total += more * weights[i]!;
  }
  return total;
}
