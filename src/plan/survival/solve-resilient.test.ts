import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../../adapters/solver-highs/index.ts";
import { testArea, testSite, testWorkload, tinyWorld } from "../../../test/worlds/tiny-world.ts";
import { checkSolution } from "../problem/problem.ts";
import type { Solver } from "../problem/solver.ts";
import { worldProblem } from "../world/world-problem.ts";
import { solveResilient } from "./solve-resilient.ts";

const solver = createHighsSolver({ threads: 1 });
afterAll(() => solver.close());

/** Users who may be served at any of thirty places. */
function wide() {
  const sites = Array.from({ length: 30 }, (_, i) => testSite({ id: `s${i}`, tier: "edge", longitude: 8 + i / 100 }));
  const areas = Array.from({ length: 420 }, (_, i) => testArea({ id: `a${i}`, longitude: 8 + i / 1000 }));
  const workloads = [testWorkload({ id: "chat", ttft: { budgetMs: 400, attainmentRatio: 0.9 } })];
  const demand = areas.map((_, area) => ({ area, workload: 0, access: 0, peakPerS: [0.5], meanPerS: [0.2] }));
  const base = tinyWorld();
  return { ...base, sites, areas, workloads, demand, limits: { ...base.limits, resilience: "site" as const } };
}

describe("a plan that survives", () => {
  it("asks the solver for nothing that would have to be done in less than no time", async () => {
    const planned = worldProblem(wide(), 0);
    expect(planned.problem.arcs.pool.length).toBeGreaterThan(12_000);
    const limitsS: number[] = [];
    const noting: Solver = {
      ...solver,
      solve(model, options) {
        limitsS.push(options.timeLimitS);
        return solver.solve(model, options);
      },
    };
    let now = 0;
    // Every look at the clock takes a tenth of a second, so that the first plan alone takes more time than there is.
    const tools = { solver: noting, nowMs: () => (now += 100) };
    const path = { relativeGap: 1e-4, timeLimitS: 2, seed: 1 };
    const { result } = await solveResilient(planned.problem, [{ planned, arc: 0, pool: 0 }], tools, path);
    expect(checkSolution(planned.problem, result.solution)).toEqual([]);
    for (const limitS of limitsS) expect(limitS).toBeGreaterThan(0);
  });
});
