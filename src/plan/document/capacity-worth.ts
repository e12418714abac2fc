/** What one more module of each pool is worth while everything whole stays as planned. */
import { formulate } from "../problem/formulate.ts";
import type { PlanProblem, ProblemSolution } from "../problem/problem.ts";
import { restrictArcs } from "../problem/restrict-arcs.ts";
import type { PathOptions, PathTools } from "../problem/solution-path.ts";

/** Above this many arcs towards standing modules only those that carry traffic or are cheap are priced. */
const pricedArcsPerRow = 12;

/**
 * Solves the flows again with the planned modules fixed and reads the dual of the capacity rows.
 *
 * @returns USD/year per module and pool, never negative; 0 where no modules stand or nothing is scarce.
 */
export async function capacityWorth(
  problem: PlanProblem,
  solution: ProblemSolution,
  tools: PathTools,
  options: PathOptions,
): Promise<Float64Array> {
  const worth = new Float64Array(problem.pools.count);
  const standing = restrictArcs(
    problem,
    (arc) => solution.modules[problem.arcs.pool[arc]!]! > 0,
    pricedArcsPerRow,
    solution.share,
  );
  const { model, openCol, moduleCol, capacityRow } = formulate(standing.problem, new Set());
  model.colInteger.fill(0);
  for (const [pool, col] of moduleCol.entries()) model.colLower[col] = model.colUpper[col] = solution.modules[pool]!;
  for (const [site, col] of openCol.entries())
    if (col >= 0) model.colLower[col] = model.colUpper[col] = solution.open[site]!;
  const result = await tools.solver.solve(model, {
    timeLimitS: options.timeLimitS,
    relativeGap: 0,
    seed: options.seed,
  });
  if (result.rowDuals === null) return worth;
  for (let pool = 0; pool < worth.length; pool++) {
    const row = capacityRow[pool]!;
    if (row >= 0 && solution.modules[pool]! > 0) worth[pool] = Math.max(0, -result.rowDuals[row]!);
  }
  return worth;
}
