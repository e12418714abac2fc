/**
 * The path for large problems: a bound by prices, plans by rounding what the prices choose, and improvement by freeing one
 * neighbourhood after another and solving it exactly. The plan document can carry the prices, so that the bound can be
 * checked without trusting, or even having, a solver.
 */
import { closeOnCore, hasCore } from "./close-on-core.ts";
import { solveExact } from "./exact.ts";
import { withImpliedLimits } from "./implied-limits.ts";
import { boundSteps, type KnownChoices, type LagrangianResult } from "./lagrangian.ts";
import { withoutFollowing } from "./least-modules.ts";
import { createSearch, type Region } from "./free-places.ts";
import { applyTo } from "./neighbourhood.ts";
import { pricesByPeriod, type PeriodsBound } from "./periods-apart.ts";
import { createPlanState, type PlanState } from "./plan-state.ts";
import { checkSolution, objectiveUsd, type PlanProblem, type ProblemSolution } from "./problem.ts";
import { planAroundSteps, roundedCounts, type Choices, type Rounding } from "./round-plan.ts";
import { moveTables, rankAgain, type MoveTables } from "./row-moves.ts";
import { takePauses, type Steps } from "./steps.ts";
import { dives, tellCasesApart, wholeCase } from "./tell-cases-apart.ts";
import { tightenByBlocks } from "./tighten-by-blocks.ts";
import { viewBySite, type SiteView } from "./site-view.ts";
import {
  emptySolution,
  gapOf,
  type CurvePoint,
  type PathOptions,
  type PathResult,
  type PathTools,
  type SearchStatus,
} from "./solution-path.ts";

/** Evaluations of the bound; it is stopped earlier when its step has become too small to matter. */
const boundIterations = 3000;
/** The bound ends when it grows by less than this share in a while: in large problems the search then gains more. */
const stallRatio = 5e-5;
const smallStallRatio = 5e-6;
const largeProblemArcs = 200_000;
/** Share of the time limit the bound may take. */
const boundTimeShare = 0.45;
/** The same where a plan is known and the bound still climbs towards it. */
const climbingTimeShare = 0.75;
/** Share of the time limit that first prices of every period by itself may take. */
const periodsTimeShare = 0.35;
/** The bound climbs no further once this share of the asked gap is left: cuts fitted again at the end may prove a little less. */
const surelyProven = 0.9;
/**
 * In large problems a plan is looked for while prices are still rough: after so many evaluations or, where those take long, this
 * share of the time limit, then after so many times as many, while that takes at most its share of the time.
 */
const firstLook = 10;
const latestLook = 0.12;
const laterLook = 4;
const lookTimeShare = 0.2;
/** The bound climbs on for longer, that of a horizon at all, while it closes this share of the gap in so many evaluations. */
const worthClimbing = 0.02;
const climbWindow = 20;
/** Ways of rounding, tried in turn. */
const roundings: readonly Rounding[] = [
  { by: "modules", threshold: 0.5 },
  { by: "sites", threshold: 0.5 },
  { by: "modules", threshold: 0.2 },
  { by: "sites", threshold: 0.25 },
  { by: "modules", threshold: 0.05 },
];
/** How an opening that was decided is rounded around. */
const diveRounding: Rounding = { by: "sites", threshold: 0.25 };
/** Ways of rounding tried per case, and the share of the time limit after which no case is told apart any more. */
const roundingsPerCase = 2;
const latestCase = 0.7;
/** Cores with more arcs take a solver longer than a search of their parts; with these, and of larger problems, when that has run dry. */
const smallCoreArcs = 16_000;
const largeCoreArcs = 40_000;
/** Share of the time left in which a core may close the gap, before parts are searched. */
const coreTimeShare = 0.6;
/** The same over several periods, where parts improve a plan quickly. */
const coreTimeShareOverYears = 0.4;
/** Share of the time left after that in which blocks of neighbouring sites may tighten the bound. */
const blockTimeShare = 0.2;
/** Share of the time limit after which no further rounding is tried. */
const latestRounding = 0.6;
/** Rounds of neighbourhoods between two checks of the whole plan. */
const roundsBetweenChecks = 20;
/** When the search has run dry, problems up to this many arcs go to the solver whole, with the best plan to start from. */
const closeUpToArcs = 150_000;
/** By how much, relative to it, a limit may be exceeded without being broken. */
const limitTolerance = 1e-6;
/** Neighbourhoods solved at the same time; they share no site. */
const atOnce = 2;

