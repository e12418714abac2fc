import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../../src/adapters/solver-highs/index.ts";
import { formulate } from "../../src/plan/problem/formulate.ts";
import { continueModel } from "../../src/plan/problem/mip-builder.ts";
import { checkSolution, type PlanProblem } from "../../src/plan/problem/problem.ts";
import { emptySolution } from "../../src/plan/problem/solution-path.ts";
import { weighWishes, type ServiceWish } from "../../src/plan/compare/weigh-wishes.ts";
import { tinyProblem } from "../worlds/tiny-problem.ts";

const solver = createHighsSolver({ threads: 1 });
afterAll(() => solver.close());
const tools = { solver, nowMs: () => 0 };
const options = { relativeGap: 1e-6, timeLimitS: 30, seed: 1 };

/** The least cost of serving as wished, by one model with the wish as a row; Infinity when it cannot be had. */
async function leastCost(problem: PlanProblem, { ratio, parts }: ServiceWish): Promise<number> {
  const free = { ...problem, rows: { ...problem.rows, unservedUsd: new Float64Array(problem.rows.count) } };
  const formulation = formulate(free, "all");
  const builder = continueModel(formulation.model);
  builder.addRow(ratio, Infinity);
  for (const { row, part } of parts) {
    for (let arc = problem.arcs.starts[row]!; arc < problem.arcs.starts[row + 1]!; arc++) {
      builder.addEntry(formulation.firstArcCol + arc, part);
    }
  }
  const result = await solver.solve(builder.build(), { timeLimitS: 10, relativeGap: 0, seed: 1 });
  return result.status === "optimal" ? result.objective : Infinity;
}

describe("wishes weighed by prices", () => {
  it("lie between what is proven and what is found, and are never told wrong", async () => {
    let told = 0;
    await fc.assert(
      fc.asyncProperty(
        tinyProblem,
        fc.constantFrom(0.3, 0.6, 0.9),
        fc.constantFrom(0.7, 0.98, 1.02, 1.5),
        async (problem, ratio, size) => {
          fc.pre(problem.rows.count > 0 && checkSolution(problem, emptySolution(problem)).length === 0);
          const parts = Array.from({ length: problem.rows.count }, (_, row) => ({ row, part: 1 / problem.rows.count }));
          const wish = { ratio, parts };
          const least = await leastCost(problem, wish);
          const costUsd = (Number.isFinite(least) ? least : 1e6) * size;
          const { possible, atLeastUsd, foundUsd } = await weighWishes(problem, [wish], costUsd, tools, options);
          const slack = 1e-4 * Math.max(1, Math.abs(Number.isFinite(least) ? least : 0));
          expect(atLeastUsd).toBeLessThanOrEqual(least + slack);
          expect(foundUsd).toBeGreaterThanOrEqual(least - slack);
          if (possible !== null) {
            told++;
            expect(possible).toBe(least <= costUsd);
          }
        },
      ),
      { numRuns: 20 },
    );
    // Telling nothing would never be wrong.
    expect(told).toBeGreaterThan(5);
  });
});
