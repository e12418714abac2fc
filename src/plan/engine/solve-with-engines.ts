/**
 * The whole problem with a whole number of engines per model and place, for small problems in which models do not fit the same chips
 * together. Solved without them, such a plan has to be changed afterwards (`stand-apart.ts`) and its bound knows nothing of that.
 *
 * Per place, with n engines of each kind, of t accelerators and of at least a share m of their memory:
 *
 * | inequality                                                      | because                                          |
 * | --------------------------------------------------------------- | ------------------------------------------------ |
 * | headroom · Σ engines · share ≤ n, per kind                       | as few engines as a layout may do with           |
 * | Σ share(row) ≤ n, per kind and row                               | who is served has an engine                      |
 * | Σ m · t · n ≤ accelerators · modules                             | memory of the place                              |
 * | Σ t · n ≤ accelerators · modules, over kinds of which no two fit | they have accelerators of their own              |
 *
 * Every plan that can be run keeps these, so what is proven with them is proven of it.
 */
import { cleanShares } from "../problem/clean-shares.ts";
import { CrowdedPools, type PossibleEngines } from "./crowded-pools.ts";
import type { Stage } from "../world/failover-terms.ts";
import { formulate, fromColumns, toColumns } from "../problem/formulate.ts";
import { withLeastModules } from "../problem/least-modules.ts";
import { continueModel } from "../problem/mip-builder.ts";
import type { PlanProblem, ProblemSolution } from "../problem/problem.ts";
import type { PathOptions, PathTools } from "../problem/solution-path.ts";

/** Kinds at one place up to which all sets of rivals are looked at; of more, pairs. */
const mostKinds = 8;
const fullMemory = 1 + 1e-9;

/**
 * @param start A plan to begin with; one whose models do not fit is ignored.
 * @returns The plan found and what no plan costs less than; null where all models fit together everywhere, or nothing was found.
 */
export async function solveWithEngines(
  problem: PlanProblem,
  stages: readonly Stage[],
  start: ProblemSolution,
  tools: PathTools,
  { timeLimitS, relativeGap, seed, signal }: PathOptions,
): Promise<{ readonly solution: ProblemSolution | null; readonly boundUsd: number } | null> {
  const formulation = formulate(withLeastModules(problem), "all");
  const { model, firstArcCol, moduleCol } = formulation;
  const { headroomRatio } = stages[0]!.planned.world.limits;
  const builder = continueModel(model);
  const counts: number[] = [];
  for (const { place, accelerators, kinds } of new CrowdedPools(problem, stages).possible()) {
    if (kinds.reduce((sum, { leastRatio }) => sum + leastRatio, 0) <= fullMemory) continue;
    const cols = kinds.map((kind) => {
      const most = kind.arcs.reduce((sum, { engines }) => sum + engines, 0) * headroomRatio;
      counts.push(enginesOf(kind, start, headroomRatio));
      return builder.addCol(0, 0, Math.max(1, Math.ceil(most - 1e-9)), true);
    });
    for (const [k, { arcs }] of kinds.entries()) {
      builder.addRow(-Infinity, 0);
      for (const { arc, engines } of arcs) builder.addEntry(firstArcCol + arc, headroomRatio * engines);
      builder.addEntry(cols[k]!, -1);
      for (const here of Map.groupBy(arcs, ({ row }) => row).values()) {
        builder.addRow(-Infinity, 0);
        for (const { arc } of here) builder.addEntry(firstArcCol + arc, 1);
        builder.addEntry(cols[k]!, -1);
      }
    }
    const within = (some: readonly number[], each: (kind: PossibleEngines) => number): void => {
      builder.addRow(-Infinity, 0);
      for (const k of some) builder.addEntry(cols[k]!, each(kinds[k]!));
      for (const pool of place.pools) builder.addEntry(moduleCol[pool]!, -accelerators);
    };
    within([...kinds.keys()], ({ leastRatio, tensorParallel }) => leastRatio * tensorParallel);
    for (const rivals of rivalsAmong(kinds)) within(rivals, ({ tensorParallel }) => tensorParallel);
  }
  if (counts.length === 0) return null;
  const columns = new Float64Array(model.numCols + counts.length);
  columns.set(toColumns(problem, formulation, start));
  columns.set(counts, model.numCols);
  const terms = { timeLimitS, seed, ...(signal !== undefined && { signal }) };
  const result = await tools.solver.solve(builder.build(), { ...terms, relativeGap, start: columns });
  if (result.solution === null) return { solution: null, boundUsd: result.bound };
  const found = fromColumns(problem, formulation, result.solution.slice(0, model.numCols));
  return { solution: await cleanShares(problem, formulation, found, tools.solver, terms), boundUsd: result.bound };
}

/** The fewest engines of a kind that what a plan serves with it needs. */
function enginesOf({ arcs }: PossibleEngines, { share }: ProblemSolution, headroomRatio: number): number {
  let [busy, serves] = [0, 0];
  for (const { arc, engines } of arcs) {
    busy += share[arc]! * engines * headroomRatio;
    if (share[arc]! > 0) serves = 1;
  }
  return Math.max(serves, Math.ceil(busy - 1e-9));
}

/** Largest sets of kinds of which no two fit an accelerator together. */
function rivalsAmong(kinds: readonly PossibleEngines[]): number[][] {
  const areRivals = (a: number, b: number): boolean => kinds[a]!.leastRatio + kinds[b]!.leastRatio > fullMemory;
  if (kinds.length > mostKinds) {
    return [...kinds.keys()].flatMap((a) =>
      [...kinds.keys()].filter((b) => b > a && areRivals(a, b)).map((b) => [a, b]),
    );
  }
  const sets: number[][] = [];
  for (let bits = (1 << kinds.length) - 1; bits > 0; bits--) {
    const some = [...kinds.keys()].filter((k) => bits & (1 << k));
    if (some.length < 2 || some.some((a, i) => some.slice(i + 1).some((b) => !areRivals(a, b)))) continue;
    if (!sets.some((known) => some.every((k) => known.includes(k)))) sets.push(some);
  }
  return sets;
}
