/**
 * Large problems that have to survive: a bound by prices which knows that whoever is served has two places, and plans in which
 * everybody has a place to go to from the first row on. Nothing is written out failure by failure.
 */
import { serveLess } from "./add-reserve.ts";
import { certify } from "../bound/certificate.ts";
import { coverModel, paidRows, pricesOfCover, type CoverModel } from "./cover-model.ts";
import { examine } from "./examine-failures.ts";
import type { Stage } from "../world/failover-terms.ts";
import { withImpliedLimits } from "../problem/implied-limits.ts";
import { boundSteps, type KnownChoices, type LagrangianResult } from "../bound/lagrangian.ts";
import { pricesByPeriod } from "../bound/periods-apart.ts";
import { createPlanState } from "../search/plan-state.ts";
import { checkSolution, objectiveUsd, type PlanProblem, type ProblemSolution } from "../problem/problem.ts";
import { rearrangeSurviving } from "./rearrange-surviving.ts";
import { refugesIn } from "./refuges.ts";
import type { ReserveBook } from "./reserve-book.ts";
import type { FailoverTable, Failure } from "../world/resilience.ts";
import { roundedCounts, type Rounding } from "../search/round-plan.ts";
import { moveTables, rankAgain, type MoveTables } from "../search/row-moves.ts";
import { viewBySite } from "../problem/site-view.ts";
import {
  emptySolution,
  gapOf,
  type CurvePoint,
  type PathOptions,
  type PathTools,
  type SearchStatus,
} from "../problem/solution-path.ts";
import type { ResilientResult } from "./resilient-result.ts";
import { sharedPlaces } from "./shared-places.ts";
import { solveApart } from "./solve-apart.ts";
import type { MipModel, SolveResult } from "../problem/solver.ts";
import { takePauses, type Steps } from "../problem/steps.ts";
import { isStandingLimit, survivalLimitsAtSize } from "../world/survival-limits.ts";
import { rebuildParts, surviveFrom, tryElsewhere } from "./surviving-plan.ts";

/** Share of the time limit until which first prices are sought, and then prices of everything around what is shared. */
const firstTimeShare = 0.03;
const sharedTimeShare = 0.08;
/** Share of the time limit for what the solver takes for each relaxation, and for a plan in outline. */
const relaxationTimeShare = 0.15;
const outlineTimeShare = 0.2;
/** A plan in outline is sought to within this share of the asked gap. */
const outlineGap = 0.1;
/** Outlines of more columns are solved in the parts that nothing but the limits of the world joins: those that count so many places. */
const apartFromColumns = 12_000;
const joinsFrom = 8;
const boundIterations = 3000;
const stallRatio = 5e-5;
/** Climbs from what a relaxation says, while the one before gained this share. */
const mostClimbs = 3;
const worthClimbing = 2e-4;
/** Share of the time limit for prices period by period, and for all prices. */
const periodsTimeShare = 0.25;
const boundTimeShare = 0.35;
/** Share of the time limit that roundings may take in all, and that the last look through all failures is left. */
const roundingTimeShare = 0.3;
const lookingTimeShare = 0.05;
const roundings: readonly Rounding[] = [
  { by: "sites", threshold: 0.25 },
  { by: "sites", threshold: 0.5 },
];

