import { afterAll, describe, expect, it } from "vitest";
import { provingPlanner } from "../../../test/worlds/plan-worlds.ts";
import { testSite, testWorkload, tinyWorld } from "../../../test/worlds/tiny-world.ts";
import type { World } from "../../catalog/index.ts";
import { explainDemand } from "./explain-demand.ts";
import { explainLimit, resolveLimit, worldLimitsOf } from "./explain-limit.ts";
import { explainSite, resolveSite } from "./explain-site.ts";
import { everyPeriod } from "../document/period-view.ts";
import type { PlanDocument } from "../document/plan-document.ts";
import { changeOfOptimum } from "../document/plan-figures.ts";

const { plan, planWorld, close } = provingPlanner();
afterAll(close);

describe("a site explained", () => {
  it("that is open pays: elsewhere its requests would cost more than it does", async () => {
    const document = await plan(tinyWorld());
    const opposites = await Promise.all(
      document.world.sites.map(async (_, site) => ({
        found: explainSite(document, site),
        change: await resolveSite(document, site, planWorld),
      })),
    );
    for (const { found, change } of opposites) {
      // Whether opened or shut against the plan's will, the optimum only rises.
      expect(change!.usdPerYear).toBeGreaterThanOrEqual(0);
      expect(change!.atMostUsdPerYear).toBeGreaterThanOrEqual(change!.atLeastUsdPerYear);
      if (found.open) expect(found.reason).toBe("pays");
      else expect(["tooDear", "noDemand", "limits"]).toContain(found.reason);
    }
    expect(opposites.some(({ found }) => found.open)).toBe(true);
    expect(opposites.some(({ found }) => !found.open)).toBe(true);
  });

  it("that could stand elsewhere costs no more to replace than another site costs", async () => {
    const world = tinyWorld();
    const document = await plan(world);
    const open = document.world.sites.findIndex((_, site) => explainSite(document, site).open);
    // A twin beside it, which the plan has no use for.
    const twin = { ...world.sites[open]!, id: "twin", fixedOpexUsdPerYear: world.sites[open]!.fixedOpexUsdPerYear + 1 };
    const found = explainSite(await plan({ ...world, sites: [...world.sites, twin] }), open);
    expect(found).toMatchObject({ open: true, opening: "twin" });
    expect(found.elsewhere.map(({ to }) => to)).toContain("twin");
    expect(found.gainUsdPerYear).toBeLessThan(explainSite(document, open).gainUsdPerYear);
  });

  it("that the scenario forbids says so", async () => {
    const world = tinyWorld();
    const sites = world.sites.map((site, index) => (index === 0 ? { ...site, status: "forbidden" as const } : site));
    const found = explainSite(await plan({ ...world, sites }), 0);
    expect(found).toMatchObject({ open: false, reason: "forbidden", refusals: [{ reason: "forbidden" }] });
  });

  it("that may serve nobody lists why", async () => {
    const world = tinyWorld();
    const remote = testSite({ id: "remote", tier: "edge", country: "DD", latitude: -40, longitude: 170 });
    const found = explainSite(await plan({ ...world, sites: [...world.sites, remote] }), world.sites.length);
    expect(found).toMatchObject({ open: false, reason: "noDemand", workloads: [] });
    expect(found.refusals.map((refusal) => refusal.reason)).toContain("residency");
  });
});

