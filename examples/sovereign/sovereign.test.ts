import { afterAll, describe, expect, it } from "vitest";
import { expectPrinted, openExample, servingSites } from "../../test/cli/example.ts";

const example = openExample("sovereign");
afterAll(example.close);

describe("health data that stays at home", () => {
  it("puts machines into every state and serves each from its own", async () => {
    const { plan, summary } = await example.plan();
    expectPrinted("sovereign", summary);
    expect(servingSites(plan)).toEqual(["doha", "dubai", "kuwait", "riyadh"]);
    const { world, deployment } = plan;
    for (const flow of deployment.flows) {
      const { country } = world.areas[world.demand[flow.row]!.area]!;
      expect(world.sites[deployment.pools[flow.pool]!.site]!.country).toBe(country);
    }
  });

  it("costs more than the states would pay together, and less than it would to serve nobody", async () => {
    const [apart, pooled] = [await example.plan(), await example.plan("--scenario", "pooled")];
    expect(pooled.plan.objectiveUsdPerYear!).toBeLessThan(apart.plan.objectiveUsdPerYear! / 2);
    expect(servingSites(pooled.plan)).not.toContain("frankfurt");
    expect(pooled.plan.unserved).toEqual([]);
  });
});
