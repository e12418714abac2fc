import { afterAll, describe, expect, it } from "vitest";
import { provingPlanner } from "../../../test/worlds/plan-worlds.ts";
import { testSite, testWorkload, tinyWorld } from "../../../test/worlds/tiny-world.ts";
import type { World } from "../../catalog/index.ts";
import { comparePriceClasses, compareVariants, keepToTiers, variantTiers } from "./compare.ts";

const { plan, planWorld, close } = provingPlanner();
afterAll(close);

describe("the comparison of variants", () => {
  it("finds none cheaper than the free one", async () => {
    const { variants } = await compareVariants(tinyWorld(), planWorld);
    const usd = variants.map((variant) => variant.figures!.objectiveUsdPerYear);
    expect(variants.map((variant) => variant.name)).toEqual(Object.keys(variantTiers));
    expect(Math.min(...usd)).toBeCloseTo(usd[0]!, 3);
  });

  it("serves each variant from its tiers alone", async () => {
    for (const kept of Object.values(variantTiers)) {
      const { world, deployment } = await plan(keepToTiers(tinyWorld(), kept));
      for (const flow of deployment.flows) expect(kept).toContain(world.sites[deployment.pools[flow.pool]!.site]!.tier);
    }
  });

  it("says to distribute when the core is too far, and that latency is why", async () => {
    const { verdict } = await compareVariants(farCore(), planWorld);
    expect(verdict.distribute).toBe(true);
    expect(verdict.driver?.kind).toBe("latency");
    expect(verdict.sentence).toMatch(/first-token budget of quick/);
  });

  it("says not to distribute when a near core does all for less, and names the class of cost", async () => {
    const { verdict } = await compareVariants(nearCore(), planWorld);
    expect(verdict).toMatchObject({ distribute: false, best: expect.stringMatching(/free|centralised/) });
    expect(verdict.driver?.kind).toBe("price");
    expect(verdict.sentence).toMatch(/^Do not distribute/);
  });

  it("shows when the class of egress prices decides: heavy traffic leaves a core at list price, and stays at transit", async () => {
    const near = nearCore();
    const heavy = {
      ...near,
      workloads: near.workloads.map((it) => ({ ...it, responseBytes: 2e8, unservedUsdPerRequest: 1 })),
    };
    const found = await comparePriceClasses(heavy, ["transit", "cloud-list"], planWorld);
    expect(found.classes.map(({ verdict }) => verdict.distribute)).toEqual([false, true]);
    expect(found.decides).toBe(true);
    expect(found.classes[1]!.verdict.driver).toMatchObject({ kind: "price", name: "egress" });
    const light = await comparePriceClasses(near, ["transit", "cloud-volume"], planWorld);
    expect(light.decides).toBe(false);
  });

  it("leaves open whether the class decides where a verdict lies within what is not proven", async () => {
    const near = nearCore();
    const heavy = {
      ...near,
      workloads: near.workloads.map((it) => ({ ...it, responseBytes: 2e8, unservedUsdPerRequest: 1 })),
    };
    const vaguely: typeof planWorld = async (world, label) => {
      const found = await planWorld(world, label);
      return found && { ...found, bestBoundUsdPerYear: label.includes("list") ? 0 : found.bestBoundUsdPerYear };
    };
    const found = await comparePriceClasses(heavy, ["transit", "cloud-list"], vaguely);
    expect(found.classes.map(({ verdict }) => verdict.open)).toEqual([false, true]);
    expect(found.decides).toBeNull();
  });

  it("tells that a core alone which nobody can stand in for is cheap because it need not survive", async () => {
    const near = nearCore();
    const twin = testSite({ ...near.sites.find(({ tier }) => tier !== "core")!, id: "twin" });
    const limits = { ...near.limits, resilience: "site" as const };
    const { variants, verdict } = await compareVariants({ ...near, sites: [...near.sites, twin], limits }, planWorld);
    const lost = new Map(variants.map(({ name, lostRatio }) => [name, lostRatio]));
    expect(lost.get("centralised")).toBe(1);
    expect(lost.get("free")).toBe(0);
    expect(verdict.sentence).toContain("the worst failure takes 100 %");
  });

  it("does not blame the tiers of a workload where it is the modules that may not stand in the core", async () => {
    const near = nearCore();
    const modules = near.modules.map((module) => ({ ...module, tiers: ["regional" as const, "edge" as const] }));
    const { verdict } = await compareVariants({ ...near, modules }, planWorld);
    expect(verdict.distribute).toBe(true);
    expect(verdict.sentence).toContain(
      "the tiers in which calm may run and a module on offer may stand, of which there is no site",
    );
  });

  it("says what it can when the user stops early", async () => {
    let left = 1;
    const { variants, verdict } = await compareVariants(tinyWorld(), (world, label) =>
      left-- > 0 ? planWorld(world, label) : Promise.resolve(null),
    );
    expect(variants.map((variant) => variant.figures !== null)).toEqual([true, false, false, false]);
    expect(verdict).toMatchObject({ distribute: false, best: "free", savingUsdPerYear: null });
    expect(verdict.sentence).toMatch(/the core alone: the search was stopped/);
  });
});

/** One impatient workload beside an edge site, with the core a thousand kilometres away. */
function farCore(): World {
  const world = tinyWorld({ workloads: [testWorkload({ id: "quick", ttft: { budgetMs: 30, attainmentRatio: 0.9 } })] });
  return { ...world, sites: world.sites.filter((site) => site.tier !== "regional") };
}

/** One patient workload; core and edge stand in one place, the edge is dearer in every way. */
function nearCore(): World {
  const world = tinyWorld({
    workloads: [testWorkload({ id: "calm", ttft: { budgetMs: 900, attainmentRatio: 0.9 }, dataClass: "public" })],
  });
  return {
    ...world,
    sites: [
      testSite({ id: "core", tier: "core" }),
      testSite({ id: "edge", tier: "edge", openingCapexUsd: 5e6, buildUsdPerKw: 30_000 }),
    ],
  };
}
