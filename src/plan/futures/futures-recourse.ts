/** What a first stage costs when a future has come: flows, and which modules are in service, are decided then. */
import { limitUse } from "../problem/coupling-limit.ts";
import {
  countsBuilt,
  isOfSites,
  limitsPurchases,
  type FirstStage,
  type Future,
  type NoRecourse,
  type Recourse,
} from "./futures-model.ts";
import { horizonRecourse } from "./futures-horizon.ts";
import { formulate, fromColumns, type Formulation } from "../problem/formulate.ts";
import { checkSolution, objectiveUsd, type PlanProblem } from "../problem/problem.ts";
import { restrictArcs } from "../problem/restrict-arcs.ts";
import type { PathOptions, PathTools } from "../problem/solution-path.ts";

/** What the search pays for a module in service, USD/year: enough to be noticed, too little to change a decision. */
const idleUsd = 1e-4;

/** The best that can be done with what was built. */
export async function recourseOf(
  first: FirstStage,
  future: Future,
  tools: PathTools,
  options: PathOptions,
): Promise<Recourse | NoRecourse> {
  if (future.decided !== undefined) return horizonRecourse(first, future, tools, options);
  const { problem } = future;
  if (!mayBeBuilt(first, problem)) return "cannot-be-built";
  const { problem: standing, arc } = restrictArcs(
    problem,
    (candidate) => first.modules[problem.arcs.pool[candidate]!]! > 0,
    Infinity,
  );
  const formulation = formulate(standing, new Set());
  const { model, openCol, moduleCol } = formulation;
  // Where all of it can be in service, parts of modules tell no lie; else which ones are is a choice of whole modules.
  const sitesCount = problem.limits.some((limit) => limit.sites.length > 0 && !countsBuilt(limit) && !isOfSites(limit));
  const allInService = { ...first, share: new Float64Array(problem.arcs.pool.length) };
  const ofService = { ...problem, limits: problem.limits.filter((limit) => !countsBuilt(limit)) };
  const isLinear = !sitesCount && checkSolution(ofService, allInService).length === 0;
  for (const [pool, col] of moduleCol.entries()) {
    // Whatever can be in service is, so that what is not stands idle for a reason.
    model.colCost[col] = -idleUsd;
    model.colUpper[col] = Math.min(model.colUpper[col]!, first.modules[pool]!);
  }
  for (const [site, col] of openCol.entries()) {
    if (col < 0) continue;
    // A built site where all stands idle is not in use, and paid for all the same.
    model.colCost[col] = 0;
    model.colUpper[col] = first.open[site]!;
  }
  for (const [l, row] of formulation.limitRow.entries()) {
    // Those about purchases were checked above.
    if (limitsPurchases(problem.limits[l]!)) model.rowUpper[row] = Infinity;
    else if (countsBuilt(problem.limits[l]!)) countBuilt(formulation, row, first);
  }
  if (isLinear) model.colInteger.fill(0);
  const result = await tools.solver.solve(model, {
    timeLimitS: options.timeLimitS,
    relativeGap: isLinear ? 0 : options.relativeGap,
    seed: options.seed,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  if (result.solution === null) return result.status === "infeasible" ? "cannot-be-built" : "not-found";
  const found = fromColumns(standing, formulation, result.solution);
  const share = new Float64Array(problem.arcs.pool.length);
  for (const [position, whole] of arc.entries()) share[whole] = found.share[position]!;
  const usdPerYear = objectiveUsd(problem, { open: first.open, modules: first.modules, share });
  return { usdPerYear, solution: { open: first.open, modules: found.modules, share } };
}

/** Takes what is built out of a row's choices: it counts whether it is in service or not. */
function countBuilt({ model, openCol, moduleCol }: Formulation, row: number, { open, modules }: FirstStage): void {
  const built = new Map<number, number>([
    ...[...openCol].map((col, site) => [col, open[site]!] as const),
    ...[...moduleCol].map((col, pool) => [col, modules[pool]!] as const),
  ]);
  for (let i = model.rowStarts[row]!; i < model.rowStarts[row + 1]!; i++) {
    const count = built.get(model.colIndices[i]!);
    if (count === undefined) continue;
    model.rowUpper[row]! -= count * model.values[i]!;
    model.values[i] = 0;
  }
}

/** Limits on purchases, and forced sites, against what is built. */
function mayBeBuilt({ open, modules }: FirstStage, problem: PlanProblem): boolean {
  if (problem.sites.forced.some((forced, site) => forced === 1 && !open[site])) return false;
  if (problem.pools.minCount.some((least, pool) => modules[pool]! < least)) return false;
  if (problem.pools.maxCount.some((most, pool) => modules[pool]! > most)) return false;
  const built = { open, modules, share: new Float64Array(problem.arcs.pool.length) };
  return problem.limits
    .filter(limitsPurchases)
    .every((limit) => limitUse(limit, built) <= limit.upper + 1e-9 * Math.max(1, Math.abs(limit.upper)));
}
