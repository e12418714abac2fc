/**
 * The problem when nothing is required but everything is paid for: serving a row earns its price, coupling limits and ties
 * between periods charge theirs, and every site decides alone. Whatever the prices, what all sites then cost together is a
 * lower bound on the cost of any plan; what they choose says which prices are too low.
 */
import { arcLimitsOf, type CouplingLimit } from "../problem/coupling-limit.ts";
import { noTies, type PlanProblem } from "../problem/problem.ts";
import { createSiteBounder } from "./site-bound.ts";
import { cutsPerSite, type SiteBounder, type SiteOutcome } from "./site-cuts.ts";
import type { SiteView } from "../problem/site-view.ts";

export interface PricedProblem {
  /** Prices in one row: of the rows, of the coupling limits, of the ties. USD/year per row, unit of limit, module. */
  readonly size: number;
  readonly firstLimit: number;
  readonly firstTie: number;
  /**
   * Bound at these prices, USD/year; fills all that follows. The cuts of sites that would open are tightened up to
   * `refinements` times.
   */
  evaluate(prices: Float64Array, refinements: number): number;
  /** By how much each price should rise: share of a row nobody serves, use of a limit or tie above what it may be. */
  readonly slope: Float64Array;
  /** What stands: modules per pool, then 1 per open site. */
  readonly chosen: Float64Array;
  /** What a module's time is worth per pool, and a Gbit/s of the ports per site; what each site adds to the bound. USD/year. */
  readonly modulePrice: Float64Array;
  readonly portPrice: Float64Array;
  readonly siteValue: Float64Array;
  /** What each site that stays shut would have to earn more to open, USD/year. */
  readonly spareUsd: Float64Array;
  readonly bounder: SiteBounder;
  /** Takes the prices of limits off the arcs of the view again. */
  leave(): void;
}

