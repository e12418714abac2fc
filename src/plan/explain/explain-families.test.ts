import { afterAll, describe, expect, it } from "vitest";
import { provingPlanner } from "../../../test/worlds/plan-worlds.ts";
import { tinyWorld } from "../../../test/worlds/tiny-world.ts";
import { explainLimit, resolveLimit, worldLimitsOf } from "./explain-limit.ts";
import { explainSite } from "./explain-site.ts";
import { financeReport } from "../document/finance-report.ts";
import type { World } from "../../catalog/index.ts";

const planner = provingPlanner();
afterAll(() => planner.close());

async function explained(world: World, name: string) {
  const plan = await planner.plan(world);
  const limit = worldLimitsOf(plan).find((entry) => entry.name === name)!;
  return { plan, found: explainLimit(plan, limit), trial: await resolveLimit(plan, limit, planner.planWorld) };
}

/** Quick traffic in plenty, one site, one kind of module. */
function narrowWorld(): World {
  const world = tinyWorld();
  return {
    ...world,
    modules: [world.modules[0]!],
    demand: world.demand
      .filter((row) => row.workload === 0)
      .map((row) => ({ ...row, peakPerS: [300], meanPerS: [120] })),
    sites: world.sites.map((site, index) => (index === 1 ? site : { ...site, status: "forbidden" as const })),
  };
}

describe("limits beyond power, money and supply, explained", () => {
  it("say what an allotment is used for, and that one module more is worth something where it binds", async () => {
    const world = narrowWorld();
    const owners = world.owners.map((owner) => ({ ...owner, allotments: [{ module: 0, perPeriod: [1] }] }));
    const { found, trial } = await explained({ ...world, owners }, "allotment of small-box to owner");
    expect(found).toMatchObject({ unit: "modules", used: 1, upper: 1, binding: true });
    expect(trial!.worthUsdPerYear).toBeGreaterThan(0);
  });

  it("say how much of a link to the parent is used", async () => {
    const world = narrowWorld();
    const sites = world.sites.map((site, index) =>
      index === 1 ? { ...site, parent: 2, backhaulGbps: 0.002, backhaulUsdPerGbpsYear: 1000 } : site,
    );
    const workloads = world.workloads.map((workload) => ({ ...workload, backhaulBytes: 20_000 }));
    const { found, trial } = await explained({ ...world, sites, workloads }, "backhaul of regional-there");
    expect(found.used).toBeCloseTo(0.002, 6);
    expect(found.binding).toBe(true);
    expect(trial!.worthUsdPerYear).toBeGreaterThan(0);
  });

  it("say how much stands elsewhere than a least share asks for, and what that costs", async () => {
    const world = tinyWorld();
    const shares = [{ id: "home", leastRatio: 0.5, of: "modules" as const, sites: [0], among: [0, 1, 2] }];
    const { found, trial } = await explained({ ...world, limits: { ...world.limits, shares } }, "least share home");
    expect(found.unit).toBe("share");
    expect(found.used).toBeLessThanOrEqual(0.5 + 1e-9);
    expect(trial!.added).toBeCloseTo(0.1, 12);
  });

  it("count upgrades that were bought as power of the site", async () => {
    const world = tinyWorld();
    const sites = world.sites.map((site, index) =>
      index === 1
        ? {
            ...site,
            powerLimitKw: [0],
            openingCapexUsd: 0,
            upgrades: [{ addedKw: 500, priceUsd: 10, leadTimeYears: 0 }],
          }
        : { ...site, status: "forbidden" as const },
    );
    const { plan, found } = await explained({ ...world, sites }, "power of site regional-there");
    expect(plan.deployment.upgrades).toEqual([{ site: 1, upgrade: 0 }]);
    expect(found.upper).toBeCloseTo(0.5, 9);
    expect(found.used).toBeGreaterThan(0);
  });

  it("say how often an owner earns its debt service, and what asking for less would save", async () => {
    const world = narrowWorld();
    const debt = { shareRatio: 0.5, ratePerYear: 0.07, leastCoverage: 1.3 };
    const priced = {
      ...world,
      owners: world.owners.map((owner) => ({ ...owner, debt })),
      workloads: world.workloads.map((workload) => ({ ...workload, priceUsdPerRequest: 0.002 })),
    };
    const { plan, found, trial } = await explained(priced, "debt service of owner");
    expect(found.upper).toBeCloseTo(1 / 1.3, 12);
    expect(found.used).toBeLessThanOrEqual(found.upper + 1e-6);
    expect(found.used).toBeGreaterThan(0);
    const coverage = financeReport(plan, 5).all.debt.coverageRatio!;
    expect(1 / found.used).toBeCloseTo(coverage, 9);
    expect(found.statement).toContain(`${coverage.toFixed(2)} times`);
    expect(trial!.added).toBeCloseTo(0.1 / 1.3, 12);
  });

  it("say whether a parent is open, and what it is worth not to need it", async () => {
    const world = tinyWorld();
    const sites = world.sites.map((site, index) => (index === 0 ? { ...site, parent: 2, needsParent: true } : site));
    const { plan, found, trial } = await explained({ ...world, sites }, "parent of edge-here");
    const open = plan.deployment.pools.some((pool) => pool.site === 2);
    expect([found.used, found.binding]).toEqual(open ? [0, false] : [1, true]);
    expect(found.statement).toMatch(open ? /core-far.* is open/ : /core-far.* is shut, so edge-here may not open/);
    expect([trial!.added, trial!.change.usdPerYear <= 1e-6]).toEqual([null, true]);
    const hangs = plan.deployment.pools.some((pool) => pool.site === 0);
    expect(explainSite(plan, 2)).toMatchObject({ open, children: hangs ? ["edge-here"] : [] });
  });

  it("say where the requests of a lost site would go, how full that is, and what surviving costs", async () => {
    const world = tinyWorld();
    const shaky = { ...world, limits: { ...world.limits, resilience: "site" as const } };
    const plan = await planner.plan(shaky);
    const reserves = worldLimitsOf(plan).filter(({ name }) => name.startsWith("reserve for the loss of site "));
    expect(reserves.length).toBeGreaterThan(0);
    for (const limit of reserves) {
      const found = explainLimit(plan, limit);
      expect(found.used).toBeGreaterThan(0);
      expect(found.used).toBeLessThanOrEqual(1 + 1e-6);
      expect(found.statement).toMatch(/The loss of site .* moves .* requests\/s/);
    }
    const trial = await resolveLimit(plan, reserves[0]!, planner.planWorld);
    const without = await planner.plan(world);
    expect(trial!.change.usdPerYear).toBeCloseTo(without.objectiveUsdPerYear! - plan.objectiveUsdPerYear!, 2);
  });
});
