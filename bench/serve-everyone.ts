import { solveProblem } from "../src/plan/index.ts";

type Problem = Parameters<typeof solveProblem>[0];
type Tools = Parameters<typeof solveProblem>[1];
type Options = Parameters<typeof solveProblem>[2];
type Result = Awaited<ReturnType<typeof solveProblem>>;

/** Shares of a customer below this are rounding. */
const noticeable = 1e-7;
/** By how much leaving customers out gets dearer where a plan did, and how often. */
const dearer = 1000;
const mostTurns = 4;

/**
 * A plan that serves every customer whole, as location problems ask. The planner may leave people out at a price, and a price
 * above all plans is not enough: where only a whole further site would do, leaving out the hundredth of one customer costs a
 * hundredth of it. Where that happened the price rises and the search begins again. A bound at any price is a bound.
 */
export async function solveServingEveryone(problem: Problem, tools: Tools, options: Options): Promise<Result> {
  const startMs = tools.nowMs();
  let priced = problem;
  let bestBoundUsd = -Infinity;
  for (let turn = 1; ; turn++) {
    const timeLimitS = options.timeLimitS - (tools.nowMs() - startMs) / 1000;
    const result = await solveProblem(priced, tools, { ...options, timeLimitS: Math.max(1, timeLimitS) });
    bestBoundUsd = Math.max(bestBoundUsd, result.bestBoundUsd);
    if (leftOut(priced, result) <= noticeable) {
      const relativeGap =
        Math.max(0, result.objectiveUsd - bestBoundUsd) / Math.max(Math.abs(result.objectiveUsd), 1e-9);
      return { ...result, bestBoundUsd: Math.min(bestBoundUsd, result.objectiveUsd), relativeGap };
    }
    if (turn === mostTurns || timeLimitS <= 0) {
      const message = "the plan found leaves customers out";
      return { ...result, status: "timeLimit", objectiveUsd: Infinity, bestBoundUsd, relativeGap: Infinity, message };
    }
    const { rows } = priced;
    priced = { ...priced, rows: { ...rows, unservedUsd: rows.unservedUsd.map((usd) => usd * dearer) } };
  }
}

/** The largest share of a customer that nobody serves. */
function leftOut({ rows, arcs }: Problem, { solution }: Result): number {
  let most = 0;
  for (let row = 0; row < rows.count; row++) {
    let served = 0;
    for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) served += solution.share[arc]!;
    most = Math.max(most, 1 - served);
  }
  return most;
}
