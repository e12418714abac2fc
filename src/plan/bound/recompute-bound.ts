/**
 * Recomputes a bound from its prices in one pass over the arcs. Written on its own, straight from the inequality in
 * `site-bound.ts`, and not from the code that made the prices.
 */
import type { Prices } from "../problem/prices.ts";
import { modelCharges, placesBySite } from "../problem/engine-slots.ts";
import { noTies, usefulModules, type PlanProblem } from "../problem/problem.ts";

/**
 * Module counts of a site are whole as far as their combinations stay within this, the dearest modules first; the others are
 * counted in parts, which can only lower the bound. Part of the meaning of a certificate.
 */
const listedCounts = 160;

/** @returns What prices without a fault prove of a problem, in its money; -Infinity when a site has none. */
export function boundAt(problem: PlanProblem, prices: Prices): number {
  const { rows, arcs, pools, sites, limits } = problem;
  const { rowPrices, limitPrices, sitePrices, tiePrices } = prices;
  const ties = problem.ties ?? noTies;

  let total = problem.constantUsd ?? 0;
  // A row may be left unserved: offering more than that costs would count the difference twice.
  const unservedUsd = unservedCosts(problem, prices);
  for (let row = 0; row < rows.count; row++) {
    total += Math.min(rowPrices[row]!, rows.unservedUsd[row]!, unservedUsd[row]!);
  }
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

  const poolsOfSite: number[][] = Array.from({ length: sites.count }, () => []);
  const place = new Int32Array(pools.count);
  for (let pool = 0; pool < pools.count; pool++) place[pool] = poolsOfSite[pools.site[pool]!]!.push(pool) - 1;
  const useful = usefulModules(problem);
  const placesOf = problem.engines && placesBySite(problem, problem.engines);
  const { earned, cutStarts } = earnings(problem, prices, arcUsd, place, poolsOfSite, placesOf);

  for (let site = 0; site < sites.count; site++) {
    const here = poolsOfSite[site]!;
    let mustStand = sites.forced[site] === 1;
    for (const pool of here) if (pools.minCount[pool]! > 0) mustStand = true;
    if (here.length === 0) {
      if (mustStand) total += siteUsd[site]!;
      continue;
    }
    // Where nothing may stand a site is not open either, whatever opening it would be paid.
    if (!mustStand && sites.usd[site]! >= 0 && here.every((pool) => useful[pool] === 0)) continue;
    const least = leastSiteCost(
      problem,
      here,
      withRoom(problem, here, sitePrices[site]!, placesOf?.[site]),
      earned.subarray(cutStarts[site]),
      poolUsd,
      useful,
      site,
    );
    if (least === null) return -Infinity;
    const cost = siteUsd[site]! + least;
    total += mustStand ? cost : Math.min(0, cost);
  }
  return total;
}

/**
 * The cuts of a site as what a module of each pool earns: by its time and, where models do not all fit together and the cut prices
 * it, by the room of its accelerators. The price of the ports stays in the last place.
 */
function withRoom(
  { engines }: PlanProblem,
  here: readonly number[],
  cuts: readonly (readonly number[])[],
  places: readonly number[] = [],
): readonly (readonly number[])[] {
  if (places.length === 0) return cuts;
  return cuts.map((cut) => {
    const prices = cut.slice(0, here.length + 1);
    for (const [i, place] of places.entries()) {
      const { pools, accelerators } = engines!.places[place]!;
      for (const pool of pools) prices[here.indexOf(pool)]! += accelerators * (cut[here.length + 1 + i] ?? 0);
    }
    return prices;
  });
}

/** What leaving each row unserved costs with the limits that count it. */
function unservedCosts({ rows, limits }: PlanProblem, { limitPrices }: Prices): Float64Array {
  const usd = rows.unservedUsd.slice();
  for (const [l, limit] of limits.entries()) {
    for (const [i, row] of (limit.unserved ?? []).entries()) usd[row]! += limitPrices[l]! * limit.unservedWeights![i]!;
  }
  return usd;
}

/**
 * One pass over the arcs: what every cut of every site earns from the best arc of each row. Cut k of site s stands at
 * `cutStarts[s] + k`.
 */