export async function surviveAtSize(
  plain: PlanProblem,
  stages: readonly Stage[],
  tables: readonly FailoverTable[],
  failures: readonly Failure[],
  tools: PathTools,
  options: PathOptions,
): Promise<ResilientResult> {
  const startedMs = tools.nowMs();
  const elapsedS = (): number => (tools.nowMs() - startedMs) / 1000;
  const cancelled = (): boolean => options.signal?.aborted === true;
  const searchS = (1 - lookingTimeShare) * options.timeLimitS;
  const timeUp = (): boolean => cancelled() || elapsedS() >= searchS;
  const derived = survivalLimitsAtSize(stages, tables);
  const problem = { ...plain, limits: [...plain.limits, ...derived] };
  const strong = withImpliedLimits(problem);
  const view = viewBySite(strong);
  const refuges = refugesIn(plain, stages, tables, failures);

  let best = emptySolution(plain);
  let bestUsd = checkSolution(plain, best).length === 0 ? objectiveUsd(plain, best) : Infinity;
  let boundUsd = -Infinity;
  const curve: CurvePoint[] = [];
  const record = (): void => {
    const point = { seconds: elapsedS(), incumbentUsd: bestUsd, boundUsd };
    curve.push(point);
    options.onProgress?.(point);
  };
  const { finish } = takePauses(tools, (stage) =>
    options.onProgress?.({ seconds: elapsedS(), incumbentUsd: bestUsd, boundUsd, ...(stage !== "" && { stage }) }),
  );
  const proven = (): boolean => gapOf(bestUsd, boundUsd) <= options.relativeGap;
  // The best plan with where everybody goes: found anew by who comes first, not all would find room.
  let bestBook: ReserveBook | undefined;
  const keep = (book: ReserveBook): void => {
    const solution = book.plan.solution();
    const usd = objectiveUsd(plain, solution);
    if (usd >= bestUsd || checkSolution(plain, solution).length > 0) return;
    best = solution;
    bestBook = book;
    bestUsd = usd;
    record();
  };
  let moves: MoveTables | undefined;
  const rank = (modulePrice: Float64Array): MoveTables => {
    if (moves === undefined) moves = moveTables(plain, modulePrice);
    else rankAgain(plain, moves, modulePrice);
    return moves;
  };
  const hurries = (): boolean => timeUp() || elapsedS() > roundingTimeShare * options.timeLimitS;
  function* roundTo(known: KnownChoices, rounding: Rounding, stop: () => boolean): Steps<void> {
    const ranked = rank(known.modulePrice);
    const wanted = roundedCounts(plain, known, rounding);
    keep(yield* surviveFrom(plain, refuges, ranked, known, standingAs(plain, known, ranked, wanted), stop, hurries));
  }

  const from = await finish(
    pricesByPeriod(strong, {
      iterations: boundIterations,
      isCancelled: cancelled,
      stop: (share) => cancelled() || elapsedS() > ((1 + share) / 2) * periodsTimeShare * options.timeLimitS,
    }),
  );
  if (from !== undefined) boundUsd = from.boundUsd;
  const boundIsUp = (): boolean => cancelled() || elapsedS() > boundTimeShare * options.timeLimitS || proven();
  let reportedS = -1;
  const climb = (of: PlanProblem, untilShare: number, start?: FirstPrices): Promise<LagrangianResult> =>
    finish(
      boundSteps(of, view, {
        iterations: boundIterations,
        stallRatio,
        isCancelled: cancelled,
        ...(start !== undefined && { from: start }),
        stop: () => boundIsUp() || elapsedS() > untilShare * options.timeLimitS,
        onBound: (usd) => {
          boundUsd = Math.max(boundUsd, usd);
          if (elapsedS() - reportedS < 0.5) return;
          reportedS = elapsedS();
          record();
        },
      }),
    );
  const paid = paidRows(plain, stages);
  const solverTerms = { seed: options.seed, ...(options.signal && { signal: options.signal }) };
  let found = await climb(withoutStanding(strong), firstTimeShare, from);
  if (!boundIsUp()) {
    const shared = sharedPlaces(strong, view, paid, found);
    const relaxed = await relax(shared.model, relaxationTimeShare);
    if (relaxed !== null) {
      const next = await climb(withoutStanding(strong), sharedTimeShare, shared.prices(relaxed.rowDuals));
      if (next.boundUsd > found.boundUsd) found = next;
    }
  }
  // What the limits are worth all at once the solver's relaxation knows in no time; what it leaves out the climb adds.
  for (let again = 0; again < mostClimbs && !boundIsUp(); again++) {
    const outline = coverModel(strong, view, paid, found);
    const relaxed = await relax(outline.model, relaxationTimeShare);
    if (relaxed === null) break;
    const start = pricesOfCover(strong, outline, relaxed, found);
    const next = await climb({ ...strong, limits: start.limits }, boundTimeShare, start);
    const gained = next.boundUsd - found.boundUsd;
    if (gained > 0) found = next;
    if (gained <= worthClimbing * Math.abs(found.boundUsd)) break;
  }
  const certificate = certify(strong, found, view);
  boundUsd = Math.max(certificate.boundUsd, from?.boundUsd ?? -Infinity);
  record();
  const outline = coverModel(strong, view, paid, found);
  const planned = proven() || cancelled() ? null : await solveOutline(outline, found);
  if (planned !== null) {
    boundUsd = Math.max(boundUsd, planned.bound);
    record();
    await finish(roundTo({ ...found, ...choicesOf(outline, planned) }, roundings[0]!, timeUp));
  }
  for (const [i, rounding] of roundings.entries()) {
    // Whoever stops early, or has little time, gets a plan all the same.
    const isFirst = planned === null && i === 0;
    if (proven() || (!isFirst && hurries())) break;
    await finish(roundTo(found, rounding, timeUp));
  }
  if (bestBook !== undefined && !proven() && !timeUp()) {
    const book = bestBook;
    const ranked = rank(found.modulePrice);
    const restUsd = bestUsd - book.plan.costUsd;
    const enough = (): boolean => timeUp() || gapOf(restUsd + book.plan.costUsd, boundUsd) <= options.relativeGap;
    const leftS = (): number => searchS - elapsedS();
    const rearrange = async (): Promise<void> => {
      await rearrangeSurviving(book, ranked, found, tools, { ...options, enough, leftS });
      keep(book);
    };
    await rearrange();
    if (!enough()) {
      await finish(tryElsewhere(book, ranked, found, enough));
      keep(book);
      await rearrange();
    }
    if (!enough()) await finish(rebuildParts(book, ranked, found, options.seed, enough));
    keep(book);
  }

  let examined = await examine(stages, tables, failures, best, tools, options);
  if (examined.missing.length > 0) {
    best = await serveLess(plain, stages, tables, failures, best, tools, options);
    bestUsd = objectiveUsd(plain, best);
    examined = await examine(stages, tables, failures, best, tools, options);
  }
  const fatal = [...new Set(examined.missing.map(({ cut }) => failures[cut.failure]!.name))];
  if (fatal.length === 0) boundUsd = Math.min(boundUsd, bestUsd);
  record();
  const isProven = fatal.length === 0 && proven();
  const ending: SearchStatus = timeUp() ? "timeLimit" : "gapNotReached";
  const result = {
    status: isProven ? ("optimal" as const) : cancelled() ? ("cancelled" as const) : ending,
    solution: best,
    objectiveUsd: bestUsd,
    bestBoundUsd: boundUsd,
    relativeGap: gapOf(bestUsd, boundUsd),
    curve,
    method: "decomposition" as const,
    message: "",
    certificate,
  };
  return { result, problem, derived: derived.length, derivedAs: "large", cuts: [], moves: examined.moves, fatal };

  /** What the solver may take for something, seconds. */
  function solverS(timeShare: number): number {
    return Math.max(1, Math.min(timeShare * options.timeLimitS, searchS - elapsedS()));
  }

  async function relax(
    model: MipModel,
    timeShare: number,
  ): Promise<(SolveResult & { readonly rowDuals: Float64Array }) | null> {
    const result = await tools.solver.solve(
      { ...model, colInteger: new Uint8Array(model.numCols) },
      { ...solverTerms, relativeGap: 0, timeLimitS: solverS(timeShare) },
    );
    const { rowDuals } = result;
    return result.solution === null || rowDuals === null ? null : { ...result, rowDuals };
  }

  async function solveOutline(
    { model, limitRow }: CoverModel,
    { limitPrice }: FirstPrices,
  ): Promise<{ readonly bound: number; readonly solution: Float64Array } | null> {
    const terms = { ...solverTerms, relativeGap: outlineGap * options.relativeGap };
    if (model.numCols <= apartFromColumns) {
      const { bound, solution } = await tools.solver.solve(model, { ...terms, timeLimitS: solverS(outlineTimeShare) });
      return solution === null ? null : { bound, solution };
    }
    const untilS = elapsedS() + solverS(outlineTimeShare);
    const charged = new Map<number, number>();
    for (const [l, { follows, sites, pools }] of strong.limits.entries()) {
      const joins = follows !== true && sites.length + pools.length >= joinsFrom;
      if (joins && limitRow[l]! >= 0) charged.set(limitRow[l]!, limitPrice[l]!);
    }
    return solveApart(model, charged, tools.solver, { ...terms, leftS: () => untilS - elapsedS() });
  }
}

