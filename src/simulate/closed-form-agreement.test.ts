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
    for (const { tpot, ttftMean, e2eMean, ttftP99, e2eP99, noClaim } of cases) {
      for (const { relativeDifference } of [tpot, ttftMean, e2eMean]) {
        expect(Math.abs(relativeDifference)).toBeLessThan(0.03);
      }
      if (noClaim !== null) continue;
      for (const { relativeDifference } of [ttftP99!, e2eP99!]) expect(Math.abs(relativeDifference)).toBeLessThan(0.1);
    }
    expect(cases.map(({ noClaim }) => noClaim === null)).toEqual([true, false, true, false]);
  });

  it("claims nothing where an engine is loaded, and says why", () => {
    const loaded = agreement(1, 13, 2000);
    expect(loaded.utilization).toBeGreaterThan(0.35);
    expect(loaded.noClaim).toContain("more than 35 %");
  });

  it("is asked about the requests that came, where the policy sends long prompts to the quicker engine", () => {
    const { workloads } = tinyWorld();
    const chat = {
      ...workloads[0]!,
      inputTokens: { mean: 1500, cv: 1.2 },
      ttft: { budgetMs: 400, attainmentRatio: 0.9 },
    };
    const world = tinyWorld({
      areas: [testArea({ id: "area" })],
      sites: [testSite({ id: "site", tier: "regional" })],
      workloads: [chat, workloads[1]!],
      demand: [{ area: 0, workload: 0, access: 0, peakPerS: [30], meanPerS: [30] }],
    });
    const pool = (module: number) => ({
      id: `pool-${module}`,
      site: 0,
      module,
      count: 1,
      trainingCount: 0,
      capacityUsdPerModuleS: module * 0.001,
      groups: [{ workloads: [0], tensorParallel: 1, replicas: 1, speedRatio: 1, plannedPerS: 15 }],
    });
    const { closedForms } = simulate({
      world,
      deployment: { period: 0, flows: [], pools: [pool(0), pool(1)] },
      options: { durationS: 1000, windowS: 1000 },
    });
    expect(closedForms).toHaveLength(2);
    for (const { tpot, e2eMean } of closedForms) {
      expect(Math.abs(tpot.relativeDifference)).toBeLessThan(0.1);
      expect(Math.abs(e2eMean.relativeDifference)).toBeLessThan(0.1);
    }
  });
});
