import { describe, expect, it } from "vitest";
import { testArea, testSite, tinyWorld } from "../../test/worlds/tiny-world.ts";
import type { Deployment } from "../route/index.ts";
import { simulate } from "./simulate.ts";

/** One engine for one workload at a steady rate, with a budget no queue exhausts. */
function agreement(workload: number, requestsPerS: number, durationS: number) {
  const { workloads } = tinyWorld();
  const world = tinyWorld({
    areas: [testArea({ id: "area" })],
    sites: [testSite({ id: "site", tier: "regional" })],
    workloads: workloads.map((entry) => ({ ...entry, ttft: { budgetMs: 20_000, attainmentRatio: 0.9 } })),
    demand: [{ area: 0, workload, access: 0, peakPerS: [requestsPerS], meanPerS: [requestsPerS] }],
  });
  const deployment: Deployment = {
    period: 0,
    flows: [],
    pools: [
      {
        id: "pool",
        site: 0,
        module: workload,
        count: 1,
        trainingCount: 0,
        capacityUsdPerModuleS: 0,
        groups: [
          {
            workloads: [workload],
            tensorParallel: workload + 1,
            replicas: 1,
            speedRatio: 1,
            plannedPerS: requestsPerS,
          },
        ],
      },
    ],
  };
  const { closedForms } = simulate({ world, deployment, options: { durationS, windowS: durationS } });
  return closedForms[0]!;
}

describe("the plan's engine model and the simulated engine (invariant 8)", () => {
  it("agree on means within 3 % for short requests and long ones, quiet and at a third of what the engine can carry", () => {
    // Tens of thousands of requests each: chance then moves a mean by less than 1 %.
    const cases = [agreement(0, 10, 4000), agreement(0, 100, 400), agreement(1, 1, 40_000), agreement(1, 5, 8000)];
    for (const { tpot, ttftMean, e2eMean } of cases) {
      for (const { relativeDifference } of [tpot, ttftMean, e2eMean]) {
        expect(Math.abs(relativeDifference)).toBeLessThan(0.03);
      }
    }
  });
});