describe("demand explained", () => {
  it("is served from candidates that carry it, with all terms", async () => {
    const document = await plan(tinyWorld());
    for (const demand of explainDemand(document, 0, null)) {
      const carried = demand.candidates.reduce((sum, candidate) => sum + candidate.servedPerS, 0);
      expect(carried).toBeCloseTo(demand.servedPerS, 9);
      for (const candidate of demand.candidates) {
        expect(candidate.totalUsd).toBeCloseTo(candidate.egressUsd + candidate.energyUsd + candidate.moduleUsd, 12);
        expect(candidate.networkMs).toBeLessThan(demand.budgetMs);
      }
    }
  });

  it("that physics forbids gets its budget taken apart", async () => {
    const workloads = [testWorkload({ id: "instant", ttft: { budgetMs: 2, attainmentRatio: 0.9 } })];
    const [demand] = explainDemand(await plan(tinyWorld({ workloads })), 0, 0);
    expect(demand).toMatchObject({ servedPerS: 0, eligible: 0, physics: { verdict: "physics" } });
    expect(demand!.refusals.length).toBeGreaterThan(0);
  });

  it("that costs more than it is worth is left for its price", async () => {
    const workloads = [testWorkload({ id: "cheap", unservedUsdPerRequest: 1e-9 })];
    const [demand] = explainDemand(await plan(tinyWorld({ workloads })), 0, 0);
    expect(demand).toMatchObject({ servedPerS: 0, physics: null });
    expect(demand!.unserved.map((entry) => entry.reason)).toEqual(["price"]);
  });
});

describe("a limit explained", () => {
  it("that binds is worth something when planned again with more, one with room nothing", async () => {
    const document = await plan(scarcePower());
    const limits = worldLimitsOf(document);
    const power = limits.find((limit) => limit.name === "power of site edge-here")!;
    expect(explainLimit(document, power).binding).toBe(true);
    expect((await resolveLimit(document, power, planWorld))!.worthUsdPerYear).toBeGreaterThan(0);
    const ports = limits.find((limit) => limit.name === "ports of site edge-here")!;
    expect(explainLimit(document, ports).binding).toBe(false);
    const roomy = await plan({
      ...tinyWorld(),
      sites: tinyWorld().sites.map((it) => ({ ...it, powerLimitKw: [1e6] })),
    });
    for (const each of worldLimitsOf(roomy).filter(({ unit }) => unit === "MW")) {
      expect([0, null]).toContain(explainLimit(roomy, each).worthUsdPerYear);
    }
    expect((await resolveLimit(document, ports, planWorld))!.worthUsdPerYear).toBe(0);
  });

  it("that keeps away what would pay binds, although less of another kind would fit", async () => {
    const world = tinyWorld();
    const zones = [{ id: "z", sites: [0, 1, 2], powerLimitKw: [12] }];
    const document = await plan({ ...world, limits: { ...world.limits, zones } });
    const zone = worldLimitsOf(document).find(({ name }) => name === "power of zone z")!;
    const found = explainLimit(document, zone);
    // Small boxes stand and one more of them would fit; a large server does not.
    expect(document.deployment.pools.every(({ module }) => module === 0)).toBe(true);
    expect(found.upper - found.used).toBeGreaterThan(0.001);
    expect(found).toMatchObject({ binding: true, bestPool: "regional-there/large-server" });
    const { change } = (await resolveLimit(document, zone, planWorld, found.missing! * 1.001))!;
    expect(-change.usdPerYear).toBeGreaterThan(0);
    const mostUsd = found.worthUsdPerYear! * (found.missing! + found.upper - found.used);
    expect(-change.usdPerYear).toBeLessThanOrEqual(mostUsd * 1.01);
    expect((await resolveLimit(document, zone, planWorld, found.missing! * 0.5))!.change.usdPerYear).toBe(0);
  });

  it("on the number of sites is worth what one more would save, and counted in every period", async () => {
    const quick = { id: "quick", ttft: { budgetMs: 30, attainmentRatio: 0.9 } };
    const world = tinyWorld({ workloads: [testWorkload(quick), tinyWorld().workloads[1]!] });
    const two = <T>(value: T): T[] => [value, value];
    const document = await plan({
      ...world,
      periods: [2027, 2028].map((year) => ({ id: `${year}`, startYear: year, lengthYears: 1 })),
      modules: world.modules.map((module) => ({ ...module, supplyPerPeriod: two(null) })),
      owners: world.owners.map((owner) => ({ ...owner, capexBudgetUsd: two(1e9) })),
      sites: world.sites.map((site) => ({ ...site, powerLimitKw: two(site.powerLimitKw[0]!) })),
      demand: world.demand.map(({ peakPerS: [peak], meanPerS: [mean], ...row }) => {
        // What is quick wants the edge, in the second year only; what is patient wants the region.
        const grows = row.workload === 0 ? [0, 300] : [1, 1];
        return { ...row, peakPerS: grows.map((by) => by * peak!), meanPerS: grows.map((by) => by * mean!) };
      }),
      limits: { ...world.limits, budgetUsd: two(null), maxSites: 1 },
    });
    const [, later] = everyPeriod(document);
    const named = (view: PlanDocument, name: string) =>
      explainLimit(
        view,
        worldLimitsOf(view).find((limit) => limit.name === name)!,
      );
    expect(named(later!, "most sites")).toMatchObject({ used: 1, upper: 1, binding: true, unit: "sites" });
    expect(named(later!, "most sites").worthUsdPerYear).toBeGreaterThan(0);
    const budgets = everyPeriod(document).map((view) => named(view, "budget of owner").used);
    const [first, second] = document.horizon!.periods.map(({ cost }) => cost.capex.totalUsd);
    expect(budgets[0]! + budgets[1]!).toBeCloseTo(Math.max(first!, second!), 3);
  });

  it("is relaxed by the amount asked for and nothing else", async () => {
    const world = tinyWorld();
    const document = await plan({
      ...world,
      modules: world.modules.map((module) => ({ ...module, supplyPerPeriod: [20] })),
      owners: world.owners.map((owner) => ({ ...owner, capexBudgetUsd: [5e7] })),
      limits: { ...world.limits, maxSites: 3, budgetUsd: [5e7], zones: [{ id: "z", sites: [0], powerLimitKw: [400] }] },
    });
    for (const limit of worldLimitsOf(document)) {
      const raised = worldLimitsOf({ ...document, world: limit.relax(document.world, 2) });
      for (const other of raised) {
        const before = worldLimitsOf(document).find((entry) => entry.name === other.name)!;
        expect(other.upper).toBeCloseTo(before.upper + (other.name === limit.name ? 2 : 0), 6);
      }
    }
  });
});

