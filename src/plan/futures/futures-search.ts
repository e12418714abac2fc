/**
 * Finds the plan that is cheapest in expectation over all futures, with a proven gap. Small ones are one exact model. For
 * larger ones decisions made for single futures are tried in all of them, the best are mixed in a model of the pools they
 * use, and the bound comes from planning each future by itself with prices on disagreement.
 */
import {
  expected,
  type ExtensiveForm,
  type FirstStage,
  type Future,
  type NoRecourse,
  type Recourse,
  writeExtensiveForm,
} from "./futures-model.ts";
import { writeHorizonForm } from "./futures-horizon.ts";
import { recourseOf } from "./futures-recourse.ts";
import { checkSolution, type PlanProblem, type ProblemSolution } from "../problem/problem.ts";
import { restrictArcs } from "../problem/restrict-arcs.ts";
import {
  gapOf,
  type PathOptions,
  type PathResult,
  type PathTools,
  type SearchStatus,
} from "../problem/solution-path.ts";
import { solveProblem } from "../search/solve-problem.ts";

/** A first stage and what it comes to in each future; null where nothing is known to come of it. */
export interface Decision {
  readonly first: FirstStage;
  readonly recourse: readonly (Recourse | null)[];
  /** Why it comes to nothing; null where it comes to something. */
  readonly lacks: readonly (NoRecourse | null)[];
  /** USD/year; Infinity where it cannot be built in some future, or is not known to be. */
  readonly expectedUsdPerYear: number;
}

export interface FuturesSearch {
  readonly status: SearchStatus;
  readonly method: "exact" | "decomposition";
  readonly best: Decision;
  readonly boundUsdPerYear: number;
  readonly relativeGap: number;
}

/** Up to this many arcs over all futures the extensive form is solved whole. */
export const wholeUpToArcs = 30_000;
/** Arcs kept per row where it is not. */
const keptArcsPerRow = 12;
/** Rounds of prices on disagreement; each plans every future once more. */
const priceRounds = 2;
/** A price on disagreement is at most this share of a module's cost, so that no module is ever paid for standing. */
const mostOfCost = 0.9;

/**
 * Prices a first stage in every future; once the caller has stopped the search, only where that is known already.
 *
 * @param own Where the first stage is that of a plan made for one future: which one it is, and the plan, which is what becomes of
 *   it there unless something better is found.
 * @param isFallback Whether it is priced all the same, so that there is a decision at all.
 */
export async function decide(
  first: FirstStage,
  futures: readonly Future[],
  tools: PathTools,
  options: PathOptions,
  own?: { readonly future: number; readonly plan: PathResult },
  isFallback = false,
): Promise<Decision> {
  const recourse: (Recourse | null)[] = [];
  const lacks: (NoRecourse | null)[] = [];
  for (const [s, future] of futures.entries()) {
    // A solver that is stopped at once answers seconds later all the same, and there are many to ask.
    const isLate = options.signal?.aborted === true && !isFallback;
    const found = isLate ? "not-found" : await recourseOf(first, future, tools, options);
    const known = own?.future === s ? asRecourse(own.plan, future) : null;
    const best = typeof found === "string" || (known && known.usdPerYear < found.usdPerYear) ? known : found;
    recourse.push(best);
    lacks.push(best === null && typeof found === "string" ? found : null);
  }
  const usd = recourse.map((entry) => entry?.usdPerYear ?? Infinity);
  return { first, recourse, lacks, expectedUsdPerYear: usd.includes(Infinity) ? Infinity : expected(futures, usd) };
}

function asRecourse({ solution, objectiveUsd }: PathResult, { problem }: Future): Recourse | null {
  return checkSolution(problem, solution).length > 0 ? null : { usdPerYear: objectiveUsd, solution };
}

/** @param alone The plan of each future by itself. */
export async function searchFutures(
  futures: readonly Future[],
  alone: readonly PathResult[],
  candidates: readonly Decision[],
  tools: PathTools,
  options: PathOptions,
  wholeUpTo = wholeUpToArcs,
): Promise<FuturesSearch> {
  const startedMs = tools.nowMs();
  const leftS = (): number => Math.max(0.05, options.timeLimitS - (tools.nowMs() - startedMs) / 1000);
  // Whoever knows the future does at least as well as whoever does not.
  let bound = expected(
    futures,
    alone.map((result) => result.bestBoundUsd),
  );
  let best = cheapest(candidates);
  const arcs = futures.reduce((sum, { problem }) => sum + problem.arcs.pool.length, 0);
  const whole = arcs <= wholeUpTo;
  const asked = (): PathOptions => ({ ...options, timeLimitS: leftS() });
  const proven = (): boolean => gapOf(best.expectedUsdPerYear, bound) <= options.relativeGap + 1e-12;

  if (!whole && !proven()) bound = Math.max(bound, await pricedBound(futures, alone, tools, asked));
  let cause: SearchStatus = "gapNotReached";
  if (!proven() && options.signal?.aborted !== true) {
    const restricted = whole ? futures : futures.map((future, s) => restrictTo(future, candidates, s));
    const form = writeForm(restricted);
    const result = await tools.solver.solve(form.model, {
      timeLimitS: leftS(),
      relativeGap: options.relativeGap,
      seed: options.seed,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.onProgress === undefined ? {} : { onProgress: report(options, leftS, best, whole ? bound : null) }),
    });
    if (whole) bound = Math.max(bound, result.bound);
    if (result.solution !== null) {
      const found = await decide(form.firstStage(result.solution), futures, tools, { ...options, timeLimitS: 60 });
      if (found.expectedUsdPerYear < best.expectedUsdPerYear) best = found;
    }
    const { status } = result;
    if (status === "timeLimit" || status === "cancelled" || status === "outOfMemory") cause = status;
  }
  if (options.signal?.aborted === true) cause = "cancelled";
  bound = Math.min(bound, best.expectedUsdPerYear);
  return {
    status: proven() ? "optimal" : cause,
    method: whole ? "exact" : "decomposition",
    best,
    boundUsdPerYear: bound,
    relativeGap: gapOf(best.expectedUsdPerYear, bound),
  };
}

