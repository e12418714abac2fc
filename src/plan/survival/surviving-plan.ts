/** Plans that survive, rounded from prices or from a plan that does not: everybody who is served has a place to go to, at every moment. */
import { mend } from "../search/mend-plan.ts";
import { createPlanState, type PlanState } from "../search/plan-state.ts";
import type { PlanProblem, ProblemSolution } from "../problem/problem.ts";
import type { Refuges } from "./refuges.ts";
import { ReserveBook } from "./reserve-book.ts";
import { withLimitPrices, type Choices } from "../search/round-plan.ts";
import type { MoveTables } from "../search/row-moves.ts";
import { spreadLoad } from "./spread-load.ts";
import type { Steps } from "../problem/steps.ts";
import { buySurviving, placeSurviving } from "./buy-surviving.ts";
import { rebuildSurviving } from "./rebuild-surviving.ts";
import { shrinkSurviving, swapSurviving } from "./shrink-surviving.ts";

const rowsPerStep = 64;
const improvementRounds = 8;
/** Share of what the plan is worth that a round must gain for another to follow. */
const worthAnother = 1e-5;

/** A plan that survives, from one that need not; what it cannot cover is served by what is worth buying for it, or not at all. */
export function* surviveFrom(
  problem: PlanProblem,
  refuges: Refuges,
  tables: MoveTables,
  bound: Pick<Choices, "open" | "limitPrice">,
  from: ProblemSolution,
  stop: () => boolean,
): Steps<PlanState> {
  const worth = problem.rows.unservedUsd;
  const rowOrder = Array.from({ length: problem.rows.count }, (_, row) => row).sort(
    (a, b) => worth[b]! - worth[a]! || a - b,
  );
  const start = createPlanState(withLimitPrices(problem, bound), from);
  start.lenient = true;
  const first = new ReserveBook(start, refuges);
  yield "adding reserves";
  first.coverAll(rowOrder, []);
  for (const [i, row] of rowOrder.entries()) {
    placeSurviving(first, tables, row);
    if (i % rowsPerStep === 0) yield;
  }
  yield* improve(first, tables, rowOrder, bound.open, stop);
  if (start.hasTwoSided) mend(start, tables);
  const plan = createPlanState(problem, start.solution());
  const book = new ReserveBook(plan, refuges);
  book.coverAll(rowOrder, []);
  yield* improve(book, tables, rowOrder, bound.open, stop);
  return plan;
}

function* improve(
  book: ReserveBook,
  tables: MoveTables,
  rowOrder: readonly number[],
  liked: Float64Array,
  stop: () => boolean,
): Steps<void> {
  for (let round = 0; round < improvementRounds && !stop(); round++) {
    const before = book.plan.costUsd;
    for (const row of rowOrder) placeSurviving(book, tables, row);
    yield* buyAll(book, tables, rowOrder, liked, stop);
    yield* shrinkSurviving(book, tables, liked, stop);
    yield* spreadLoad(book, tables, liked, stop);
    yield* swapSurviving(book, tables, liked, stop);
    if (before - book.plan.costUsd <= worthAnother * Math.abs(before)) return;
  }
}

function* buyAll(
  book: ReserveBook,
  tables: MoveTables,
  rowOrder: readonly number[],
  liked: Float64Array,
  stop: () => boolean,
): Steps<void> {
  for (const [i, row] of rowOrder.entries()) {
    buySurviving(book, tables, row, liked);
    if (i % rowsPerStep > 0) continue;
    yield;
    if (stop()) return;
  }
}

/** Rebuilds parts of a plan that survives until nothing more is gained; `enough` is told what it costs. */
export function* rebuildParts(
  problem: PlanProblem,
  refuges: Refuges,
  tables: MoveTables,
  bound: Pick<Choices, "open">,
  from: ProblemSolution,
  fromUsd: number,
  seed: number,
  enough: (usd: number) => boolean,
): Steps<PlanState> {
  yield "rebuilding parts of the plan";
  const plan = createPlanState(problem, from);
  const book = new ReserveBook(plan, refuges);
  book.coverAll(
    Array.from({ length: problem.rows.count }, (_, row) => row),
    [],
  );
  yield* rebuildSurviving(book, tables, bound.open, randomFrom(seed), () => enough(fromUsd + plan.costUsd));
  return plan;
}

/** Numbers from 0 to 1 that depend on the seed alone (a multiplicative congruential generator, Park and Miller 1988). */
function randomFrom(seed: number): () => number {
  let at = (Math.floor(Math.abs(seed)) % 2147483646) + 1;
  return () => {
    at = (at * 48271) % 2147483647;
    return at / 2147483647;
  };
}
