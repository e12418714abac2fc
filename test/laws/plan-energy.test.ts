import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../../src/adapters/solver-highs/index.ts";
import type { World } from "../../src/catalog/index.ts";
import { planScenario } from "../../src/plan/index.ts";
import { simulate } from "../../src/simulate/index.ts";
import { testArea, testSite, testWorkload, tinyWorld } from "../worlds/tiny-world.ts";
import { runs } from "./runs.ts";

const solver = createHighsSolver();
afterAll(() => solver.close());

/** One place with demand that is the same all day. */
function worldOf(perS: number, outputTokens: number): World {
  return tinyWorld({
    areas: [testArea({ id: "town" })],
    sites: [testSite({ id: "site", tier: "regional", powerLimitKw: [5000] })],
    workloads: [
      testWorkload({
        id: "chat",
        outputTokens: { mean: outputTokens, cv: 0.5 },
        ttft: { budgetMs: 2000, attainmentRatio: 0.9 },
        unservedUsdPerRequest: 100,
      }),
    ],
    demand: [{ area: 0, workload: 0, access: 0, peakPerS: [perS], meanPerS: [perS] }],
  });
}

describe("energy above idling", () => {
  it("is in a simulation what the plan takes requests for, from lonely requests to modules that are full", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: -1, max: 2.3, noNaN: true }),
        fc.constantFrom(8, 60, 300),
        async (power, tokens) => {
          const world = worldOf(10 ** power, tokens);
          const { deployment } = await planScenario(
            world,
            { solver, nowMs: () => 0 },
            { relativeGap: 0, timeLimitS: 20, compare: false },
          );
          const durationS = Math.min(3000, Math.max(60, 1500 / 10 ** power));
          const { agreement, pools } = simulate({ world, deployment, options: { seed: 3, durationS, demand: "mean" } });
          const { serving, plannedServing } = agreement;
          expect(plannedServing.kwh).toBeGreaterThan(0);
          expect(Math.abs(serving.kwh / plannedServing.kwh - 1)).toBeLessThan(0.2);
          for (const { drawRatio, utilization, powerKw, modules, module } of pools) {
            const { idlePowerKw, powerKw: fullKw } = world.modules.find(({ id }) => id === module)!;
            const { pue } = world.sites[0]!;
            expect(drawRatio).toBeLessThanOrEqual(utilization);
            expect(powerKw).toBeGreaterThanOrEqual(modules * idlePowerKw * pue * (1 - 1e-9));
            expect(powerKw).toBeLessThanOrEqual(modules * fullKw * pue * (1 + 1e-9));
          }
        },
      ),
      {
        numRuns: runs(24),
        examples: [
          [-1, 60],
          [2.3, 60],
          [1, 300],
        ],
      },
    );
  });
});
