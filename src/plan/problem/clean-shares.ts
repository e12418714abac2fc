/**
 * Makes what a solver found keep its limits. A solver calls a number whole that is whole to a millionth; once it is rounded,
 * the shares that went with it may overrun a limit by as much, and a plan that overruns is cheaper than any true one.
 */
import { leastEngines } from "./engine-slots.ts";
import { fromColumns, type Formulation } from "./formulate.ts";
import { checkSolution, type PlanProblem, type ProblemSolution } from "./problem.ts";
import type { Solver, SolveOptions } from "./solver.ts";

/** Relative excess of a limit that is rounding of double precision, not of the solver. */
export const exactness = 1e-9;
/** The narrowest that the simplex method can be asked for. */
const narrowest = 1e-10;

/**
 * @param found Read from the columns of `formulation`'s model.
 * @returns `found` where it keeps its limits; else the best shares for its modules that do. Where there are none, because the
 * modules keep a limit only within the solver's own tolerance, `found` as it is.
 */
export async function cleanShares(
  problem: PlanProblem,
  formulation: Formulation,
  found: ProblemSolution,
  solver: Solver,
  options: Pick<SolveOptions, "timeLimitS" | "seed" | "signal">,
): Promise<ProblemSolution> {
  if (checkSolution(problem, found, exactness).length === 0) return found;
  const { model, openCol, moduleCol } = formulation;
  const [colLower, colUpper] = [model.colLower.slice(), model.colUpper.slice()];
  const fix = (col: number, value: number): void => {
    if (col >= 0) colLower[col] = colUpper[col] = value;
  };
  for (const [pool, col] of moduleCol.entries()) fix(col, found.modules[pool]!);
  for (const [site, col] of openCol.entries()) fix(col, found.open[site]!);
  if (formulation.engineCol !== undefined) {
    const engines = leastEngines(problem, problem.engines!, found);
    for (const [kind, col] of formulation.engineCol.entries()) fix(col, engines[kind]!);
  }
  const fixed = { ...model, colInteger: new Uint8Array(model.numCols), colLower, colUpper };
  const result = await solver.solve(fixed, { ...options, relativeGap: 0, feasibilityTolerance: narrowest });
  if (result.solution === null) return found;
  const { share } = fromColumns(problem, formulation, result.solution);
  const cleaned = { ...found, share };
  return worst(problem, cleaned) < worst(problem, found) ? cleaned : found;
}

function worst(problem: PlanProblem, solution: ProblemSolution): number {
  return checkSolution(problem, solution, 0).reduce((most, { excess }) => Math.max(most, excess), 0);
}
