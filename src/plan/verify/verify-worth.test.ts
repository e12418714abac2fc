import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../../adapters/solver-highs/index.ts";
import { tinyWorld } from "../../../test/worlds/tiny-world.ts";
import type { World } from "../../catalog/index.ts";
import type { PlanDocument } from "../document/plan-document.ts";
import { planScenario } from "../document/plan-scenario.ts";
import { verifyPlan } from "./verify-plan.ts";

const solver = createHighsSolver({ threads: 1 });
afterAll(() => solver.close());
const planned = async (world: World): Promise<PlanDocument> => {
  const document = await planScenario(world, { solver, nowMs: () => 0 }, { relativeGap: 0, timeLimitS: 30 });
  return JSON.parse(JSON.stringify(document)) as PlanDocument;
};

/** The document with all its pools worth this many times what it says, or this much where it says nothing, USD per second. */
function worth(document: PlanDocument, times: number, elseUsd = 0): PlanDocument {
  const pools = document.deployment.pools.map((pool) => ({
    ...pool,
    capacityUsdPerModuleS: pool.capacityUsdPerModuleS * times || elseUsd,
  }));
  return { ...document, deployment: { ...document.deployment, pools } };
}

describe("what pools are worth a second, verified", () => {
  it("proves that nobody is served for less where modules are to spare, and prices made up do not", async () => {
    const document = await planned(tinyWorld());
    expect(verifyPlan(document).servingGap).toBeLessThan(1e-9);
    expect(document.deployment.pools.every((pool) => pool.capacityUsdPerModuleS === 0)).toBe(true);
    expect(verifyPlan(worth(document, 1, 0.01)).servingGap).toBeGreaterThan(1e-3);
  });

  it("proves it where fewer modules can be had than demand asks for, and half or twice of it proves less", async () => {
    const world = tinyWorld();
    const scarce: World = {
      ...world,
      demand: world.demand.map((row) => ({
        ...row,
        peakPerS: row.peakPerS.map((perS) => 1000 * perS),
        meanPerS: row.meanPerS.map((perS) => 1000 * perS),
      })),
      modules: world.modules.map((module) => ({ ...module, supplyPerPeriod: [2] })),
    };
    const document = await planned(scarce);
    expect(document.deployment.pools.some((pool) => pool.capacityUsdPerModuleS > 0)).toBe(true);
    const { ok, servingGap } = verifyPlan(document);
    expect(ok).toBe(true);
    expect(servingGap).toBeLessThan(1e-9);
    expect(verifyPlan(worth(document, 0.5)).servingGap).toBeGreaterThan(1e-3);
    expect(verifyPlan(worth(document, 2)).servingGap).toBeGreaterThan(1e-3);
  });
});
