/** What the solver makes of a `ReserveProgramme`: whole numbers first, then shares that fit them to the last bit. */
import type { ReserveProgramme } from "./reserve-programme.ts";
import type { MipModel, SolveOptions, SolveResult, Solver } from "../problem/solver.ts";

/** It is solved to within this share of what it is about. */
const closeEnough = 1e-3;
/** Tries in a row to do without a place, in vain, that end them. */
const mostInVain = 4;
/** How far shares may be off what stands, in modules. */
const finely = 1e-9;
const rounding = 1e-7;

/** Places that stay open or shut, but for those without which it is cheaper. */
export interface Openings {
  readonly isOpen: ReadonlyMap<number, boolean>;
  /** By site, what others pay for its place, USD/year. */
  readonly worthUsd: ReadonlyMap<number, number>;
}

/**
 * @param openings With many modules the relaxation, as it opens places in parts, says little, and finds the best modules in no time once
 * it is told which are open. The solver decides that too where it is left out.
 * @returns null where nothing was found in time.
 */
export async function solveProgramme(
  programme: ReserveProgramme,
  solver: Solver,
  terms: Pick<SolveOptions, "seed" | "timeLimitS" | "signal">,
  openings?: Openings,
): Promise<Float64Array | null> {
  const { model, moduleCol, openCol } = programme;
  const { allowed, result } =
    openings === undefined
      ? { allowed: model, result: await relax(model, solver, terms) }
      : await fewestPlaces(programme, solver, terms, openings);
  if (result.solution === null) return null;
  const start = roundedUp(allowed, result.solution);
  const { solution } = await solver.solve(allowed, { ...terms, relativeGap: closeEnough, start });
  if (solution === null) return null;
  const whole = [...openCol.values(), ...moduleCol.values()].map((col) => [col, Math.round(solution[col]!)] as const);
  const exact = await relax(withFixed(model, whole), solver, { ...terms, feasibilityTolerance: finely });
  return exact.solution;
}

/** Tries to do without places, those first that would be missed least. */
async function fewestPlaces(
  { model, moduleCol, openCol, siteOf }: ReserveProgramme,
  solver: Solver,
  terms: Pick<SolveOptions, "seed" | "timeLimitS" | "signal">,
  { isOpen, worthUsd }: Openings,
): Promise<{ readonly allowed: MipModel; readonly result: SolveResult }> {
  const open = new Map([...openCol].map(([site, col]) => [col, isOpen.get(site) === true ? 1 : 0]));
  let result = await relax(withFixed(model, open), solver, terms);
  const { solution } = result;
  if (solution !== null) {
    const used = new Map<number, number>();
    for (const [pool, col] of moduleCol) {
      used.set(siteOf(pool), (used.get(siteOf(pool)) ?? 0) + model.colCost[col]! * solution[col]!);
    }
    const order = [...openCol]
      .filter(([, col]) => open.get(col) === 1)
      .map(([site, col]) => {
        const worth = worthUsd.get(site) ?? 0;
        return { col, worth, missedUsd: (used.get(site) ?? 0) - model.colCost[col]! - worth };
      })
      .sort((a, b) => a.missedUsd - b.missedUsd || a.col - b.col);
    let inVain = 0;
    for (const { col, worth } of order) {
      if (inVain === mostInVain) break;
      open.set(col, 0);
      const without = await relax(withFixed(model, open), solver, terms);
      if (without.solution !== null && without.objective - worth < result.objective) [result, inVain] = [without, 0];
      else {
        open.set(col, 1);
        inVain++;
      }
    }
  }
  return { allowed: withFixed(model, open), result };
}

function relax(
  model: MipModel,
  solver: Solver,
  terms: Pick<SolveOptions, "seed" | "timeLimitS" | "signal" | "feasibilityTolerance">,
): Promise<SolveResult> {
  return solver.solve({ ...model, colInteger: new Uint8Array(model.numCols) }, { ...terms, relativeGap: 0 });
}

function withFixed(model: MipModel, values: Iterable<readonly [col: number, value: number]>): MipModel {
  const [colLower, colUpper] = [model.colLower.slice(), model.colUpper.slice()];
  for (const [col, value] of values) colLower[col] = colUpper[col] = value;
  return { ...model, colLower, colUpper };
}

/** Where whole numbers are more than the relaxation has, all that it serves still finds room. */
function roundedUp({ colInteger, colUpper }: MipModel, solution: Float64Array): Float64Array {
  return solution.map((value, col) =>
    colInteger[col] === 1 ? Math.min(colUpper[col]!, Math.ceil(value - rounding)) : value,
  );
}
