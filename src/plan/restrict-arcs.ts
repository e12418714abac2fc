/** A problem with only some of its arcs, for searches that need not look at all of them. */
import { limitsOverArcs } from "./coupling-limit.ts";
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
  const kept: number[] = [];
  const starts = new Int32Array(problem.rows.count + 1);
  const cost = (arc: number): number => arcs.usd[arc]! + arcs.load[arc]! * pools.usd[arcs.pool[arc]!]!;
  for (let row = 0; row < problem.rows.count; row++) {
    const candidates: number[] = [];
    for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) if (allows(arc)) candidates.push(arc);
    if (candidates.length > perRow) {
      candidates.sort((a, b) => cost(a) - cost(b) || a - b);
      const few = candidates.filter((arc, rank) => rank < perRow || (share !== undefined && share[arc]! > 0));
      kept.push(...few.sort((a, b) => a - b));
    } else kept.push(...candidates);
    starts[row + 1] = kept.length;
  }
  const arc = Int32Array.from(kept);
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
      limits: limitsOverArcs(problem.limits, arc, arcs.pool.length),
    },
  };
}
