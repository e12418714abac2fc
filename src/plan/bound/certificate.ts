/**
 * The prices behind a bound, as plain numbers. Anyone can recompute the bound from them and the problem in one pass over
 * the arcs, without a solver; see `recompute-bound.ts`.
 */
import type { Certificate, Prices } from "../problem/prices.ts";
import { branchFault, narrowed } from "../problem/branch-tree.ts";
import { placesBySite } from "../problem/engine-slots.ts";
import { withImpliedLimits } from "../problem/implied-limits.ts";
import type { LagrangianResult } from "./lagrangian.ts";
import { noTies, type PlanProblem } from "../problem/problem.ts";
import { boundAt } from "./recompute-bound.ts";
import { cutsPerSite } from "./site-cuts.ts";
import type { SiteView } from "../problem/site-view.ts";

/** The prices of a bound as plain numbers. */
export function pricesOf({ bounder: { cuts }, ...bound }: LagrangianResult, view: SiteView): Prices {
  return {
    rowPrices: Array.from(bound.rowPrice),
    limitPrices: Array.from(bound.limitPrice),
    tiePrices: Array.from(bound.tiePrice),
    sitePrices: Array.from(cuts.count, (count, site) => {
      const size = view.poolStarts[site + 1]! - view.poolStarts[site]!;
      return Array.from({ length: count }, (_, k) => {
        const at = (site * cutsPerSite + k) * cuts.width;
        const behind = at + cuts.portAt;
        return [
          ...cuts.prices.subarray(at, at + size),
          ...cuts.prices.subarray(behind, behind + 1 + cuts.places[site]!),
        ];
      });
    }),
  };
}

export function certify(problem: PlanProblem, bound: LagrangianResult, view: SiteView): Certificate {
  const prices = pricesOf(bound, view);
  // What anyone recomputes is what is claimed, to the last digit.
  return { boundUsd: recomputeBound(problem, prices), ...prices };
}

/**
 * Recomputes the bound a certificate proves: any prices give a valid one, so nothing about their origin needs to be trusted.
 *
 * @returns USD/year; -Infinity when a price is missing, negative or not a number, or the cases are not all there are.
 */
export function recomputeBound(stated: PlanProblem, certificate: Omit<Certificate, "boundUsd">): number {
  const problem = asPriced(stated, certificate);
  if (faultOf(problem, certificate) !== null) return -Infinity;
  const { branches, leaves = [] } = certificate;
  if (branches === undefined) return boundAt(problem, certificate);
  let least = Infinity;
  for (const { leaf, problem: part } of narrowed(problem, branches)) {
    least = Math.min(least, boundAt(part, leaf === 0 ? certificate : leaves[leaf - 1]!));
  }
  return least;
}

/** The problem with the limits that follow from its own, where a certificate prices them. */
export function asPriced(problem: PlanProblem, { limitPrices }: Prices): PlanProblem {
  return Array.isArray(limitPrices) && limitPrices.length > problem.limits.length
    ? withImpliedLimits(problem, limitPrices.length)
    : problem;
}

/** Whether a certificate prices the room of accelerators, so that it is of the problem with its engines. */
export function pricesRoom({ pools, sites }: PlanProblem, { sitePrices }: Prices): boolean {
  if (!Array.isArray(sitePrices)) return false;
  const widths = new Int32Array(sites.count).fill(1);
  for (const site of pools.site) widths[site]!++;
  return sitePrices.some((cuts, site) => Array.isArray(cuts) && cuts.some((cut) => cut?.length > widths[site]!));
}

/** What keeps a certificate from proving anything, with its place; null when nothing does. */
export function certificateFault(stated: PlanProblem, certificate: Omit<Certificate, "boundUsd">): string | null {
  return faultOf(asPriced(stated, certificate), certificate);
}

function faultOf(problem: PlanProblem, certificate: Omit<Certificate, "boundUsd">): string | null {
  const { branches, leaves = [] } = certificate;
  const fault = pricesFault(problem, certificate);
  if (fault !== null) return fault;
  if (!Array.isArray(leaves)) return "leaves is no list";
  for (const [i, leaf] of leaves.entries()) {
    const found = pricesFault(problem, leaf);
    if (found !== null) return `leaves[${i}].${found}`;
  }
  return branches === undefined ? null : branchFault(problem, branches, leaves.length);
}

function pricesFault(problem: PlanProblem, prices: Prices): string | null {
  const { rowPrices, limitPrices, sitePrices, tiePrices } = prices;
  const lists: readonly (readonly [string, readonly number[], number])[] = [
    ["rowPrices", rowPrices, problem.rows.count],
    ["limitPrices", limitPrices, problem.limits.length],
    ["tiePrices", tiePrices, (problem.ties ?? noTies).count],
  ];
  for (const [name, list, length] of lists) {
    if (!Array.isArray(list)) return `${name} is missing`;
    if (list.length !== length) return `${name} has ${list.length} prices, the plan's problem needs ${length}`;
    const fault = priceFault(list, name === "rowPrices" ? -Infinity : 0);
    if (fault !== null) return `${name}${fault}`;
  }
  if (!Array.isArray(sitePrices)) return "sitePrices is missing";
  if (sitePrices.length !== problem.sites.count) {
    return `sitePrices has ${sitePrices.length} sites, the plan's problem needs ${problem.sites.count}`;
  }
  const widths = new Int32Array(problem.sites.count).fill(1);
  const places = problem.engines && placesBySite(problem, problem.engines);
  for (let pool = 0; pool < problem.pools.count; pool++) widths[problem.pools.site[pool]!]!++;
  for (const [site, cuts] of sitePrices.entries()) {
    if (widths[site]! > 1 && cuts.length === 0) return `sitePrices[${site}] has no prices`;
    for (const [k, cut] of cuts.entries()) {
      const place = `sitePrices[${site}][${k}]`;
      if (cut.length !== widths[site] && cut.length !== widths[site]! + (places?.[site]!.length ?? 0))
        return `${place} has ${cut.length} prices, the site needs ${widths[site]}`;
      const fault = priceFault(cut, 0);
      if (fault !== null) return `${place}${fault}`;
    }
  }
  return null;
}

function priceFault(prices: readonly number[], least: number): string | null {
  for (let i = 0; i < prices.length; i++) {
    const price = prices[i]!;
    // Infinity would be no number in JSON either.
    if (!(price >= least) || !Number.isFinite(price)) {
      return `[${i}] is ${price}: a price is a number${least === 0 ? " of at least 0" : ""}`;
    }
  }
  return null;
}
