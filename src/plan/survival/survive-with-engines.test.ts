import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../../adapters/solver-highs/index.ts";
import { smallModel, smallModule, testSite, testWorkload, tinyWorld } from "../../../test/worlds/tiny-world.ts";
import { withEngines } from "../engine/slots-of-world.ts";
import type { Solver } from "../problem/solver.ts";
import { failoverTable, failuresOf } from "../world/resilience.ts";
import { spotAt } from "../problem/spots.ts";
import { worldProblem } from "../world/world-problem.ts";
import { surviveWithEngines } from "./survive-with-engines.ts";

const solver = createHighsSolver({ threads: 1 });
afterAll(() => solver.close());

/** Two models that do not fit the same box, four places, any of which may be lost. */
function crowded() {
  const base = tinyWorld();
  const places = [0, 1, 2, 3].map((at) =>
    testSite({ id: `s${at}`, tier: "regional", openingCapexUsd: 1_000 * (1 + at) }),
  );
  const ofModel = (model: number) =>
    testWorkload({
      id: `w${model}`,
      model,
      weightPrecision: "bf16",
      dataClass: "public",
      ttft: { budgetMs: 900, attainmentRatio: 0.9 },
      unservedUsdPerRequest: 1,
    });
  return {
    ...base,
    models: [0, 1].map((at) => ({ ...smallModel, id: `m${at}`, totalParameters: 8e9, activeParameters: 8e9 })),
    workloads: [ofModel(0), ofModel(1)],
    modules: [smallModule],
    sites: places,
    demand: base.areas.flatMap((_, area) =>
      [0, 1].map((workload) => ({ area, workload, access: 0, peakPerS: [0.3], meanPerS: [0.1] })),
    ),
    limits: { ...base.limits, resilience: "site" as const },
  };
}

describe("a plan that survives with engines for what failures bring", () => {
  it("sends nobody where nothing stands, though the solver takes parts of modules and of requests for rounding", async () => {
    const world = crowded();
    const planned = worldProblem(world, 0);
    const stages = [{ planned, arc: 0, pool: 0 }];
    const problem = withEngines(planned.problem, stages);
    expect(problem.engines).toBeDefined();
    const rounding: Solver = {
      ...solver,
      async solve(model, options) {
        const result = await solver.solve(model, options);
        return { ...result, solution: result.solution && result.solution.map((x) => (x === 0 ? 5e-7 : x)) };
      },
    };
    const tools = { solver: rounding, nowMs: () => 0 };
    const path = { relativeGap: 1e-4, timeLimitS: 20, seed: 1 };
    const found = await surviveWithEngines(problem, stages, [failoverTable(planned)], failuresOf(world), tools, path);
    const standing = new Set(
      [...found!.solution.modules.keys()]
        .filter((pool) => found!.solution.modules[pool]! > 0)
        .map((pool) => spotAt(world, planned.problem.pools.site[pool]!, planned.poolModule[pool]!)),
    );
    expect(found!.moves.length).toBeGreaterThan(0);
    expect(standing.size).toBeLessThan(world.sites.length);
    for (const { spot } of found!.moves) expect(standing).toContain(spot);
  });
});