function earnings(
  problem: PlanProblem,
  { rowPrices, sitePrices }: Prices,
  arcUsd: Float64Array,
  place: Int32Array,
  poolsOfSite: readonly (readonly number[])[],
  placesOf: readonly (readonly number[])[] | undefined,
): { earned: Float64Array; cutStarts: Int32Array } {
  const { rows, arcs, pools, sites } = problem;
  const cutStarts = new Int32Array(sites.count + 1);
  for (let site = 0; site < sites.count; site++) cutStarts[site + 1] = cutStarts[site]! + sitePrices[site]!.length;
  // Per pool, the price of its time and of the ports under each cut of its site, so that the pass reads straight lines.
  const poolStarts = new Int32Array(pools.count + 1);
  for (let pool = 0; pool < pools.count; pool++) {
    poolStarts[pool + 1] = poolStarts[pool]! + sitePrices[pools.site[pool]!]!.length;
  }
  const timePrice = new Float64Array(poolStarts[pools.count]!);
  const portPrice = new Float64Array(poolStarts[pools.count]!);
  // Most arcs earn nothing under any cut, which the lowest of their prices tell at once.
  const leastTime = new Float64Array(pools.count).fill(Infinity);
  const leastPort = new Float64Array(pools.count).fill(Infinity);
  for (let pool = 0; pool < pools.count; pool++) {
    for (const [k, cut] of sitePrices[pools.site[pool]!]!.entries()) {
      const time = (timePrice[poolStarts[pool]! + k] = cut[place[pool]!]!);
      const port = (portPrice[poolStarts[pool]! + k] = cut[poolsOfSite[pools.site[pool]!]!.length]!);
      if (time < leastTime[pool]!) leastTime[pool] = time;
      if (port < leastPort[pool]!) leastPort[pool] = port;
    }
  }
  const earned = new Float64Array(cutStarts[sites.count]!);
  const best = new Float64Array(earned.length);
  // What the rows of each model leave, cut by cut, where a model must pay for the room of an engine.
  const models = problem.engines?.modelCount ?? 0;
  const byModel = new Float64Array(models * earned.length);
  const lastRow = new Int32Array(sites.count).fill(-1);
  const touched = new Int32Array(sites.count);
  for (let row = 0; row < rows.count; row++) {
    const offer = Math.min(rowPrices[row]!, rows.unservedUsd[row]!);
    const gbps = rows.gbps[row]!;
    let count = 0;
    for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
      const margin = offer - arcUsd[arc]!;
      if (margin <= 0) continue;
      const pool = arcs.pool[arc]!;
      const load = arcs.load[arc]!;
      if (!(margin - load * leastTime[pool]! - gbps * leastPort[pool]! > 0)) continue;
      const site = pools.site[pool]!;
      const first = cutStarts[site]!;
      if (lastRow[site] !== row) {
        lastRow[site] = row;
        touched[count++] = site;
        best.fill(0, first, cutStarts[site + 1]);
      }
      const from = poolStarts[pool]!;
      const cuts = poolStarts[pool + 1]! - from;
      for (let k = 0; k < cuts; k++) {
        const left = margin - load * timePrice[from + k]! - gbps * portPrice[from + k]!;
        if (left > best[first + k]!) best[first + k] = left;
      }
    }
    for (let i = 0; i < count; i++) {
      const site = touched[i]!;
      const model = problem.engines?.modelOfRow[row] ?? -1;
      if (model < 0) for (let k = cutStarts[site]!; k < cutStarts[site + 1]!; k++) earned[k]! += best[k]!;
      else for (let k = cutStarts[site]!; k < cutStarts[site + 1]!; k++) byModel[k * models + model]! += best[k]!;
    }
  }
  if (problem.engines !== undefined) {
    const charges = modelCharges(problem, problem.engines, placesOf as number[][]);
    for (let site = 0; site < sites.count; site++) {
      for (const [k, cut] of sitePrices[site]!.entries()) {
        const behindPorts = poolsOfSite[site]!.length + 1;
        for (let model = 0; model < models; model++) {
          const left = byModel[(cutStarts[site]! + k) * models + model]!;
          const here = charges[site * models + model]!;
          let least = here.length === 0 ? 0 : Infinity;
          for (const { place: at, room } of here) {
            least = Math.min(least, room * (cut[behindPorts + at] ?? 0));
          }
          if (left > least) earned[cutStarts[site]! + k]! += left - least;
        }
      }
    }
  }
  return { earned, cutStarts };
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
  const whole = new Set<number>();
  let combinations = 1;
  for (const i of [...here.keys()].sort((a, b) => pools.usd[here[b]!]! - pools.usd[here[a]!]! || a - b)) {
    const span = most[i]! - fewest[i]! + 1;
    if (combinations * span > listedCounts) continue;
    combinations *= span;
    whole.add(i);
  }
  const listed = [...whole].sort((a, b) => a - b);
  const parts = [...here.keys()].filter((i) => !whole.has(i));
  const pick = <T>(values: ArrayLike<T>): T[] => parts.map((i) => values[i]!);
  const [partPools, partFewest, partMost] = [pick(here), pick(fewest), pick(most)];
  const weights = cuts.map((prices) => here.map((pool, i) => poolUsd[pool]! - prices[i]!));
  const partWeights = weights.map(pick);
  const partKw = parts.reduce((sum, i) => sum + fewest[i]! * pools.kw[here[i]!]!, 0);
  // What each cut says with the counts chosen so far, one row per pool that is listed.
  const values = Array.from({ length: listed.length + 1 }, () => [...constant]);
  let least = Infinity;
  const visit = (depth: number, kw: number, isEmpty: boolean): void => {
    if (kw > sites.kw[site]! * (1 + 1e-9)) return;
    const known = values[depth]!;
    if (depth < listed.length) {
      const i = listed[depth]!;
      const next = values[depth + 1]!;
      for (let count = fewest[i]!; count <= most[i]!; count++) {
        for (let k = 0; k < known.length; k++) next[k] = known[k]! + weights[k]![i]! * count;
        visit(depth + 1, kw + (count - fewest[i]!) * pools.kw[here[i]!]!, isEmpty && count === 0);
      }
      return;
    }
    let highest = -Infinity;
    for (let k = 0; k < known.length; k++) {
      let value = known[k]!;
      if (parts.length > 0) {
        const room = sites.kw[site]! - kw + partKw;
        value += leastFractional(problem, partPools, partWeights[k]!, partFewest, partMost, room);
      }
      if (value > highest) highest = value;
    }
    // A site without modules serves nobody and spends nothing.
    if (isEmpty && parts.length === 0) highest = Math.max(highest, 0);
    least = Math.min(least, highest);
  };
  visit(
    0,
    here.reduce((sum, pool, i) => sum + fewest[i]! * pools.kw[pool]!, 0),
    true,
  );
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