describe("the change of an optimum", () => {
  const before = { objectiveUsdPerYear: 100, bestBoundUsdPerYear: 90 };

  it("is known within the sum of both gaps where the questions have nothing in common", () => {
    const after = { objectiveUsdPerYear: 110, bestBoundUsdPerYear: 95 };
    expect(changeOfOptimum(before, after, "other")).toEqual({
      usdPerYear: 10,
      atLeastUsdPerYear: -5,
      atMostUsdPerYear: 20,
    });
  });

  it("is never a saving for a tighter question and never a cost for a looser one", () => {
    const after = { objectiveUsdPerYear: 96, bestBoundUsdPerYear: 80 };
    const tighter = changeOfOptimum(before, after, "tighter");
    expect(tighter.usdPerYear).toBe(0);
    expect(tighter.atLeastUsdPerYear).toBe(0);
    const worse = { objectiveUsdPerYear: 120, bestBoundUsdPerYear: 85 };
    const looser = changeOfOptimum(before, worse, "looser");
    expect(looser.usdPerYear).toBe(0);
    expect(looser.atMostUsdPerYear).toBe(0);
  });
});

/** Room for one module at the only site in reach, and demand for several. */
function scarcePower(): World {
  const world = tinyWorld({ workloads: [testWorkload({ id: "quick", ttft: { budgetMs: 30, attainmentRatio: 0.9 } })] });
  return {
    ...world,
    sites: [testSite({ id: "edge-here", tier: "edge", powerLimitKw: [0.5] })],
    demand: world.demand.map((row) => ({ ...row, peakPerS: [2000], meanPerS: [900] })),
  };
}
