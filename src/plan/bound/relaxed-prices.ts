/** Prices of a small problem from the duals of its linear relaxation, also where it has no solution at all. */
import type { Prices } from "../problem/prices.ts";
import { formulate } from "../problem/formulate.ts";
import { noTies, type PlanProblem } from "../problem/problem.ts";
import type { MipModel, SolveOptions, Solver } from "../problem/solver.ts";

/**
 * @param missUsd What overrunning a limit by its whole size costs where the limits cannot all be kept: the prices then prove at
 * most as much.
 * @returns null when the solver gave no duals.
 */
export async function relaxedPrices(
  problem: PlanProblem,
  missUsd: number,
  solver: Solver,
  options: Pick<SolveOptions, "timeLimitS" | "seed" | "signal">,
): Promise<Prices | null> {
  const { model, demandRow, capacityRow, portRow, limitRow, tieRow } = formulate(problem, "all");
  const relaxed = { ...model, colInteger: new Uint8Array(model.numCols) };
  const asked = { ...options, relativeGap: 0 };
  let { rowDuals } = await solver.solve(relaxed, asked);
  if (rowDuals === null && limitRow.length > 0) {
    const sizes = problem.limits.map(({ upper, poolWeights, siteWeights, arcWeights }) =>
      Math.max(Math.abs(upper), ...largest(poolWeights), ...largest(siteWeights), ...largest(arcWeights ?? [])),
    );
    const costs = sizes.map((size) => missUsd / Math.max(size, 1e-9));
    ({ rowDuals } = await solver.solve(withSlacks(relaxed, limitRow, costs), asked));
  }
  if (rowDuals === null) return null;
  const duals = rowDuals;
  // A limit is worth what one more unit of it would save.
  const worth = (row: number): number => (row < 0 ? 0 : Math.max(0, -duals[row]!));
  const { rows, pools, sites, ties = noTies } = problem;
  const poolsOf: number[][] = Array.from({ length: sites.count }, () => []);
  for (let pool = 0; pool < pools.count; pool++) poolsOf[pools.site[pool]!]!.push(pool);
  return {
    rowPrices: Array.from(demandRow, (row, r) => Math.min(rows.unservedUsd[r]!, duals[row]!)),
    limitPrices: Array.from(limitRow, worth),
    tiePrices: Array.from({ length: ties.count }, (_, tie) => worth(tieRow[tie]!)),
    sitePrices: poolsOf.map((here, site) => [
      [...here.map((pool) => worth(capacityRow[pool]!)), worth(portRow[site]!)],
    ]),
  };
}

function largest(weights: ArrayLike<number>): number[] {
  return [Array.from(weights).reduce((most, weight) => Math.max(most, Math.abs(weight)), 0)];
}

/** The model with a column of its own in each of some rows, by which the row may be overrun at a cost. */
function withSlacks(model: MipModel, rows: Int32Array, costs: readonly number[]): MipModel {
  const slackOf = new Map(Array.from(rows, (row, i) => [row, model.numCols + i]));
  const starts = new Int32Array(model.numRows + 1);
  const indices: number[] = [];
  const values: number[] = [];
  for (let row = 0; row < model.numRows; row++) {
    for (let i = model.rowStarts[row]!; i < model.rowStarts[row + 1]!; i++) {
      indices.push(model.colIndices[i]!);
      values.push(model.values[i]!);
    }
    const slack = slackOf.get(row);
    if (slack !== undefined) {
      indices.push(slack);
      values.push(-1);
    }
    starts[row + 1] = indices.length;
  }
  const longer = (old: Float64Array, value: (i: number) => number): Float64Array =>
    Float64Array.from([...old, ...costs.map((_, i) => value(i))]);
  return {
    ...model,
    numCols: model.numCols + rows.length,
    colCost: longer(model.colCost, (i) => costs[i]!),
    colLower: longer(model.colLower, () => 0),
    colUpper: longer(model.colUpper, () => Infinity),
    colInteger: new Uint8Array(model.numCols + rows.length),
    rowStarts: starts,
    colIndices: Int32Array.from(indices),
    values: Float64Array.from(values),
  };
}
