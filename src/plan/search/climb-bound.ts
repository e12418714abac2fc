/**
 * The first phase of a large problem: prices climb towards the best bound, and give way to looks for a plan while they are rough.
 * How far a plan is from the bound also says whether climbing on is worth the time.
 */
import { boundSteps, type KnownChoices, type LagrangianResult } from "../bound/lagrangian.ts";
import { pricesByPeriod, type KnownPeriods, type PeriodsBound } from "../bound/periods-apart.ts";
import type { PlanProblem } from "../problem/problem.ts";
import { firstRounding, type Rounder } from "./rounding-phase.ts";
import type { SearchState } from "./search-state.ts";
import type { SiteView } from "../problem/site-view.ts";
import { gapOf } from "../problem/solution-path.ts";
import type { Steps } from "../problem/steps.ts";

/** Evaluations of the bound; it is stopped earlier when its step has become too small to matter. */
export const boundIterations = 3000;
/** The bound ends when it grows by less than this share in a while: in large problems the search then gains more. */
export const stallRatio = 5e-5;
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
/** Between two points of the curve while the bound climbs, s. */
const pointEveryS = 0.5;

export interface Climb {
  readonly bound: LagrangianResult;
  /** Whether a plan was rounded on the way. */
  readonly hasRounded: boolean;
}

/**
 * @param strong The problem with its implied limits.
 * @param known What is known of single periods, which is added to, and prices to begin with: those of every period by itself when left
 * out, if there are several.
 */
export async function climbBound(
  search: SearchState,
  rounder: Rounder,
  strong: PlanProblem,
  view: SiteView,
  { periods, from: given }: { readonly periods: KnownPeriods; readonly from?: PeriodsBound | undefined },
): Promise<Climb> {
  const { problem, options, elapsedS } = search;
  const from = given ?? (await pricesOfPeriods(search, strong, periods));
  if (from !== undefined) {
    // A plan as soon as there can be one: it also says how far the bound has to climb.
    search.prove(from.boundUsd);
    rounder.rank(from.modulePrice);
    await rounder.round(problem, from, firstRounding);
  }
  const isLarge = problem.arcs.pool.length > largeProblemArcs;
  let evaluations = 0;
  let climbedBeforeUsd = -Infinity;
  /** Whether the bound closed much of the gap to the best plan lately: where it does not, looking for plans promises more. */
  let climbs = true;
  const watch = (): void => {
    if (++evaluations % climbWindow > 0) return;
    climbs = search.climbedUsd - climbedBeforeUsd >= worthClimbing * (search.incumbentUsd - search.climbedUsd);
    climbedBeforeUsd = search.climbedUsd;
  };
  let [nextLook, lookedS] = [firstLook, 0];
  function* look(known: KnownChoices): Steps<void> {
    const sinceS = elapsedS();
    rounder.rank(known.modulePrice);
    yield* rounder.roundSteps(problem, known, firstRounding);
    lookedS += elapsedS() - sinceS;
    nextLook = laterLook * evaluations;
    yield "";
  }
  const endS = (): number => {
    const share = lookedS > 0 && climbs ? climbingTimeShare : boundTimeShare;
    return Math.min(share * options.timeLimitS + lookedS, climbingTimeShare * options.timeLimitS);
  };
  let reportedS = -1;
  const steps = boundSteps(strong, view, {
    iterations: boundIterations,
    stallRatio: isLarge ? stallRatio : smallStallRatio,
    isCancelled: search.isCancelled,
    meanwhile(known) {
      if (from !== undefined || !isLarge) return undefined;
      // Where evaluations take long the first plan is not put off until there are so many.
      const isDue = evaluations >= nextLook || (lookedS === 0 && search.isBeyond(latestLook));
      return isDue && elapsedS() * lookTimeShare >= lookedS ? look(known()) : undefined;
    },
    ...(from !== undefined && { from }),
    stop() {
      watch();
      return (
        search.isCancelled() ||
        elapsedS() > endS() ||
        gapOf(search.incumbentUsd, search.climbedUsd) <= surelyProven * options.relativeGap ||
        (from !== undefined && !climbs)
      );
    },
    onBound(usd) {
      search.climbedUsd = usd;
      if (elapsedS() - reportedS < pointEveryS) return;
      reportedS = elapsedS();
      search.record(search.incumbentUsd, Math.max(usd, search.boundUsd));
    },
  });
  const bound = await search.finish(steps);
  return { bound, hasRounded: from !== undefined || lookedS > 0 };
}

/** Undefined where there is one period. */
function pricesOfPeriods(
  search: SearchState,
  strong: PlanProblem,
  periods: KnownPeriods,
): Promise<PeriodsBound | undefined> {
  const { finish, isCancelled, isBeyond } = search;
  return finish(
    pricesByPeriod(strong, {
      iterations: boundIterations,
      isCancelled,
      periods,
      stop: (share) => isCancelled() || isBeyond(((1 + share) / 2) * periodsTimeShare),
    }),
  );
}
