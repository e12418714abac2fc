import { afterAll, describe, expect, it } from "vitest";
import { provingPlanner } from "../worlds/plan-worlds.ts";
import { tinyWorld } from "../worlds/tiny-world.ts";
import { planSummary } from "../../src/cli/planning/plan-summary.ts";
import { verifyPlan } from "../../src/plan/index.ts";

const { plan, close } = provingPlanner();
afterAll(close);

describe("modules that stand already and are not used", () => {
  it("are listed in the plan, told in its summary and checked", async () => {
    const world = tinyWorld();
    // Far more than quick traffic of one area ever needs, at a site that only serves it.
    const sites = world.sites.map((site, at) => (at === 0 ? { ...site, installed: [{ module: 0, count: 90 }] } : site));
    const document = await plan({ ...world, sites });
    const used = document.deployment.pools.find((pool) => pool.site === 0 && pool.module === 0)?.count ?? 0;
    expect(used).toBeLessThan(90);
    expect(document.idle).toEqual([{ site: 0, module: 0, count: 90 - used }]);
    expect(planSummary(document)).toContain(`left idle, at no cost: ${90 - used} × small-box at edge-here`);
    expect(verifyPlan(document).findings).toEqual([]);
    expect(verifyPlan({ ...document, idle: [] }).findings[0]!.where).toBe("idle");
  });

  it("are none where nothing was installed", async () => {
    expect((await plan(tinyWorld())).idle).toEqual([]);
  });
});