type FirstPrices = Pick<LagrangianResult, "rowPrice" | "limitPrice">;

/** Prices that begin at nothing climb faster without the limits of which most are worth nothing. */
function withoutStanding(problem: PlanProblem): PlanProblem {
  const limits = problem.limits.map((limit) =>
    isStandingLimit(limit) ? { ...limit, inBound: false as const } : limit,
  );
  return { ...problem, limits };
}

/** What stands in a plan in outline, as if prices had chosen it. */
function choicesOf(
  { openCol, moduleCol }: CoverModel,
  { solution }: { readonly solution: Float64Array },
): Pick<KnownChoices, "open" | "modules"> {
  return {
    open: Float64Array.from(openCol, (col) => Math.round(solution[col]!)),
    modules: Float64Array.from(moduleCol, (col) => Math.round(solution[col]!)),
  };
}

/** Wanted counts as far as they fit, the places first that prices like best; nobody is served yet. */
function standingAs(
  problem: PlanProblem,
  { open }: KnownChoices,
  { poolsOfSite }: MoveTables,
  wanted: Float64Array,
): ProblemSolution {
  const state = createPlanState(problem, emptySolution(problem));
  state.lenient = true;
  const order = Array.from({ length: problem.sites.count }, (_, site) => site).sort(
    (a, b) => open[b]! - open[a]! || a - b,
  );
  for (const site of order) {
    for (const pool of poolsOfSite[site]!) {
      let count = wanted[pool]!;
      while (count > state.modules[pool]! && !state.fits(pool, count - state.modules[pool]!)) count--;
      if (count > state.modules[pool]!) state.build(pool, count);
    }
  }
  return state.solution();
}
