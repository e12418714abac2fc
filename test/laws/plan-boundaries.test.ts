import { afterAll, describe, expect, it } from "vitest";
import type { Site, World } from "../../src/catalog/index.ts";
import { verifyPlan, type PlanDocument } from "../../src/plan/index.ts";
import { provingPlanner } from "../worlds/plan-worlds.ts";
import { tinyWorld } from "../worlds/tiny-world.ts";

const planner = provingPlanner();
afterAll(() => planner.close());

/** The tiny world over years of equal demand, with one change to each site. */
function yearsOf(count: number, change: (site: Site, index: number) => Site): World {
  const world = tinyWorld();
  const each = <T>(value: T): T[] => Array.from({ length: count }, () => value);
  return {
    ...world,
    periods: Array.from({ length: count }, (_, year) => ({
      id: String(2027 + year),
      startYear: 2027 + year,
      lengthYears: 1,
    })),
    demand: world.demand.map((row) => ({
      ...row,
      peakPerS: each(row.peakPerS[0]!),
      meanPerS: each(row.meanPerS[0]!),
    })),
    sites: world.sites.map((site, index) => change({ ...site, powerLimitKw: each(site.powerLimitKw[0]!) }, index)),
    modules: world.modules.map((module) => ({ ...module, supplyPerPeriod: each(null) })),
    owners: world.owners.map((owner) => ({ ...owner, capexBudgetUsd: each(null) })),
    limits: { ...world.limits, budgetUsd: each(null) },
  };
}

async function planned(world: World): Promise<PlanDocument> {
  const document = JSON.parse(JSON.stringify(await planner.plan(world))) as PlanDocument;
  expect(verifyPlan(document).findings).toEqual([]);
  return document;
}

const countAt = ({ deployment }: Pick<PlanDocument, "deployment">, site: number): number =>
  deployment.pools.reduce((sum, pool) => (pool.site === site ? sum + pool.count + pool.trainingCount : sum), 0);

describe("at the edges of periods", () => {
  it("an upgrade gives power from the period in which it arrives, stays, and is paid from then on", async () => {
    const upgrades = [{ addedKw: 500, priceUsd: 20_000, leadTimeYears: 1.5 }];
    const document = await planned(
      yearsOf(3, (site, index) =>
        index === 1 ? { ...site, powerLimitKw: [0, 0, 0], upgrades } : { ...site, status: "forbidden" },
      ),
    );
    const { periods } = document.horizon!;
    expect(periods.map((entry) => countAt(entry, 1) > 0)).toEqual([false, true, true]);
    expect(periods.map((entry) => entry.deployment.upgrades ?? [])).toEqual([
      [],
      [{ site: 1, upgrade: 0 }],
      [{ site: 1, upgrade: 0 }],
    ]);
    expect(periods.map((entry) => entry.cost.byItem.upgrades > 0)).toEqual([false, true, true]);
    const lost = structuredClone(document) as unknown as { horizon: { periods: { deployment: object }[] } };
    lost.horizon.periods[2]!.deployment = { ...lost.horizon.periods[2]!.deployment, upgrades: [] };
    const messages = verifyPlan(lost as unknown as PlanDocument).findings.map((finding) => finding.message);
    expect(messages.some((message) => message.includes("lost an upgrade"))).toBe(true);
  });

  it("a site that must close serves until then, buys nothing that would outlive it, and costs its closing after", async () => {
    const document = await planned(
      yearsOf(3, (site, index) =>
        index === 0
          ? {
              ...site,
              status: "existing",
              installed: [{ module: 0, count: 2 }],
              closingCostUsd: 50_000,
              closedFromPeriod: 1,
            }
          : { ...site, status: "forbidden" },
      ),
    );
    const { periods } = document.horizon!;
    expect(countAt(periods[0]!, 0)).toBeGreaterThan(0);
    expect(periods.slice(1).map((entry) => countAt(entry, 0))).toEqual([0, 0]);
    expect(periods.flatMap((entry) => entry.purchases.filter((purchase) => purchase.site === 0))).toEqual([]);
    expect(periods.map((entry) => entry.cost.byItem.closing > 0)).toEqual([false, true, true]);
  });

  it("a site where whatever is bought would outlive it is nobody's refuge when another is lost", async () => {
    const world = yearsOf(2, (site, index) => {
      if (index === 2) return { ...site, status: "forbidden" };
      const { tier, country, latitude, longitude } = tinyWorld().sites[0]!;
      const beside = { ...site, tier, country, latitude, longitude };
      return index === 0 ? beside : { ...beside, status: "existing", closingCostUsd: 0, closedFromPeriod: 1 };
    });
    const document = await planned({ ...world, limits: { ...world.limits, resilience: "site" } });
    expect(document.horizon!.periods.map((entry) => countAt(entry, 0) > 0)).toEqual([true, true]);
  });

  it("power that comes with a connection is used from its period on, not before", async () => {
    const document = await planned(
      yearsOf(2, (site, index) =>
        index === 1 ? { ...site, powerLimitKw: [0, 500] } : { ...site, status: "forbidden" },
      ),
    );
    expect(document.horizon!.periods.map((entry) => countAt(entry, 1) > 0)).toEqual([false, true]);
  });
});

