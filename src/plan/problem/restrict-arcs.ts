/** A problem with only some of its arcs, for searches that need not look at all of them. */
import { limitsOverArcs } from "./coupling-limit.ts";
import { slotsOverArcs } from "./engine-slots.ts";
import type { PlanProblem } from "./problem.ts";

export interface RestrictedProblem {
  readonly problem: PlanProblem;
  /** Position in the whole problem of each arc kept. */
  readonly arc: Int32Array;
}

/**
 * Keeps, of the arcs that `allows`, the cheapest `perRow` of each row (own cost plus the price of the modules it takes),
 * and every one that carries traffic in `share`.
 */
export function restrictArcs(
  problem: PlanProblem,
  allows: (arc: number) => boolean,
  perRow: number,
  share?: Float64Array,
): RestrictedProblem {
  const { arcs, pools } = problem;
  const kept = new Int32Array(arcs.pool.length);
  const starts = new Int32Array(problem.rows.count + 1);
  const costs: number[] = [];
  let end = 0;
  for (let row = 0; row < problem.rows.count; row++) {
    const first = end;
    costs.length = 0;
    for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
      if (!allows(arc)) continue;
      kept[end++] = arc;
      costs.push(arcs.usd[arc]! + arcs.load[arc]! * pools.usd[arcs.pool[arc]!]!);
    }
    if (end - first > perRow) {
      const sorted = Float64Array.from(costs).sort();
      const most = sorted[perRow - 1]!;
      // Of those that cost the same the first are kept.
      let asDear = perRow - sorted.indexOf(most);
      end = first;
      for (const [i, usd] of costs.entries()) {
        const arc = kept[first + i]!;
        const isCheap = usd < most || (usd === most && asDear-- > 0);
        if (isCheap || (share !== undefined && share[arc]! > 0)) kept[end++] = arc;
      }
    }
    starts[row + 1] = end;
  }
  return withArcs(problem, starts, kept.slice(0, end));
}

/**
 * The problem with these arcs alone, in their order.
 *
 * @param starts Where the arcs of each row begin in `arc`, and after the last row where they end.
 * @param arc Position in the whole problem of each.
 */
export function withArcs(problem: PlanProblem, starts: Int32Array, arc: Int32Array): RestrictedProblem {
  const { arcs, limits, engines } = problem;
  return {
    arc,
    problem: {
      ...problem,
      arcs: {
        starts,
        pool: Int32Array.from(arc, (from) => arcs.pool[from]!),
        usd: Float64Array.from(arc, (from) => arcs.usd[from]!),
        load: Float64Array.from(arc, (from) => arcs.load[from]!),
      },
      limits: limitsOverArcs(limits, arc, arcs.pool.length),
      ...(engines && { engines: slotsOverArcs(engines, arc) }),
    },
  };
}