export function createPricedProblem(problem: PlanProblem, view: SiteView): PricedProblem {
  const { rows, arcs, pools, sites, limits } = problem;
  const ties = problem.ties ?? noTies;
  const bounder = createSiteBounder(problem, view);
  // Limits that count the same arcs alike are looked up as one.
  const alike = countedAlike(limits);
  const arcLimits = arcLimitsOf(problem, (limit) => alike.get(limit) === limit);
  const positions = new Map(limits.map((limit, l) => [limit, l]));
  /** Position of the first limit that counts the same arcs as each; -1 where none are counted, or without a price. */
  const firstAlike = Int32Array.from(limits, (limit) => positions.get(alike.get(limit)!) ?? -1);
  /** What the limits charge that count the same arcs as the one at each position, in the view. */
  const arcPrice = new Float64Array(limits.length);
  const firstLimit = rows.count;
  const firstTie = firstLimit + limits.length;
  const size = firstTie + ties.count;
  const slope = new Float64Array(size);
  const chosen = new Float64Array(pools.count + sites.count);
  const poolUsd = new Float64Array(pools.count);
  const siteUsd = new Float64Array(sites.count);
  const modulePrice = pools.usd.slice();
  const siteValue = new Float64Array(sites.count);
  const portPrice = new Float64Array(sites.count);
  const spareUsd = new Float64Array(sites.count);
  /** Arcs a site uses, one cut at a time. */
  const taken = new Int32Array(widestSite(view));
  const outcome: SiteOutcome = {
    value: 0,
    cut: 0,
    mixCut: new Int32Array(cutsPerSite),
    mixWeight: new Float64Array(cutsPerSite),
    mixCount: 0,
    modules: new Float64Array(view.widest + 1),
  };
  const countsUnserved = limits.some((limit) => limit.unserved !== undefined);
  const unservedUsd = rows.unservedUsd.slice();
  const left = new Uint8Array(rows.count);
  const held = new Uint8Array(sites.count);
  for (let p = 0; p < pools.count; p++) if (pools.minCount[p]! > 0) held[pools.site[p]!] = 1;

  /** 1 where nothing may stand, so that the site is not open either, whatever opening it would be paid. */
  const barren = Uint8Array.from({ length: sites.count }, (_, s) => {
    const here = view.pool.subarray(view.poolStarts[s], view.poolStarts[s + 1]);
    return held[s] === 0 && sites.forced[s] === 0 && sites.usd[s]! >= 0 && here.every((p) => view.most[p] === 0)
      ? 1
      : 0;
  });

  /** Puts the prices of limits on the arcs that count in them. */
  function chargeArcs(prices: Float64Array): void {
    for (const [l, { arcs: counted }] of limits.entries()) {
      if (arcPrice[l] === 0) continue;
      for (const arc of counted!) view.usd[view.position[arc]!] = arcs.usd[arc]!;
    }
    arcPrice.fill(0);
    for (let l = 0; l < limits.length; l++) {
      if (firstAlike[l]! >= 0) arcPrice[firstAlike[l]!]! += prices[firstLimit + l]!;
    }
    for (const [l, limit] of limits.entries()) {
      const price = arcPrice[l]!;
      if (price === 0) continue;
      for (let i = 0; i < limit.arcs!.length; i++) {
        view.usd[view.position[limit.arcs![i]!]!]! += price * limit.arcWeights![i]!;
      }
    }
  }

  /** What leaving each row out costs with the limits that count it. */
  function chargeUnserved(prices: Float64Array): void {
    unservedUsd.set(rows.unservedUsd);
    for (const [l, { unserved = [], unservedWeights }] of limits.entries()) {
      const price = prices[firstLimit + l]!;
      if (price === 0) continue;
      for (let i = 0; i < unserved.length; i++) unservedUsd[unserved[i]!]! += price * unservedWeights![i]!;
    }
  }

  /** Leaves out the rows that are paid more for than that costs, and says what it saves, USD/year. */
  function leaveOut(prices: Float64Array): number {
    let savedUsd = 0;
    left.fill(0);
    for (let row = 0; row < rows.count; row++) {
      if (!(prices[row]! > unservedUsd[row]!)) continue;
      savedUsd += unservedUsd[row]! - prices[row]!;
      left[row] = 1;
      slope[row]! -= 1;
    }
    for (const [l, { unserved = [], unservedWeights }] of limits.entries()) {
      for (let i = 0; i < unserved.length; i++) slope[firstLimit + l]! += left[unserved[i]!]! * unservedWeights![i]!;
    }
    return savedUsd;
  }

  /** What the site serves under a cut, as far as `weight`. */
  function serve(site: number, prices: Float64Array, cut: number, weight: number): void {
    const end = bounder.takes(site, prices, cut, taken, 0);
    for (let i = 0; i < end; i++) slope[view.row[taken[i]!]!]! -= weight;
    if (arcLimits === null) return;
    for (let i = 0; i < end; i++) {
      const arc = view.arc[taken[i]!]!;
      for (let j = arcLimits.starts[arc]!; j < arcLimits.starts[arc + 1]!; j++) {
        slope[firstLimit + arcLimits.limit[j]!]! += weight * arcLimits.weight[j]!;
      }
    }
  }

  return {
    size,
    firstLimit,
    firstTie,
    slope,
    chosen,
    modulePrice,
    portPrice,
    siteValue,
    spareUsd,
    bounder,
    evaluate(prices, refinements) {
      let bound = problem.constantUsd ?? 0;
      for (let r = 0; r < rows.count; r++) bound += prices[r]!;
      if (arcLimits !== null) chargeArcs(prices);
      poolUsd.set(pools.usd);
      siteUsd.set(sites.usd);
      for (const [l, limit] of limits.entries()) {
        const price = prices[firstLimit + l]!;
        bound -= price * limit.upper;
        if (price === 0) continue;
        for (let i = 0; i < limit.pools.length; i++) poolUsd[limit.pools[i]!]! += price * limit.poolWeights[i]!;
        for (let i = 0; i < limit.sites.length; i++) siteUsd[limit.sites[i]!]! += price * limit.siteWeights[i]!;
      }
      for (let f = 0; f < ties.count; f++) {
        const price = prices[firstTie + f]!;
        if (price === 0) continue;
        for (let i = ties.starts[f]!; i < ties.starts[f + 1]!; i++) poolUsd[ties.pool[i]!]! += price * ties.weight[i]!;
      }
      if (countsUnserved) chargeUnserved(prices);
      slope.fill(1, 0, firstLimit);
      for (let l = 0; l < limits.length; l++) slope[firstLimit + l] = -limits[l]!.upper;
      if (countsUnserved) bound += leaveOut(prices);
      chosen.fill(0);
      const withoutArcs = slope.slice(firstLimit, firstTie);
      for (let s = 0; s < sites.count; s++) {
        const from = view.poolStarts[s]!;
        const end = view.poolStarts[s + 1]!;
        if (from === end) {
          if (sites.forced[s]) bound += siteUsd[s]!;
          continue;
        }
        bounder.evaluate(s, prices, poolUsd, siteUsd[s]!, refinements, outcome);
        const cost = siteUsd[s]! + outcome.value;
        const at = (s * cutsPerSite + outcome.cut) * bounder.cuts.width;
        for (let i = from; i < end; i++) modulePrice[view.pool[i]!] = bounder.cuts.prices[at + i - from]!;
        portPrice[s] = bounder.cuts.prices[at + bounder.cuts.portAt]!;
        siteValue[s] = 0;
        spareUsd[s] = barren[s] === 1 ? Infinity : Math.max(0, cost);
        if (barren[s] === 1 || (!(cost < 0) && sites.forced[s] === 0 && held[s] === 0)) continue;
        bound += cost;
        siteValue[s] = cost;
        spareUsd[s] = 0;
        chosen[pools.count + s] = 1;
        for (let i = from; i < end; i++) chosen[view.pool[i]!] = outcome.modules[i - from]!;
        for (let i = 0; i < outcome.mixCount; i++) serve(s, prices, outcome.mixCut[i]!, outcome.mixWeight[i]!);
      }
      for (const [l, first] of firstAlike.entries()) {
        if (first >= 0 && first !== l) slope[firstLimit + l]! += slope[firstLimit + first]! - withoutArcs[first]!;
      }
      for (const [l, limit] of limits.entries()) {
        let use = 0;
        for (let i = 0; i < limit.pools.length; i++) use += limit.poolWeights[i]! * chosen[limit.pools[i]!]!;
        for (let i = 0; i < limit.sites.length; i++)
          use += limit.siteWeights[i]! * chosen[pools.count + limit.sites[i]!]!;
        slope[firstLimit + l]! += use;
      }
      for (let f = 0; f < ties.count; f++) {
        let use = 0;
        for (let i = ties.starts[f]!; i < ties.starts[f + 1]!; i++) use += ties.weight[i]! * chosen[ties.pool[i]!]!;
        slope[firstTie + f] = use;
      }
      return bound;
    },
    leave() {
      if (arcLimits !== null) for (let a = 0; a < view.arc.length; a++) view.usd[a] = arcs.usd[view.arc[a]!]!;
      arcPrice.fill(0);
    },
  };
}

/** For limits that have a price and count arcs, the first one that counts the same ones alike. */
function countedAlike(limits: readonly CouplingLimit[]): Map<CouplingLimit, CouplingLimit> {
  const firstOf = new Map<Int32Array, CouplingLimit[]>();
  const alike = new Map<CouplingLimit, CouplingLimit>();
  for (const limit of limits) {
    if (limit.arcs === undefined || limit.inBound === false) continue;
    const known = firstOf.get(limit.arcs);
    const first = known?.find((other) => other.arcWeights === limit.arcWeights);
    if (first === undefined) firstOf.set(limit.arcs, [...(known ?? []), limit]);
    alike.set(limit, first ?? limit);
  }
  return alike;
}

/** Most arcs at one site. */
function widestSite({ starts }: SiteView): number {
  let most = 0;
  for (let site = 0; site + 1 < starts.length; site++) most = Math.max(most, starts[site + 1]! - starts[site]!);
  return most;
}
