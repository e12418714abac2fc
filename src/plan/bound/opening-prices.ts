/**
 * First prices where sites may only open beside others. What is served from nowhere else is worth its whole penalty then,
 * as far as all that together does not pay for opening the other site. Small steps would take long to find that out.
 */
import type { CouplingLimit } from "../problem/coupling-limit.ts";
import type { PricedProblem } from "./priced-problem.ts";
import type { PlanProblem } from "../problem/problem.ts";

/** Share of another site's opening that is shared out. */
const sharedOpening = 0.9;
const refinements = 2;

/** A limit by which its first site opens only where one of the others is open. */
export function isOpeningLimit({ upper, sites, siteWeights, pools, arcs }: CouplingLimit): boolean {
  if (upper !== 0 || sites.length < 2 || pools.length > 0 || arcs !== undefined) return false;
  return siteWeights.every((weight, i) => weight === (i === 0 ? 1 : -1));
}

/** Raises the prices of rows that only such sites serve, and of their limits, in place. */
export function raiseForOpenings(problem: PlanProblem, priced: PricedProblem, prices: Float64Array): void {
  const { rows, arcs, pools, sites, limits } = problem;
  const limitOf = new Map<number, number>();
  for (const [l, limit] of limits.entries()) {
    if (isOpeningLimit(limit) && limit.inBound !== false) limitOf.set(limit.sites[0]!, l);
  }
  if (limitOf.size === 0) return;
  const bound: number[] = [];
  for (let row = 0; row < rows.count; row++) {
    let only = arcs.starts[row]! < arcs.starts[row + 1]!;
    for (let a = arcs.starts[row]!; a < arcs.starts[row + 1]! && only; a++) {
      only = limitOf.has(pools.site[arcs.pool[a]!]!);
    }
    if (only) bound.push(row);
  }
  const earns = (): Map<number, number> => {
    const value = new Map<number, number>();
    priced.evaluate(prices, refinements);
    for (const site of limitOf.keys()) value.set(site, Math.max(0, -priced.siteValue[site]!));
    return value;
  };
  const before = prices.slice(0, rows.count);
  for (const row of bound) prices[row] = rows.unservedUsd[row]!;
  const offered = new Map<number, number>();
  for (const [site, usd] of earns()) {
    for (const other of limits[limitOf.get(site)!]!.sites.subarray(1)) {
      offered.set(other, (offered.get(other) ?? 0) + usd);
    }
  }
  let part = 1;
  for (const [site, usd] of offered) {
    if (usd > 0) part = Math.min(part, (sharedOpening * Math.max(0, sites.usd[site]!)) / usd);
  }
  for (const row of bound) prices[row] = before[row]! + part * (rows.unservedUsd[row]! - before[row]!);
  for (const [site, usd] of earns()) prices[priced.firstLimit + limitOf.get(site)!] = usd;
}