/** What is known of a problem before it is solved, as of one that is part of a larger. */
export interface KnownBefore {
  /** Prices, the choices they lead to, and what they prove of the problem. */
  readonly from: PeriodsBound;
  /** A plan that keeps every limit. */
  readonly plan?: ProblemSolution;
  /** Told of the bound when it is found. */
  readonly onBound: (bound: LagrangianResult, view: SiteView) => Promise<void>;
  /** Whether a plan that costs so much is close enough to what is proven elsewhere. */
  readonly isEnough: (usd: number) => boolean;
}

/** @param known Makes the prices of rows and limits all that is proven with: what parts of it prove says nothing of a larger problem. */
export async function solveDecomposed(
  stated: PlanProblem,
  tools: PathTools,
  options: PathOptions,
  known?: KnownBefore,
): Promise<PathResult> {
  const startedMs = tools.nowMs();
  // What follows from limits that are not written out is for the bound and the solver alone.
  const problem = withoutFollowing(stated);
  const elapsedS = (): number => (tools.nowMs() - startedMs) / 1000;
  const cancelled = (): boolean => options.signal?.aborted === true;
  const timeUp = (): boolean => cancelled() || elapsedS() >= options.timeLimitS;
  const curve: CurvePoint[] = [];
  const record = (incumbentUsd: number, boundUsd: number): void => {
    const point = { seconds: elapsedS(), incumbentUsd, boundUsd };
    curve.push(point);
    options.onProgress?.(point);
  };

  let best = known?.plan ?? emptySolution(problem);
  // What does not keep every limit is no plan, however cheap.
  let bestUsd = checkSolution(problem, best).length === 0 ? objectiveUsd(problem, best) : Infinity;
  const startUsd = known?.plan === undefined ? bestUsd : Infinity;
  let reportedS = -1;
  let boundUsd = -Infinity;
  let climbedUsd = -Infinity;
  let state = createPlanState(problem, best);
  let moves: MoveTables | undefined;
  const rank = (modulePrice: Float64Array): MoveTables => {
    if (moves === undefined) moves = moveTables(problem, modulePrice);
    else rankAgain(problem, moves, modulePrice);
    return moves;
  };
  const view = viewBySite(problem);
  const strong = withImpliedLimits(stated);
  const arcCount = problem.arcs.pool.length;
  const { hear, finish } = takePauses(tools, (stage) => {
    const known = { seconds: elapsedS(), incumbentUsd: bestUsd, boundUsd: Math.max(boundUsd, climbedUsd) };
    options.onProgress?.(stage === "" ? known : { ...known, stage });
  });
  const isEnough = (usd: number): boolean =>
    gapOf(usd, boundUsd) <= options.relativeGap || known?.isEnough(usd) === true;
  const proven = (): boolean => isEnough(bestUsd);
  const keep = (candidate: PlanState): void => {
    const solution = candidate.solution();
    const usd = objectiveUsd(problem, solution);
    if (usd >= bestUsd || checkSolution(problem, solution).length > 0) return;
    best = solution;
    bestUsd = usd;
    state = candidate;
    record(bestUsd, Math.max(boundUsd, climbedUsd));
  };
  function* roundSteps(part: PlanProblem, by: Choices, rounding: Rounding): Steps<void> {
    // A first plan is served to its end even when time is up: it is worth far more than the moment that takes.
    const stopsServing = bestUsd < startUsd ? timeUp : cancelled;
    const found = yield* planAroundSteps(part, by, moves!, roundedCounts(part, by, rounding), timeUp, stopsServing);
    // What a case forces open is open in the whole only where something stands.
    keep(part === problem ? found : createPlanState(problem, found.solution()));
  }
  const round = (part: PlanProblem, by: Choices, rounding: Rounding): Promise<void> =>
    finish(roundSteps(part, by, rounding));
  const [firstRounding, ...furtherRoundings] = roundings;
  const stall = problem.arcs.pool.length > largeProblemArcs ? stallRatio : smallStallRatio;
  const from =
    known?.from ??
    (await finish(
      pricesByPeriod(strong, {
        iterations: boundIterations,
        isCancelled: cancelled,
        stop: (share) => cancelled() || elapsedS() > ((1 + share) / 2) * periodsTimeShare * options.timeLimitS,
      }),
    ));
  if (from !== undefined) {
    // A plan as soon as there can be one: it also says how far the bound has to climb.
    boundUsd = from.boundUsd;
    record(bestUsd, boundUsd);
    rank(from.modulePrice);
    await round(problem, from, firstRounding!);
  }
  let evaluations = 0;
  let climbedBeforeUsd = -Infinity;
  /** Whether the bound closed much of the gap to the best plan lately: where it does not, looking for plans promises more. */
  let climbs = true;
  const watch = (): void => {
    if (++evaluations % climbWindow > 0) return;
    climbs = climbedUsd - climbedBeforeUsd >= worthClimbing * (bestUsd - climbedUsd);
    climbedBeforeUsd = climbedUsd;
  };
  let [nextLook, lookedS] = [firstLook, 0];
  function* look(known: KnownChoices): Steps<void> {
    const sinceS = elapsedS();
    rank(known.modulePrice);
    yield* roundSteps(problem, known, firstRounding!);
    lookedS += elapsedS() - sinceS;
    nextLook = laterLook * evaluations;
    yield "";
  }
  const boundEndS = (): number => {
    const share = lookedS > 0 && climbs ? climbingTimeShare : boundTimeShare;
    return Math.min(share * options.timeLimitS + lookedS, climbingTimeShare * options.timeLimitS);
  };
  const steps = boundSteps(strong, view, {
    iterations: boundIterations,
    stallRatio: stall,
    isCancelled: cancelled,
    meanwhile(known) {
      if (from !== undefined || arcCount <= largeProblemArcs) return undefined;
      // Where evaluations take long the first plan is not put off until there are so many.
      const isDue = evaluations >= nextLook || (lookedS === 0 && elapsedS() > latestLook * options.timeLimitS);
      return isDue && elapsedS() * lookTimeShare >= lookedS ? look(known()) : undefined;
    },
    ...(from !== undefined && { from }),
    stop() {
      watch();
      return (
        cancelled() ||
        elapsedS() > boundEndS() ||
        gapOf(bestUsd, climbedUsd) <= surelyProven * options.relativeGap ||
        (from !== undefined && !climbs)
      );
    },
    onBound: (usd) => {
      climbedUsd = usd;
      if (elapsedS() - reportedS < 0.5) return;
      reportedS = elapsedS();
      record(bestUsd, Math.max(usd, boundUsd));
    },
  });
  const found = await finish(steps);
  const boundS = elapsedS();
  await known?.onBound(found, view);
  const whole = wholeCase(strong, view, found);
  let { bound, certificate } = whole;
  boundUsd = certificate.boundUsd;
  record(bestUsd, boundUsd);

  let cases = 1;
  const late = (): boolean => timeUp() || proven() || elapsedS() > latestRounding * options.timeLimitS;
  // Whoever stops early gets a plan all the same.
  const hasPlan = proven() || ((from !== undefined || lookedS > 0) && timeUp());
  if (!hasPlan || !timeUp()) rank(bound.modulePrice);
  if (!hasPlan) await round(problem, bound, firstRounding!);
  let favoured = problem;
  for (const part of dives(problem, whole, bestUsd - boundUsd)) {
    if (late()) break;
    const before = bestUsd;
    await round(part, bound, diveRounding);
    if (bestUsd < before) favoured = part;
  }
  for (const rounding of furtherRoundings) {
    if (late()) break;
    await round(favoured, bound, rounding);
  }
  let message = "";
  const left = (): PathOptions => ({ ...options, timeLimitS: options.timeLimitS - elapsedS() });
  const close = async (timeShare: number, mostArcs: number): Promise<void> => {
    const known = { problem, strong, bound: whole.bound };
    if (timeUp() || proven() || bestUsd === Infinity || !hasCore(known, mostArcs)) return;
    message = await closeOnCore(known, tools, {
      ...options,
      mostArcs,
      timeLimitS: timeShare * (options.timeLimitS - elapsedS()),
      best,
      boundUsd,
      onBound(usd) {
        boundUsd = usd;
        record(bestUsd, boundUsd);
      },
      onPlan: (found) => keep(createPlanState(problem, found)),
    });
  };
  const overYears = problem.sites.place !== undefined;
  if (arcCount <= closeUpToArcs) await close(overYears ? coreTimeShareOverYears : coreTimeShare, smallCoreArcs);
  // A case takes about as long as the whole did, and is worth little without the other.
  if (known === undefined && !timeUp() && !proven() && elapsedS() + 2 * boundS <= latestCase * options.timeLimitS) {
    const told = await tellCasesApart(whole, {
      iterations: boundIterations,
      stallRatio,
      relativeGap: options.relativeGap,
      bestUsd: () => bestUsd,
      stop: () => timeUp() || elapsedS() > latestCase * options.timeLimitS,
      breathe: hear,
      onCase: async (found) => {
        const before = bestUsd;
        const part = withoutFollowing(found.problem);
        for (const rounding of roundings.slice(0, roundingsPerCase)) await round(part, found.bound, rounding);
        // Further plans are looked for at the prices of the case in which the best one is.
        if (bestUsd < before) bound = found.bound;
        record(bestUsd, boundUsd);
      },
    });
    ({ certificate } = told);
    boundUsd = Math.max(boundUsd, certificate.boundUsd);
    cases = told.cases.length;
    rank(bound.modulePrice);
    record(bestUsd, boundUsd);
  }
  state = createPlanState(problem, best);

  // What blocks add to the bound of the whole adds nothing to that of its cases.
  if (!timeUp() && !proven() && cases === 1 && known === undefined) {
    const blocks = await tightenByBlocks(strong, view, bound, state, tools, {
      ...options,
      timeLimitS: blockTimeShare * (options.timeLimitS - elapsedS()),
      onGain: (gainedUsd) => {
        boundUsd += gainedUsd;
        record(bestUsd, boundUsd);
        return proven();
      },
    });
    if (!proven() && !timeUp()) {
      const wanted = roundedCounts(problem, bound, roundings[0]!);
      for (const { pool, count } of blocks) wanted[pool] = count;
      keep(await finish(planAroundSteps(problem, bound, moves!, wanted, timeUp)));
      state = createPlanState(problem, best);
    }
  }
  const search = createSearch(problem, view, bound, moves!);
  let rounds = 0;
  let stateUsd = bestUsd;
  const verify = (): void => {
    const solution = state.solution();
    const usd = objectiveUsd(problem, solution);
    if (usd <= bestUsd && checkSolution(problem, solution).length === 0) {
      best = solution;
      bestUsd = usd;
    } else state = createPlanState(problem, best);
    stateUsd = bestUsd;
  };
  while (!timeUp() && !isEnough(stateUsd)) {
    const regions = search.next(state, atOnce);
    if (regions.length === 0) break;
    const leftS = options.timeLimitS - elapsedS();
    const solved = await Promise.all(
      regions.map((region) => solvePart(region, tools, options, Math.min(region.timeS, leftS))),
    );
    for (const [i, result] of solved.entries()) {
      if (result === null) continue;
      if (result.message !== "") message = result.message;
      const gained = objectiveUsd(regions[i]!.part.problem, regions[i]!.part.start) - result.objectiveUsd;
      const seconds = result.curve.at(-1)?.seconds ?? 0;
      search.learn(regions[i]!.places, gained, bestUsd, seconds, result.status === "timeLimit");
      if (gained <= 1e-9 * bestUsd) continue;
      // Two regions may each have taken what is left of the same limit.
      state.checkpoint();
      applyTo(state, regions[i]!.part, result.solution);
      if (i > 0 && isOverrun(state)) {
        state.rollback();
        continue;
      }
      stateUsd -= gained;
    }
    record(stateUsd, boundUsd);
    if (++rounds % roundsBetweenChecks === 0) verify();
  }
  verify();
  await close(1, largeCoreArcs);
  if (!timeUp() && !proven() && arcCount <= closeUpToArcs) {
    const { onProgress: _replaced, ...quiet } = left();
    const closing = await solveExact(
      stated,
      tools,
      {
        ...quiet,
        onProgress: (point) => record(Math.min(bestUsd, point.incumbentUsd), Math.max(boundUsd, point.boundUsd)),
      },
      best,
    );
    if (closing.message !== "") message = closing.message;
    if (closing.objectiveUsd < bestUsd) {
      best = closing.solution;
      bestUsd = closing.objectiveUsd;
    }
    boundUsd = Math.max(boundUsd, closing.bestBoundUsd);
    record(bestUsd, boundUsd);
  }
  // A plan that leaves out what follows from elsewhere may cost less than any that keeps it.
  if (problem === stated) boundUsd = Math.min(boundUsd, bestUsd);
  const isProven = gapOf(bestUsd, boundUsd) <= options.relativeGap;
  return {
    status: statusOf(isProven, cancelled(), timeUp()),
    solution: best,
    objectiveUsd: bestUsd,
    bestBoundUsd: boundUsd,
    relativeGap: gapOf(bestUsd, boundUsd),
    curve,
    method: "decomposition",
    message,
    certificate,
  };
}

function statusOf(proven: boolean, cancelled: boolean, timeUp: boolean): SearchStatus {
  if (proven) return "optimal";
  if (cancelled) return "cancelled";
  return timeUp ? "timeLimit" : "gapNotReached";
}

/** Whether a limit is exceeded by more than what a solver may do; ties are limits of the state alone and kept by parts. */
function isOverrun({ problem: { limits }, limitUse }: PlanState): boolean {
  return limits.some(({ upper }, l) => limitUse[l]! > upper + limitTolerance * Math.max(1, Math.abs(upper)));
}

async function solvePart(
  { part, gap }: Region,
  tools: PathTools,
  options: PathOptions,
  timeS: number,
): Promise<PathResult | null> {
  if (!(timeS > 0)) return null;
  const { seed, signal } = options;
  return solveExact(
    part.problem,
    tools.apart?.() ?? tools,
    { relativeGap: gap, timeLimitS: timeS, seed, ...(signal === undefined ? {} : { signal }) },
    part.start,
  );
}
