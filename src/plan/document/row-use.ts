/** A plan document read back against its planning problem: where each row of the problem is served. */
import type { PlanDocument } from "./plan-document.ts";
import type { PlanProblem } from "../problem/problem.ts";
import type { WorldProblem } from "../world/world-problem.ts";

/** A row of the problem in a plan. Shares are of the whole row. */
export interface RowUse {
  readonly row: number;
  readonly workload: number;
  readonly peakPerS: number;
  readonly parts: readonly { readonly site: number; readonly module: number; readonly share: number }[];
  readonly unserved: number;
}

/** Rows of demand, in order; rows of training are not among them. */
export function problemRows({ deployment }: PlanDocument, planned: WorldProblem): RowUse[] {
  const { world, period, demandRowCount, memberStarts, members } = planned;
  const rowOf = new Int32Array(world.demand.length).fill(-1);
  const peakPerS = new Float64Array(demandRowCount);
  for (let row = 0; row < demandRowCount; row++) {
    for (let i = memberStarts[row]!; i < memberStarts[row + 1]!; i++) {
      rowOf[members[i]!] = row;
      peakPerS[row]! += world.demand[members[i]!]!.peakPerS[period]!;
    }
  }
  const parts = Array.from({ length: demandRowCount }, () => new Map<number, number>());
  for (const flow of deployment.flows) {
    const row = rowOf[flow.row]!;
    if (row < 0 || !(peakPerS[row]! > 0)) continue;
    const key = flow.pool;
    parts[row]!.set(key, (parts[row]!.get(key) ?? 0) + flow.peakPerS / peakPerS[row]!);
  }
  return parts.map((shares, row) => ({
    row,
    workload: world.demand[members[memberStarts[row]!]!]!.workload,
    peakPerS: peakPerS[row]!,
    parts: [...shares].map(([pool, share]) => {
      const { site, module } = deployment.pools[pool]!;
      return { site, module, share };
    }),
    unserved: Math.max(0, 1 - [...shares.values()].reduce((sum, share) => sum + share, 0)),
  }));
}

/** Cost of serving the whole row over an arc with as much of a module as that takes, USD/year. */
export function priceOf(problem: PlanProblem, arc: number): number {
  return problem.arcs.usd[arc]! + problem.arcs.load[arc]! * problem.pools.usd[problem.arcs.pool[arc]!]!;
}

/** The first arc of a row to a kind of module at a site; -1 when there is none. */
export function arcBetween(
  problem: PlanProblem,
  poolModule: Int32Array,
  row: number,
  site: number,
  module: number,
): number {
  for (let arc = problem.arcs.starts[row]!; arc < problem.arcs.starts[row + 1]!; arc++) {
    const pool = problem.arcs.pool[arc]!;
    if (problem.pools.site[pool] === site && poolModule[pool] === module) return arc;
  }
  return -1;
}
