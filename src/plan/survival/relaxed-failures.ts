/**
 * The inequalities of failures that the relaxation of a problem breaks. Plans of whole modules show a few of them at a time, and
 * each is long to find; relaxed plans show the same ones in a fraction of the time, and together they lift the bound as far as
 * parts of modules let them.
 */
import type { CouplingLimit } from "../problem/coupling-limit.ts";
import { brokenCuts, examine } from "./examine-failures.ts";
import type { FailureCut, Stage } from "../world/failover-terms.ts";
import { formulate } from "../problem/formulate.ts";
import { withLeastModules } from "../problem/least-modules.ts";
import type { PlanProblem, ProblemSolution } from "../problem/problem.ts";
import type { FailoverTable, Failure } from "../world/resilience.ts";
import type { PathOptions, PathTools } from "../problem/solution-path.ts";

/** Problems with more arcs have relaxations that take as long as their plans. */
const mostArcs = 20_000;
const mostRounds = 30;
/** It ends when a round lifts the bound by less than this share. */
const worthARound = 1e-4;
/** Share of the time limit for all rounds. */
const timeShare = 0.15;

/**
 * @param stated With the limits that are known.
 * @param begin Cuts that are known, of the same problem or of one that knows less.
 * @param limitOf The limit of a cut in the problem that is solved.
 * @returns Those that decide what the last relaxation costs, and what that is: no plan costs less.
 */
export async function relaxedFailureCuts(
  stated: PlanProblem,
  stages: readonly Stage[],
  tables: readonly FailoverTable[],
  failures: readonly Failure[],
  limitOf: (cut: FailureCut) => CouplingLimit,
  begin: readonly FailureCut[],
  tools: PathTools,
  path: PathOptions,
): Promise<{ readonly cuts: FailureCut[]; readonly boundUsd: number }> {
  if (stated.arcs.pool.length > mostArcs) return { cuts: [...begin], boundUsd: -Infinity };
  const endMs = tools.nowMs() + timeShare * path.timeLimitS * 1000;
  const strong = withLeastModules(stated);
  let known = begin.map((cut) => ({ cut, limit: limitOf(cut) }));
  let [before, boundUsd] = [-Infinity, -Infinity];
  for (let round = 0; round < mostRounds && path.signal?.aborted !== true; round++) {
    const leftS = (endMs - tools.nowMs()) / 1000;
    if (leftS <= 0) break;
    const problem = { ...strong, limits: [...strong.limits, ...known.map(({ limit }) => limit)] };
    const formulation = formulate(problem, "all");
    formulation.model.colInteger.fill(0);
    const { seed, signal } = path;
    const terms = { relativeGap: 0, timeLimitS: leftS, seed, ...(signal && { signal }) };
    const { solution, rowDuals, bound } = await tools.solver.solve(formulation.model, terms);
    if (solution === null || rowDuals === null) break;
    boundUsd = Math.max(boundUsd, bound);
    const first = strong.limits.length;
    const decides = known.filter((_, i) => rowDuals[formulation.limitRow[first + i]!]! < 0);
    if (bound - before <= worthARound * Math.abs(bound)) {
      known = decides;
      break;
    }
    before = bound;
    const { openCol, moduleCol, firstArcCol } = formulation;
    const relaxed: ProblemSolution = {
      open: Uint8Array.from(openCol, (col) => (col < 0 || solution[col]! > 0 ? 1 : 0)),
      modules: Float64Array.from(moduleCol, (col) => solution[col]!),
      share: solution.slice(firstArcCol, firstArcCol + stated.arcs.pool.length),
    };
    const { missing } = await examine(stages, tables, failures, relaxed, tools, path);
    if (missing.length === 0) {
      known = decides;
      break;
    }
    known = [...known, ...brokenCuts(missing).map((cut) => ({ cut, limit: limitOf(cut) }))];
  }
  return { cuts: known.map(({ cut }) => cut), boundUsd };
}
