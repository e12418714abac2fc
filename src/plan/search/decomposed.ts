/**
 * The path for large problems: a bound by prices, plans by rounding what the prices choose, and improvement by freeing one
 * neighbourhood after another and solving it exactly. The plan document can carry the prices, so that the bound can be
 * checked without trusting, or even having, a solver.
 */
import { canBranch } from "./branch-on-places.ts";
import { boundIterations, climbBound, stallRatio } from "./climb-bound.ts";
import { closeOnCore, hasCore } from "./close-on-core.ts";
import { solveExact } from "./exact.ts";
import { withImpliedLimits } from "../problem/implied-limits.ts";
import type { LagrangianResult } from "../bound/lagrangian.ts";
import { withoutFollowing } from "../problem/least-modules.ts";
import { KnownPeriods, type PeriodsBound } from "../bound/periods-apart.ts";
import { createPlanState } from "./plan-state.ts";
import type { PlanProblem } from "../problem/problem.ts";
import { roundedCounts } from "./round-plan.ts";
import { caseRoundings, createRounder, firstRounding, roundInTurn, type Rounder } from "./rounding-phase.ts";
import { searchNeighbourhoods } from "./search-neighbourhoods.ts";
import { createSearchState, type KnownPlans, type SearchState } from "./search-state.ts";
import { viewBySite, type SiteView } from "../problem/site-view.ts";
import {
  gapOf,
  type PathOptions,
  type PathResult,
  type PathTools,
  type SearchStatus,
} from "../problem/solution-path.ts";
import { tellCasesApart, undecidedOpenings, wholeCase, type PlanCase } from "./tell-cases-apart.ts";
import { tightenByBlocks } from "./tighten-by-blocks.ts";

/** Cores with more arcs take a solver longer than a search of their parts; with these, and of larger problems, when that has run dry. */
const smallCoreArcs = 16_000;
const largeCoreArcs = 40_000;
/** Share of the time left in which a core may close the gap, before parts are searched. */
const coreTimeShare = 0.6;
/** The same while cases are told apart by prices, which is given up where it proves little. */
const branchedTimeShare = 0.9;
/** The share over several periods, where parts improve a plan quickly. */
const coreTimeShareOverYears = 0.4;
/** Share of the time limit after which no case is told apart any more. */
const latestCase = 0.7;
/** Share of the time left after that in which blocks of neighbouring sites may tighten the bound. */
const blockTimeShare = 0.2;
/** When the search has run dry, problems up to this many arcs go to the solver whole, with the best plan to start from. */
const closeUpToArcs = 150_000;

/** Cases are told apart on the core of problems of up to so many arcs before their parts are searched. */
const branchUpToArcs = 1_500_000;

/** What is known of a problem before it is solved, as of one that is part of a larger. */
export interface KnownBefore extends KnownPlans {
  /** Prices, the choices they lead to, and what they prove of the problem. */
  readonly from: PeriodsBound;
  /** Told of the bound when it is found. */
  readonly onBound: (bound: LagrangianResult, view: SiteView) => Promise<void>;
}

/** @param known Makes the prices of rows and limits all that is proven with: what parts of it prove says nothing of a larger problem. */
export async function solveDecomposed(
  stated: PlanProblem,
  tools: PathTools,
  options: PathOptions,
  known?: KnownBefore,
): Promise<PathResult> {
  const search = createSearchState(stated, tools, options, known);
  const { problem } = search;
  const view = viewBySite(problem);
  const strong = withImpliedLimits(stated);
  const rounder = createRounder(search);

  const periods = new KnownPeriods();
  const climb = await climbBound(search, rounder, strong, view, { periods, from: known?.from });
  const climbedS = search.elapsedS();
  await known?.onBound(climb.bound, view);
  const whole = wholeCase(strong, view, climb.bound);
  // Years by themselves may prove more than prices of all that had no time to climb.
  search.prove(Math.max(search.boundUsd, whole.certificate.boundUsd));
  const isSmall = problem.arcs.pool.length <= closeUpToArcs;
  const overYears = problem.sites.place !== undefined;
  // When places open decides more than how choices are rounded, which takes as long in large problems.
  const mayWait = overYears && !isSmall && known === undefined && climb.hasRounded;
  const casesFirst = mayWait && isUndecided(search, whole);
  if (!casesFirst) await roundInTurn(search, rounder, whole, climb.hasRounded);
  if (isSmall || (problem.arcs.pool.length <= branchUpToArcs && canBranch(strong)))
    await closeGapOnCore(search, whole, overYears ? coreTimeShareOverYears : coreTimeShare, smallCoreArcs);
  let told: Told = { bound: whole.bound, certificate: whole.certificate, cases: 1 };
  if (known === undefined) told = await boundCases(search, rounder, whole, periods, climbedS);
  // There may have been no time for cases, where there is some for roundings.
  if (casesFirst && told.cases === 1) await roundInTurn(search, rounder, whole, climb.hasRounded);
  // What blocks add to the bound of the whole adds nothing to that of its cases.
  if (!search.isDone() && told.cases === 1 && known === undefined) {
    await boundBlocks(search, rounder, whole, told.bound);
  }
  await searchNeighbourhoods(search, view, told.bound, rounder.tables);
  await closeGapOnCore(search, whole, 1, largeCoreArcs, true);
  if (!search.isDone() && isSmall) await closeGapWhole(search, stated);

  // A plan that leaves out what follows from elsewhere may cost less than any that keeps it.
  const bestBoundUsd = problem === stated ? Math.min(search.boundUsd, search.incumbentUsd) : search.boundUsd;
  const relativeGap = gapOf(search.incumbentUsd, bestBoundUsd);
  return {
    status: statusOf(relativeGap <= options.relativeGap, search.isCancelled(), search.isTimeUp()),
    solution: search.incumbent,
    objectiveUsd: search.incumbentUsd,
    bestBoundUsd,
    relativeGap,
    curve: search.curve,
    method: "decomposition",
    message: search.message,
    certificate: told.certificate,
  };
}