describe("training in some of the years", () => {
  it("leaves no modules for a least share that nobody could use in any of them", async () => {
    const world = yearsOf(2, (site) => site);
    const run = { id: "run", pflops: [2.5, 0], mfuRatio: 0.4, countries: "*" as const, unservedUsdPerPflopYear: 5e6 };
    const share = { id: "core", leastRatio: 0.9, of: "modules", sites: [2], among: [0, 1, 2] } as const;
    const document = await planned({
      ...world,
      demand: world.demand.filter(({ workload }) => workload === 0),
      training: [{ ...run, precision: "bf16" }],
      limits: { ...world.limits, shares: [share] },
    });
    // One server trains all there is, and no requests come so far.
    for (const entry of document.horizon!.periods) expect(countAt(entry, 2)).toBeLessThanOrEqual(1);
  });
});

describe("training on one campus", () => {
  const run = (singleCampus: boolean): World => {
    const world = tinyWorld();
    const core = world.sites[2]!;
    return {
      ...world,
      demand: [],
      training: [
        {
          id: "run",
          pflops: [20],
          mfuRatio: 0.4,
          precision: "bf16",
          countries: "*",
          unservedUsdPerPflopYear: 1e6,
          singleCampus,
        },
      ],
      // Each of the two takes five of the eight servers that the run needs.
      sites: [world.sites[0]!, { ...core, powerLimitKw: [66] }, { ...core, id: "core-two", powerLimitKw: [66] }],
    };
  };

  it("stays together at the price of what does not fit, where a run that may be split fits whole", async () => {
    const [split, whole] = [await planned(run(false)), await planned(run(true))];
    const sitesOf = (document: PlanDocument): number =>
      new Set(document.training.map((entry) => document.deployment.pools[entry.pool]!.site)).size;
    expect([sitesOf(split), sitesOf(whole)]).toEqual([2, 1]);
    expect(whole.cost!.byItem["training-unserved"]).toBeGreaterThan(0);
    expect(split.cost!.byItem["training-unserved"]).toBeCloseTo(0, 3);
  });

  it("opens no site by itself: what hangs on a campus without servers stays shut", async () => {
    const world = run(true);
    const sites = world.sites.map((site, index) => {
      if (index === 0) return { ...site, parent: 1, needsParent: true };
      return { ...site, powerLimitKw: [0], openingCapexUsd: 0, fixedOpexUsdPerYear: 1 };
    });
    const document = await planned({ ...world, demand: tinyWorld().demand, sites });
    expect(document.deployment.pools).toEqual([]);
  });
});