export function cheapest(decisions: readonly Decision[]): Decision {
  return decisions.reduce((a, b) => (b.expectedUsdPerYear < a.expectedUsdPerYear ? b : a));
}

const report =
  (options: PathOptions, leftS: () => number, best: Decision, bound: number | null) =>
  (progress: { readonly incumbent: number; readonly bound: number }): void =>
    options.onProgress?.({
      seconds: options.timeLimitS - leftS(),
      incumbentUsd: Math.min(best.expectedUsdPerYear, progress.incumbent),
      // What is proven of a part of the pools is not proven of all.
      boundUsd: bound === null ? Number.NEGATIVE_INFINITY : Math.max(bound, progress.bound),
    });

/** All futures in one model. */
export function writeForm(futures: readonly Future[], regretOver?: readonly number[]): ExtensiveForm {
  return futures[0]!.decided === undefined
    ? writeExtensiveForm(futures, regretOver)
    : writeHorizonForm(futures, regretOver);
}

/** Arcs to the pools that any of the decisions uses, the cheapest of each row; `s` is the future's position. */
function restrictTo(future: Future, decisions: readonly Decision[], s: number): Future {
  const used = (pool: number): boolean =>
    decisions.some(({ first, recourse }) =>
      pool < first.modules.length && first.modules[pool]! > 0 ? true : (recourse[s]?.solution.modules[pool] ?? 0) > 0,
    );
  const { problem } = future;
  const restricted = restrictArcs(problem, (arc) => used(problem.arcs.pool[arc]!), keptArcsPerRow);
  return { ...future, problem: restricted.problem };
}

/**
 * A bound above that of knowing the future: each future is planned with a price on the modules of which it wants more than
 * the average, and a rebate where it wants fewer. Prices that cancel out in expectation change nothing for whoever must
 * decide once for all futures, so what the futures then cost at least, such a decision costs at least.
 */
async function pricedBound(
  futures: readonly Future[],
  alone: readonly PathResult[],
  tools: PathTools,
  asked: () => PathOptions,
): Promise<number> {
  const pools = futures[0]!.decided?.length ?? futures[0]!.problem.pools.count;
  const prices = futures.map(() => new Float64Array(pools));
  let wanted: readonly ProblemSolution[] = alone.map((result) => result.solution);
  let best = -Infinity;
  for (let round = 0; round < priceRounds; round++) {
    const { timeLimitS } = asked();
    raisePrices(prices, futures, wanted);
    const bounds: number[] = [];
    const solutions: ProblemSolution[] = [];
    for (const [s, { problem }] of futures.entries()) {
      if (asked().signal?.aborted === true) return best;
      const { onProgress: _quiet, ...options } = asked();
      const priced: PlanProblem = {
        ...problem,
        pools: { ...problem.pools, usd: problem.pools.usd.map((usd, pool) => usd + (prices[s]![pool] ?? 0)) },
      };
      // Half of the time is for the search that follows.
      const timeLimitS_ = timeLimitS / (2 * priceRounds * futures.length);
      const result = await solveProblem(priced, tools, { ...options, timeLimitS: timeLimitS_ });
      bounds.push(result.bestBoundUsd);
      solutions.push(result.solution);
    }
    best = Math.max(best, expected(futures, bounds));
    wanted = solutions;
  }
  return best;
}

function raisePrices(
  prices: readonly Float64Array[],
  futures: readonly Future[],
  wanted: readonly ProblemSolution[],
): void {
  const pools = prices[0]!.length;
  for (let pool = 0; pool < pools; pool++) {
    if (futures[0]!.decided?.[pool] === 0) continue;
    const counts = wanted.map((solution) => solution.modules[pool]!);
    const mean = expected(futures, counts);
    if (counts.every((count) => count === counts[0])) continue;
    const meanUsd = expected(
      futures,
      futures.map(({ problem }) => problem.pools.usd[pool]!),
    );
    let scale = 1;
    const next = futures.map(({ problem }, s) => {
      const usd = problem.pools.usd[pool]!;
      const price = prices[s]![pool]! + (meanUsd * (counts[s]! - mean)) / Math.max(1, mean) / futures.length;
      if (price < -mostOfCost * usd) scale = Math.min(scale, (mostOfCost * usd) / -price);
      return price;
    });
    for (const [s, price] of next.entries()) prices[s]![pool] = price * scale;
  }
}