function statusOf(proven: boolean, cancelled: boolean, timeUp: boolean): SearchStatus {
  if (proven) return "optimal";
  if (cancelled) return "cancelled";
  return timeUp ? "timeLimit" : "gapNotReached";
}

/** Proves the incumbent, or finds the better plans that are left, on a core of at most so many arcs, where there is one. */
async function closeGapOnCore(
  search: SearchState,
  { problem: strong, bound }: PlanCase,
  timeShare: number,
  mostArcs: number,
  isLast = false,
): Promise<void> {
  const { problem, tools, options } = search;
  const known = { problem, strong, bound };
  if (search.isDone() || search.incumbentUsd === Infinity || !hasCore(known, mostArcs, isLast)) return;
  search.message = await closeOnCore(known, tools, {
    ...options,
    mostArcs,
    timeLimitS: timeShare * search.leftS(),
    branchedTimeLimitS: Math.max(timeShare, branchedTimeShare) * search.leftS(),
    best: search.incumbent,
    boundUsd: search.boundUsd,
    onBound: search.prove,
    onPlan: (found) => search.offer(createPlanState(problem, found)),
  });
}

/** What is known once cases were told apart: what proves the bound, and prices at which further plans are looked for. */
interface Told extends Pick<PlanCase, "bound" | "certificate"> {
  /** The whole problem is one. */
  readonly cases: number;
}

/** Whether an opening matters that prices leave undecided. */
function isUndecided(search: SearchState, whole: PlanCase): boolean {
  return undecidedOpenings(whole, search.incumbentUsd - search.boundUsd).length > 0;
}

/** Bounds the cases of the few openings that matter, each with prices of its own, and rounds in them. */
async function boundCases(
  search: SearchState,
  rounder: Rounder,
  whole: PlanCase,
  periods: KnownPeriods,
  climbedS: number,
): Promise<Told> {
  const { options, problem } = search;
  let { bound } = whole;
  // A case takes about as long as the whole did, and is worth little without the other.
  const overYears = problem.sites.place !== undefined;
  const nextS = (overYears ? 1 : 2) * climbedS;
  const isLate = search.isDone() || search.elapsedS() + nextS > latestCase * options.timeLimitS;
  if (isLate) return { bound, certificate: whole.certificate, cases: 1 };
  const { cases, certificate } = await tellCasesApart(whole, {
    iterations: boundIterations,
    stallRatio,
    relativeGap: options.relativeGap,
    bestUsd: () => search.incumbentUsd,
    stop: () => search.isTimeUp() || search.isBeyond(latestCase),
    finish: search.finish,
    periods,
    onCase: async (found) => {
      const before = search.incumbentUsd;
      const part = withoutFollowing(found.problem);
      for (const rounding of overYears ? [firstRounding] : caseRoundings) {
        if (found.certificate.boundUsd < before) await rounder.round(part, found.bound, rounding);
      }
      // Further plans are looked for at the prices of the case in which the best one is.
      if (search.incumbentUsd < before) bound = found.bound;
      search.record();
    },
  });
  rounder.rank(bound.modulePrice);
  search.prove(Math.max(search.boundUsd, certificate.boundUsd));
  return { bound, certificate, cases: cases.length };
}

/** Raises the bound by blocks of neighbouring sites, and looks for a plan around what they would like to stand. */
async function boundBlocks(
  search: SearchState,
  rounder: Rounder,
  { problem: strong, view }: PlanCase,
  bound: LagrangianResult,
): Promise<void> {
  const { problem, tools, options } = search;
  const blocks = await tightenByBlocks(strong, view, bound, createPlanState(problem, search.incumbent), tools, {
    ...options,
    timeLimitS: blockTimeShare * search.leftS(),
    onGain(gainedUsd) {
      search.prove(search.boundUsd + gainedUsd);
      return search.isProven();
    },
  });
  if (search.isProven() || search.isTimeUp()) return;
  const wanted = roundedCounts(problem, bound, firstRounding);
  for (const { pool, count } of blocks) wanted[pool] = count;
  await rounder.planAround(bound, wanted);
}

/** Gives the whole problem to the solver, with the incumbent to start from. */
async function closeGapWhole(search: SearchState, stated: PlanProblem): Promise<void> {
  const { tools, options } = search;
  const closing = await solveExact(
    stated,
    tools,
    {
      ...options,
      timeLimitS: search.leftS(),
      onProgress(point) {
        search.record(Math.min(search.incumbentUsd, point.incumbentUsd), Math.max(search.boundUsd, point.boundUsd));
      },
    },
    search.incumbent,
  );
  if (closing.message !== "") search.message = closing.message;
  if (closing.objectiveUsd < search.incumbentUsd) search.replaceIncumbent(closing.solution, closing.objectiveUsd);
  search.prove(Math.max(search.boundUsd, closing.bestBoundUsd));
}
