/**
 * Whether so much can be served for so little, where the model with both wishes as rows is too large to search. What is left
 * unserved gets a price instead (Everett 1963): for any prices, the bound of the priced problem less what the wishes allow to
 * be unserved is a bound on the cost of everything that fulfils them, and every plan met on the way may fulfil them.
 */
import { formulate, fromColumns } from "../problem/formulate.ts";
import { continueModel } from "../problem/mip-builder.ts";
import {
  checkSolution,
  objectiveUsd,
  unservedShares,
  type PlanProblem,
  type ProblemSolution,
} from "../problem/problem.ts";
import { restrictArcs } from "../problem/restrict-arcs.ts";
import type { PathOptions, PathTools } from "../problem/solution-path.ts";
import { solveProblem } from "../search/solve-problem.ts";

/** A share of a workload's peak requests that is to be served. */
export interface ServiceWish {
  readonly ratio: number;
  /** Rows of the problem with their part of the workload's peak; the parts sum to 1. */
  readonly parts: readonly { readonly row: number; readonly part: number }[];
}

export interface WeighedWishes {
  readonly possible: boolean | null;
  /** No plan that serves as wished costs less, USD/year. */
  readonly atLeastUsd: number;
  /** A plan that serves as wished costs this; Infinity when none was found. */
  readonly foundUsd: number;
}

/** Problems solved, each for a part of the time. */
const mostPrices = 9;
/** Arcs kept per row in the search among what was found. */
const keptArcsPerRow = 8;
/** Served shares count as reached within this. */
const noticeable = 1e-6;

/** @param problem Without what the question lifts; its prices of unserved demand are not looked at. */
export async function weighWishes(
  problem: PlanProblem,
  service: readonly ServiceWish[],
  costUsd: number,
  tools: PathTools,
  options: PathOptions,
): Promise<WeighedWishes> {
  const startedMs = tools.nowMs();
  const leftS = (): number => options.timeLimitS - (tools.nowMs() - startedMs) / 1000;
  const plans: ProblemSolution[] = [];
  let [atLeastUsd, foundUsd] = [-Infinity, Infinity];
  // Between what leaves too much unserved and what serves enough; the first guess asks for all that can be served.
  const most = dearest(problem);
  const range = service.map(() => ({ low: most * 1e-6, high: most }));
  let prices = range.map(({ high }) => high);
  const { onProgress: _quiet, ...quiet } = options;
  for (let turn = 0; turn < mostPrices; turn++) {
    if (options.signal?.aborted === true || leftS() <= 0) break;
    const priced = { ...problem, rows: { ...problem.rows, unservedUsd: penalties(problem, service, prices) } };
    const timeLimitS = Math.max(0.5, leftS() / (turn === 0 ? 3 : 2));
    const result = await solveProblem(priced, tools, { ...quiet, timeLimitS, relativeGap: closeGap });
    const unserved = unservedBy(problem, service, result.solution);
    const priceOfUnserved = (shares: readonly number[]): number =>
      shares.reduce((sum, share, w) => sum + share * prices[w]!, 0);
    const usd = objectiveUsd(priced, result.solution) - priceOfUnserved(unserved);
    const allowed = service.map(({ ratio }) => 1 - ratio);
    atLeastUsd = Math.max(atLeastUsd, result.bestBoundUsd - priceOfUnserved(allowed));
    const isServed = unserved.every((share, w) => share <= allowed[w]! + noticeable);
    if (isServed) foundUsd = Math.min(foundUsd, usd);
    if (Number.isFinite(usd)) plans.push(result.solution);
    if (foundUsd <= costUsd) return { possible: true, atLeastUsd, foundUsd };
    if (atLeastUsd > costUsd * (1 + noticeable)) break;
    for (const [w, share] of unserved.entries()) {
      const between = range[w]!;
      if (share <= allowed[w]! + noticeable) between.high = prices[w]!;
      else {
        between.low = prices[w]!;
        if (between.high <= between.low) between.high = 100 * between.low;
      }
    }
    // Prices range over orders of magnitude; so the middle is that of their logarithms.
    prices = range.map(({ low, high }) => Math.sqrt(low * high));
  }
  if (foundUsd > costUsd && plans.length > 0 && leftS() > 0) {
    foundUsd = Math.min(
      foundUsd,
      await cheapestAmong(problem, service, plans, tools, { ...quiet, timeLimitS: leftS() }),
    );
  }
  const possible = foundUsd <= costUsd ? true : atLeastUsd > costUsd * (1 + noticeable) ? false : null;
  return { possible, atLeastUsd, foundUsd };
}

/** Gap of each priced problem: the closer, the less lies between what is proven and what is found. */
const closeGap = 1e-4;

/** A price at which little that can be served is worth leaving: the dearest thing there is to build, for a tenth of a thousandth. */
function dearest({ pools, sites }: PlanProblem): number {
  let usd = 1;
  for (let pool = 0; pool < pools.count; pool++) usd = Math.max(usd, pools.usd[pool]!);
  for (let site = 0; site < sites.count; site++) usd = Math.max(usd, sites.usd[site]!);
  return usd * 1e4;
}

function penalties({ rows }: PlanProblem, service: readonly ServiceWish[], prices: readonly number[]): Float64Array {
  const usd = new Float64Array(rows.count);
  for (const [w, { parts }] of service.entries()) for (const { row, part } of parts) usd[row]! += part * prices[w]!;
  return usd;
}

function unservedBy(problem: PlanProblem, service: readonly ServiceWish[], solution: ProblemSolution): number[] {
  const shares = unservedShares(problem, solution.share);
  return service.map(({ parts }) => parts.reduce((sum, { row, part }) => sum + part * shares[row]!, 0));
}

/** The cheapest that serves as wished with the pools any of the plans uses; Infinity when none was found in time. */
async function cheapestAmong(
  problem: PlanProblem,
  service: readonly ServiceWish[],
  plans: readonly ProblemSolution[],
  tools: PathTools,
  options: Omit<PathOptions, "onProgress">,
): Promise<number> {
  const free = { ...problem, rows: { ...problem.rows, unservedUsd: new Float64Array(problem.rows.count) } };
  const used = (pool: number): boolean => plans.some(({ modules }) => modules[pool]! > 0);
  const part = restrictArcs(free, (arc) => used(problem.arcs.pool[arc]!), keptArcsPerRow);
  const formulation = formulate(part.problem, new Set());
  const builder = continueModel(formulation.model);
  for (const { ratio, parts } of service) {
    builder.addRow(ratio, Infinity);
    const { starts } = part.problem.arcs;
    for (const { row, part: weight } of parts) {
      for (let arc = starts[row]!; arc < starts[row + 1]!; arc++)
        builder.addEntry(formulation.firstArcCol + arc, weight);
    }
  }
  const result = await tools.solver.solve(builder.build(), { ...options, relativeGap: 1e-4 });
  if (result.solution === null) return Infinity;
  const found = fromColumns(part.problem, formulation, result.solution);
  const isServed = unservedBy(part.problem, service, found).every((share, w) => share <= 1 - service[w]!.ratio + 1e-5);
  const keeps = checkSolution(part.problem, found, 1e-5).length === 0;
  return isServed && keeps ? objectiveUsd(part.problem, found) : Infinity;
}
