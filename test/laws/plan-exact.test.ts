import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../../src/adapters/solver-highs/index.ts";
import { solveExact } from "../../src/plan/search/exact.ts";
import { formulate } from "../../src/plan/problem/formulate.ts";
import { checkSolution, objectiveUsd, usefulModules, type PlanProblem } from "../../src/plan/problem/problem.ts";
import { emptySolution } from "../../src/plan/problem/solution-path.ts";
import { tinyProblem } from "../worlds/tiny-problem.ts";
import { runs } from "./runs.ts";

const solver = createHighsSolver();
afterAll(() => solver.close());

/**
 * The optimum by enumeration: every set of open sites and every count of modules, each completed by the best flow, which
 * is a linear programme without any of the tightening the paths under test use.
 */
async function enumerate(problem: PlanProblem): Promise<number> {
  const most = usefulModules(problem);
  let best = Infinity;
  const { model, openCol, moduleCol } = formulate(problem, new Set());
  model.colInteger.fill(0);
  const counts = Array.from({ length: problem.pools.count }, () => 0);
  const finish = async (): Promise<void> => {
    const open = new Uint8Array(problem.sites.forced);
    for (const [pool, count] of counts.entries()) if (count > 0) open[problem.pools.site[pool]!] = 1;
    for (const [pool, count] of counts.entries()) {
      model.colLower[moduleCol[pool]!] = count;
      model.colUpper[moduleCol[pool]!] = count;
    }
    for (const [site, col] of openCol.entries()) if (col >= 0) model.colLower[col] = model.colUpper[col] = open[site]!;
    const result = await solver.solve(model, { timeLimitS: 10, relativeGap: 0, seed: 1 });
    if (result.status === "optimal") best = Math.min(best, result.objective);
  };
  const visit = async (pool: number): Promise<void> => {
    if (pool === counts.length) return finish();
    for (let count = problem.pools.minCount[pool]!; count <= most[pool]!; count++) {
      counts[pool] = count;
      await visit(pool + 1);
    }
  };
  await visit(0);
  return best;
}

describe("the exact path", () => {
  it("finds the optimum of every tiny problem, and proves it", async () => {
    await fc.assert(
      fc.asyncProperty(tinyProblem, async (problem) => {
        fc.pre(checkSolution(problem, emptySolution(problem)).length === 0);
        const result = await solveExact(
          problem,
          { solver, nowMs: () => 0 },
          { relativeGap: 0, timeLimitS: 30, seed: 1 },
        );
        expect(checkSolution(problem, result.solution)).toEqual([]);
        expect(objectiveUsd(problem, result.solution)).toBeCloseTo(result.objectiveUsd, 9);
        expect(result.objectiveUsd).toBeCloseTo(await enumerate(problem), 5);
        expect(result.bestBoundUsd).toBeCloseTo(result.objectiveUsd, 5);
        expect(result.status).toBe("optimal");
      }),
      { numRuns: runs(40) },
    );
  });

  it("answers with the empty plan when there is no time at all", async () => {
    await fc.assert(
      fc.asyncProperty(tinyProblem, async (problem) => {
        fc.pre(checkSolution(problem, emptySolution(problem)).length === 0);
        const stopped = { relativeGap: 0, timeLimitS: 30, seed: 1, signal: AbortSignal.abort() };
        const result = await solveExact(problem, { solver, nowMs: () => 0 }, stopped);
        expect(checkSolution(problem, result.solution)).toEqual([]);
        expect(result.bestBoundUsd).toBeLessThanOrEqual(result.objectiveUsd);
      }),
      { numRuns: runs(5) },
    );
  });
});
