import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../../src/adapters/solver-highs/index.ts";
import type { World } from "../../src/catalog/index.ts";
import { planScenario } from "../../src/plan/index.ts";
import { simulate } from "../../src/simulate/index.ts";
import { testArea, testSite, tinyWorld } from "../worlds/tiny-world.ts";

const solver = createHighsSolver();
afterAll(() => solver.close());

/** One site whose port carries 100 answers of 100 kB a second, and half more is asked of it. */
function narrowWorld(portHeadroomRatio?: number): World {
  const base = tinyWorld();
  return tinyWorld({
    sites: [testSite({ id: "only", tier: "core", portGbps: 0.08 })],
    areas: [testArea({ id: "town" })],
    workloads: [
      {
        ...base.workloads[0]!,
        tiers: ["core"],
        responseBytes: 100_000,
        unservedUsdPerRequest: 0.01,
        ttft: { budgetMs: 1_000, attainmentRatio: 0.95 },
      },
    ],
    demand: [{ area: 0, workload: 0, access: 0, peakPerS: [150], meanPerS: [75] }],
    limits: { ...base.limits, ...(portHeadroomRatio !== undefined && { portHeadroomRatio }) },
  });
}

const planOf = (world: World) => planScenario(world, { solver, nowMs: () => 0 }, { relativeGap: 0, compare: false });

/** The planned requests alone, all at their peak. */
async function atPeak(world: World) {
  const { deployment } = await planOf(world);
  const peakPerS = deployment.flows.reduce((sum, flow) => sum + flow.peakPerS, 0);
  const served = { ...world, demand: [{ ...world.demand[0]!, peakPerS: [peakPerS], meanPerS: [peakPerS] }] };
  const options = { durationS: 300, windowS: 60, demand: "peak" as const, seed: 4 };
  return { peakPerS, ttftMs: simulate({ world: served, deployment, options }).workloads[0]!.ttftMs };
}

describe("a plan whose site is limited by its port", () => {
  it("uses the share of the port that it may, all of it where nothing is said", async () => {
    const [all, part] = [await atPeak(narrowWorld()), await atPeak(narrowWorld(0.9))];
    expect(all.peakPerS).toBeCloseTo(100, 3);
    expect(part.peakPerS).toBeCloseTo(90, 3);
    // At its limit a port has a queue that grows for as long as the peak lasts; a tenth below it there are a few answers.
    expect(all.ttftMs.p95!).toBeGreaterThan(2 * part.ttftMs.p95!);
    expect(part.ttftMs.p95!).toBeLessThan(250);
  });
});
