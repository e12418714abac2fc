/** A guess of what serving a row costs, to begin the search for prices with. */
import type { PlanProblem } from "../problem/problem.ts";

/** Of a row that every place serves for nothing, the guess is this share of its penalty: prices move in proportion to their size. */
const shareOfPenalty = 1e-3;

/**
 * A first guess of what serving a row costs: its cheapest arc with the modules it takes, each site's opening and the part
 * of its last module that stands idle spread over all the demand in its reach. Where that is nothing (a place of its own that
 * may be open or not) it is the cheapest of those that cost something: a price of nothing would never be moved.
 */
export function firstPrices(problem: PlanProblem): Float64Array {
  const { rows, arcs } = problem;
  const spread = moduleSpreadUsd(problem);
  return Float64Array.from({ length: rows.count }, (_, row) => {
    let [cheapest, cheapestPaid] = [Infinity, Infinity];
    for (let a = arcs.starts[row]!; a < arcs.starts[row + 1]!; a++) {
      const usd = arcs.usd[a]! + arcs.load[a]! * spread[arcs.pool[a]!]!;
      cheapest = Math.min(cheapest, usd);
      if (usd > 0) cheapestPaid = Math.min(cheapestPaid, usd);
    }
    const guess = cheapest === 0 ? Math.min(cheapestPaid, shareOfPenalty * rows.unservedUsd[row]!) : cheapest;
    return Math.min(rows.unservedUsd[row]!, 1.1 * guess);
  });
}

/** What a module's time costs per pool, USD/year, with its site's opening and the part of the last module that stands idle. */
export function moduleSpreadUsd({ arcs, pools, sites }: PlanProblem): Float64Array {
  const reach = new Float64Array(pools.count);
  for (let a = 0; a < arcs.pool.length; a++) reach[arcs.pool[a]!]! += arcs.load[a]!;
  return reach.map((load, p) => {
    const kw = pools.kw[p]!;
    const room = Math.min(pools.maxCount[p]!, kw > 0 ? sites.kw[pools.site[p]!]! / kw : Infinity);
    const used = Math.min(load, Math.max(room, 1e-9));
    const whole = Math.min(Math.ceil(used), room);
    return (sites.usd[pools.site[p]!]! + pools.usd[p]! * whole) / Math.max(used, 1e-9);
  });
}
