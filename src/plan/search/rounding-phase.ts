/** Plans rounded from what prices choose, for whichever phase has new prices, and the phase that tries one rounding after another. */
import { createPlanState } from "./plan-state.ts";
import type { PlanProblem } from "../problem/problem.ts";
import { planAroundSteps, roundedCounts, type Choices, type Rounding } from "./round-plan.ts";
import { moveTables, rankAgain, type MoveTables } from "./row-moves.ts";
import type { SearchState } from "./search-state.ts";
import type { Steps } from "../problem/steps.ts";
import { dives, type PlanCase } from "./tell-cases-apart.ts";

/** The way of rounding that new prices are tried with, and further ones, tried in turn. */
export const firstRounding: Rounding = { by: "modules", threshold: 0.5 };
const furtherRoundings: readonly Rounding[] = [
  { by: "sites", threshold: 0.5 },
  { by: "modules", threshold: 0.2 },
  { by: "sites", threshold: 0.25 },
  { by: "modules", threshold: 0.05 },
];
/** Those tried per case. */
export const caseRoundings: readonly Rounding[] = [firstRounding, furtherRoundings[0]!];
/** How an opening that was decided is rounded around. */
const diveRounding: Rounding = { by: "sites", threshold: 0.25 };
/** Share of the time limit after which no further rounding is tried. */
const latestRounding = 0.6;

export interface Rounder {
  /** Arcs and pools in the order of the prices last ranked by; there are none before. */
  readonly tables: MoveTables;
  rank(modulePrice: Float64Array): void;
  /** Rounds the choices in a part of the problem, and offers the plan. */
  round(part: PlanProblem, by: Choices, rounding: Rounding): Promise<void>;
  /** The same, in steps. */
  roundSteps(part: PlanProblem, by: Choices, rounding: Rounding): Steps<void>;
  /** Offers a plan of the whole around these counts of modules. */
  planAround(by: Choices, wanted: Float64Array): Promise<void>;
}

export function createRounder(search: SearchState): Rounder {
  const { problem, isTimeUp, isCancelled } = search;
  let tables: MoveTables | undefined;
  function* roundSteps(part: PlanProblem, by: Choices, rounding: Rounding): Steps<void> {
    // A first plan is served to its end even when time is up: it is worth far more than the moment that takes.
    const stopsServing = search.hasPlan() ? isTimeUp : isCancelled;
    const found = yield* planAroundSteps(part, by, tables!, roundedCounts(part, by, rounding), isTimeUp, stopsServing);
    // What a case forces open is open in the whole only where something stands.
    search.offer(part === problem ? found : createPlanState(problem, found.solution()));
  }
  return {
    get tables() {
      return tables!;
    },
    rank(modulePrice) {
      if (tables === undefined) tables = moveTables(problem, modulePrice);
      else rankAgain(problem, tables, modulePrice);
    },
    round: (part, by, rounding) => search.finish(roundSteps(part, by, rounding)),
    roundSteps,
    async planAround(by, wanted) {
      search.offer(await search.finish(planAroundSteps(problem, by, tables!, wanted, isTimeUp)));
    },
  };
}

/**
 * Rounds what the bound of the whole chooses: as it is, around each dear opening it leaves undecided, and in further ways.
 *
 * @param hasRounded Whether the climb has rounded already: then there is a plan for whoever stops early.
 */
export async function roundInTurn(
  search: SearchState,
  rounder: Rounder,
  whole: PlanCase,
  hasRounded: boolean,
): Promise<void> {
  const { problem } = search;
  const { bound } = whole;
  const isLate = (): boolean => search.isDone() || search.isBeyond(latestRounding);
  // Whoever stops early gets a plan all the same.
  const hasPlan = search.isProven() || (hasRounded && search.isTimeUp());
  if (!hasPlan || !search.isTimeUp()) rounder.rank(bound.modulePrice);
  if (!hasPlan) await rounder.round(problem, bound, firstRounding);
  let favoured = problem;
  for (const part of dives(problem, whole, search.incumbentUsd - search.boundUsd)) {
    if (isLate()) break;
    const before = search.incumbentUsd;
    await rounder.round(part, bound, diveRounding);
    if (search.incumbentUsd < before) favoured = part;
  }
  for (const rounding of furtherRoundings) {
    if (isLate()) break;
    await rounder.round(favoured, bound, rounding);
  }
}
