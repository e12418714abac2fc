/**
 * The exact path: the whole problem as one mixed-integer model. Its relaxation is first tightened by the `link` rows it
 * violates, because writing all of them costs more memory than the solver has on larger problems.
 */
import { cleanShares } from "../problem/clean-shares.ts";
import { formulate, fromColumns, linkCol, linkKey, toColumns, type LinkKey } from "../problem/formulate.ts";
import { checkSolution, objectiveUsd, siteOfArc, type PlanProblem, type ProblemSolution } from "../problem/problem.ts";
import { withLeastModules } from "../problem/least-modules.ts";
import {
  emptySolution,
  gapOf,
  type CurvePoint,
  type PathOptions,
  type PathResult,
  type PathTools,
  type SearchStatus,
} from "../problem/solution-path.ts";
import type { SolveResult } from "../problem/solver.ts";

/** Up to this many arcs all `link` rows are written at once: the model stays small and the bound is the tightest. */
const allLinksUpToArcs = 20_000;
/** Rounds of adding violated `link` rows; measured on location benchmarks, later rounds add next to nothing. */
const linkRounds = 12;
/** A `link` row is added when the relaxation breaks it by more than this share of the row. */
const linkTolerance = 1e-4;

/** What the solver's tolerances, and cleaning its shares afterwards, may move of a cost that is proven. */
const roundingRatio = 1e-6;
/** How far from whole a number may be where the solver's usual tolerance moves the cost by more than that. */
const closelyWhole = 1e-9;

/** @param allLinksUpTo Arcs up to which all `link` rows are written at once. */
export async function solveExact(
  problem: PlanProblem,
  tools: PathTools,
  options: PathOptions,
  startFrom?: ProblemSolution,
  allLinksUpTo = allLinksUpToArcs,
): Promise<PathResult> {
  const startedMs = tools.nowMs();
  const elapsedS = (): number => (tools.nowMs() - startedMs) / 1000;
  const leftS = (): number => Math.max(0.05, options.timeLimitS - elapsedS());
  const curve: CurvePoint[] = [];
  let best = startFrom ?? emptySolution(problem);
  // What does not keep every limit is no plan, however cheap.
  let bestUsd = checkSolution(problem, best).length === 0 ? objectiveUsd(problem, best) : Infinity;
  let bound = -Infinity;
  const record = (incumbentUsd: number, boundUsd: number): void => {
    const point = { seconds: elapsedS(), incumbentUsd, boundUsd };
    const last = curve.at(-1);
    if (last !== undefined && last.incumbentUsd === incumbentUsd && last.boundUsd === boundUsd) return;
    curve.push(point);
    options.onProgress?.(point);
  };
  const common = {
    seed: options.seed,
    relativeGap: options.relativeGap,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };

  const strong = withLeastModules(problem);
  const { links, bound: relaxationBound } = await tightenRelaxation(strong, tools, options, leftS, allLinksUpTo);
  bound = Math.max(bound, relaxationBound);
  record(bestUsd, bound);
  const formulation = formulate(strong, links);
  const proven = (): boolean => gapOf(bestUsd, bound) <= options.relativeGap + roundingRatio;
  const solve = async (feasibilityTolerance?: number): Promise<SolveResult> => {
    const result = await tools.solver.solve(formulation.model, {
      ...common,
      timeLimitS: leftS(),
      start: toColumns(problem, formulation, best),
      ...(feasibilityTolerance !== undefined && { feasibilityTolerance }),
      onProgress: (progress) => record(Math.min(bestUsd, progress.incumbent), Math.max(bound, progress.bound)),
    });
    bound = Math.max(bound, result.bound);
    if (result.solution === null) return result;
    const rounded = fromColumns(problem, formulation, result.solution);
    const { seed, signal } = common;
    const terms = { seed, timeLimitS: Math.max(1, leftS()), ...(signal === undefined ? {} : { signal }) };
    const found = await cleanShares(problem, formulation, rounded, tools.solver, terms);
    const foundUsd = objectiveUsd(problem, found);
    if (foundUsd <= bestUsd && checkSolution(problem, found).length === 0) {
      best = found;
      bestUsd = foundUsd;
    }
    return result;
  };
  let result = await solve();
  // Modules that are whole only to the solver carry more than true ones, and what that spares is missing from its bound.
  if (result.status === "optimal" && Number.isFinite(bestUsd) && !proven()) {
    const again = await solve(closelyWhole);
    if (again.status !== "error") result = again;
  }
  bound = Math.min(bound, bestUsd);
  record(bestUsd, bound);
  return {
    status: statusOf(result.status, proven()),
    solution: best,
    objectiveUsd: bestUsd,
    bestBoundUsd: bound,
    relativeGap: gapOf(bestUsd, bound),
    curve,
    method: "exact",
    message: result.status === "error" || result.status === "outOfMemory" ? result.message : "",
  };
}

function statusOf(solverStatus: string, proven: boolean): SearchStatus {
  if (proven) return "optimal";
  if (solverStatus === "timeLimit" || solverStatus === "cancelled" || solverStatus === "outOfMemory")
    return solverStatus;
  return "gapNotReached";
}

/** Solves the relaxation again and again, each time with the `link` rows the last answer broke. */
async function tightenRelaxation(
  problem: PlanProblem,
  tools: PathTools,
  options: PathOptions,
  leftS: () => number,
  allLinksUpTo: number,
): Promise<{ links: ReadonlySet<LinkKey> | "all"; bound: number }> {
  if (problem.arcs.pool.length <= allLinksUpTo) return { links: "all", bound: -Infinity };
  const links = new Set<LinkKey>();
  let bound = -Infinity;
  for (let round = 0; round < linkRounds; round++) {
    const formulation = formulate(problem, links);
    formulation.model.colInteger.fill(0);
    const result = await tools.solver.solve(formulation.model, {
      timeLimitS: leftS() / 2,
      relativeGap: 0,
      seed: options.seed,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    if (result.solution === null || result.status !== "optimal") break;
    bound = Math.max(bound, result.bound);
    const before = links.size;
    const { starts } = problem.arcs;
    for (let row = 0; row < problem.rows.count; row++) {
      const served = new Map<LinkKey, number>();
      for (let arc = starts[row]!; arc < starts[row + 1]!; arc++) {
        const share = result.solution[formulation.firstArcCol + arc]!;
        if (share === 0) continue;
        const key = linkKey(problem, row, siteOfArc(problem, arc));
        const total = (served.get(key) ?? 0) + share;
        served.set(key, total);
        if (total > result.solution[linkCol(problem, formulation, arc)]! + linkTolerance) links.add(key);
      }
    }
    if (links.size - before <= before * 0.01) break;
  }
  return { links, bound };
}
