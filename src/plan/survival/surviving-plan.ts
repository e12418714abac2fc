/** Plans that survive, rounded from prices or from a plan that does not: everybody who is served has a place to go to, at every moment. */
import { mend } from "../search/mend-plan.ts";
import { createPlanState } from "../search/plan-state.ts";
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

/**
 * A plan that survives, from one that need not; what it cannot cover is served by what is worth buying for it, or not at all.
 *
 * @param hurries True: what takes long is left to `tryElsewhere`.
 */
export function* surviveFrom(
  problem: PlanProblem,
  refuges: Refuges,
  tables: MoveTables,
  bound: Pick<Choices, "open" | "limitPrice">,
  from: ProblemSolution,
  stop: () => boolean,
  hurries: () => boolean,
): Steps<ReserveBook> {
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
  yield* improve(first, tables, rowOrder, bound.open, stop, hurries);
  if (start.hasTwoSided) mend(start, tables);
  const plan = createPlanState(problem, start.solution());
  const book = new ReserveBook(plan, refuges);
  book.coverAll(rowOrder, []);
  yield* improve(book, tables, rowOrder, bound.open, stop, hurries);
  return book;
}

function* improve(
  book: ReserveBook,
  tables: MoveTables,
  rowOrder: readonly number[],
  liked: Float64Array,
  stop: () => boolean,
  hurries: () => boolean,
): Steps<void> {
  for (let round = 0; round < improvementRounds && !stop(); round++) {
    const before = book.plan.costUsd;
    for (const row of rowOrder) placeSurviving(book, tables, row);
    yield* buyAll(book, tables, rowOrder, liked, stop);
    yield* shrinkSurviving(book, tables, liked, stop);
    if (!hurries()) {
      yield* spreadLoad(book, tables, liked, hurries);
      yield* swapSurviving(book, tables, liked, hurries);
    }
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

/** What takes longer: large places shared out, and others tried instead of those that are open. */
export function* tryElsewhere(
  book: ReserveBook,
  tables: MoveTables,
  bound: Pick<Choices, "open">,
  stop: () => boolean,
): Steps<void> {
  yield "trying other places";
  yield* spreadLoad(book, tables, bound.open, stop);
  yield* swapSurviving(book, tables, bound.open, stop);
}

/** Rebuilds parts of a plan that survives until nothing more is gained. */
export function* rebuildParts(
  book: ReserveBook,
  tables: MoveTables,
  bound: Pick<Choices, "open">,
  seed: number,
  enough: () => boolean,
): Steps<void> {
  yield "rebuilding parts of the plan";
  yield* rebuildSurviving(book, tables, bound.open, randomFrom(seed), enough);
}

/** Numbers from 0 to 1 that depend on the seed alone (a multiplicative congruential generator, Park and Miller 1988). */
function randomFrom(seed: number): () => number {
  let at = (Math.floor(Math.abs(seed)) % 2147483646) + 1;
  return () => {
    at = (at * 48271) % 2147483647;
    return at / 2147483647;
  };
}
