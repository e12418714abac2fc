import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../../src/adapters/solver-highs/index.ts";
import type { World } from "../../src/catalog/index.ts";
import {
  checkSolution,
  planScenario,
  solveDecomposed,
  stackPeriods,
  verifyPlan,
  type HorizonPeriod,
  type PlanDocument,
} from "../../src/plan/index.ts";
import { tinyWorld } from "../worlds/tiny-world.ts";

const solver = createHighsSolver();
afterAll(() => solver.close());
const proven = { relativeGap: 0, timeLimitS: 60, compare: false };
const plan = (world: World) => planScenario(world, { solver, nowMs: () => 0 }, proven);

/** The tiny world over several years; `grow` multiplies demand each year. */
function yearsOf(count: number, grow: number, fields: Partial<World> = {}): World {
  const world = tinyWorld(fields);
  const years = Array.from({ length: count }, (_, year) => year);
  const series = (value: number) => years.map((year) => value * grow ** year);
  return {
    ...world,
    periods: years.map((year) => ({ id: String(2027 + year), startYear: 2027 + year, lengthYears: 1 })),
    demand: world.demand.map((row) => ({
      ...row,
      peakPerS: series(row.peakPerS[0]!),
      meanPerS: series(row.meanPerS[0]!),
    })),
    sites: world.sites.map((site) => ({ ...site, powerLimitKw: years.map(() => site.powerLimitKw[0]!) })),
    modules: world.modules.map((module) => ({
      ...module,
      supplyPerPeriod: years.map(() => module.supplyPerPeriod[0]!),
    })),
    owners: world.owners.map((owner) => ({ ...owner, capexBudgetUsd: years.map(() => null) })),
    limits: { ...world.limits, budgetUsd: years.map(() => world.limits.budgetUsd[0]!) },
  };
}

const standing = (entry: { deployment: PlanDocument["deployment"] }) =>
  entry.deployment.pools.map((pool) => [pool.id, pool.count + pool.trainingCount] as const);

describe("planning several periods", () => {
  it("costs each year what one year costs when all years are the same (invariant 9)", async () => {
    const one = await plan(yearsOf(1, 1));
    const { horizon } = await plan(yearsOf(4, 1));
    for (const entry of horizon!.periods) {
      expect(entry.objectiveUsdPerYear / one.objectiveUsdPerYear!).toBeCloseTo(1, 9);
      expect(entry.bestBoundUsdPerYear / one.bestBoundUsdPerYear!).toBeCloseTo(1, 6);
      expect(standing(entry)).toEqual(standing(one));
    }
    const years = horizon!.periods.reduce((sum, entry) => sum + entry.discountedYears, 0);
    expect(horizon!.presentCostUsd / (one.objectiveUsdPerYear! * years)).toBeCloseTo(1, 9);
    expect(horizon!.periods.map((entry) => entry.purchases.length > 0)).toEqual([true, false, false, false]);
  });

  it("keeps what was bought, buys more as demand grows, and proves the whole", async () => {
    const document = await plan(yearsOf(4, 2.2));
    const { horizon } = document;
    let before = new Map<string, number>();
    for (const entry of horizon!.periods) {
      const now = new Map(standing(entry));
      for (const [id, count] of before) expect(now.get(id) ?? 0).toBeGreaterThanOrEqual(count);
      before = now;
    }
    expect(horizon!.relativeGap).toBeGreaterThanOrEqual(0);
    expect(horizon!.relativeGap).toBeLessThan(0.1);
    const verification = verifyPlan(JSON.parse(JSON.stringify(document)) as PlanDocument);
    expect(verification.findings).toEqual([]);
    expect(verification.recomputedUsd! / horizon!.presentCostUsd).toBeCloseTo(1, 9);
  });

  it("replaces modules at the end of their life", async () => {
    const world = yearsOf(4, 1);
    const shortLived = { ...world, modules: world.modules.map((module) => ({ ...module, lifeYears: 2 })) };
    const { horizon } = await plan(shortLived);
    expect(horizon!.periods.map((entry) => entry.purchases.length > 0)).toEqual([true, false, true, false]);
  });

  it("buys no more in a period than can be supplied, and lets stock build up", async () => {
    const world = yearsOf(3, 1);
    const demand = world.demand.map((row) => ({ ...row, peakPerS: [400, 400, 400], meanPerS: [200, 200, 200] }));
    const scarce = {
      ...world,
      demand,
      modules: world.modules.map((module) => ({ ...module, supplyPerPeriod: [1, 1, 1] })),
    };
    const document = await plan(scarce);
    for (const entry of document.horizon!.periods) {
      for (const module of scarce.modules.keys()) {
        const bought = entry.purchases.filter((purchase) => purchase.module === module);
        expect(bought.reduce((sum, purchase) => sum + purchase.count, 0)).toBeLessThanOrEqual(1);
      }
    }
    const costs = document.horizon!.periods.map((entry) => entry.objectiveUsdPerYear);
    expect(costs[1]).toBeLessThan(costs[0]!);
    expect(verifyPlan(document).findings).toEqual([]);
  });

  it("has nothing in service before it can be delivered", async () => {
    const world = yearsOf(3, 1);
    const slow = { ...world, modules: world.modules.map((module) => ({ ...module, leadTimeYears: 1.5 })) };
    const { horizon } = await plan(slow);
    expect(horizon!.periods.map((entry) => standing(entry).length > 0)).toEqual([false, true, true]);
  });

  it("refuses a horizon whose later years forgot what was bought", async () => {
    const document = await plan(yearsOf(2, 1));
    const copy = structuredClone(document) as unknown as {
      horizon: { periods: { deployment: unknown; purchases: unknown }[]; presentCostUsd: number };
    };
    copy.horizon.periods[1]!.deployment = { period: 1, pools: [], flows: [] };
    const { ok, findings } = verifyPlan(copy as unknown as PlanDocument);
    expect(ok).toBe(false);
    expect(findings.some((finding) => finding.message.includes("before the end of their life"))).toBe(true);
  });

  it("gives nothing of a budget back for a place that shuts, in whichever way it is solved", async () => {
    const world = yearsOf(2, 1);
    // Users in one place now and in the other later; what serves them lasts a year.
    const moving = {
      ...world,
      demand: world.demand.map(({ area, workload, access }) => {
        const rates = [0, 1].map((year) => (workload === 0 && area === year ? 20 : 0));
        return { area, workload, access, peakPerS: rates, meanPerS: rates.map((rate) => rate / 2) };
      }),
      modules: world.modules.map((module) => ({ ...module, lifeYears: 1 })),
      workloads: world.workloads.map((one) => ({ ...one, ttft: { budgetMs: 22, attainmentRatio: 0.9 } })),
      sites: world.sites.slice(0, 2).map((site, index) => ({
        ...site,
        tier: "edge" as const,
        latitude: world.areas[index]!.latitude,
        longitude: world.areas[index]!.longitude,
      })),
      limits: { ...world.limits, budgetUsd: [null, 60_000] },
    };
    const document = await plan(moving);
    const [now, later] = document.horizon!.periods as [HorizonPeriod, HorizonPeriod];
    expect(standing(now).length).toBeGreaterThan(0);
    // The place beside those who come later takes 100,000 USD to open.
    expect(standing(later)).toEqual([]);
    expect(verifyPlan(document).findings).toEqual([]);
    const { problem } = stackPeriods(moving);
    const path = { relativeGap: 0, timeLimitS: 30, seed: 1 };
    const apart = await solveDecomposed(problem, { solver, nowMs: () => 0 }, path);
    expect(checkSolution(problem, apart.solution)).toEqual([]);
    expect(apart.bestBoundUsd).toBeLessThanOrEqual(document.horizon!.presentCostUsd + 0.01);
    expect(apart.objectiveUsd / document.horizon!.presentCostUsd).toBeCloseTo(1, 6);
    const richer = await plan({ ...moving, limits: { ...moving.limits, budgetUsd: [null, 200_000] } });
    expect(standing(richer.horizon!.periods[1]!).length).toBeGreaterThan(0);
  });

  it("owes for what was bought at the price of then, whatever the same would cost later", async () => {
    const world = yearsOf(2, 1);
    const debt = { shareRatio: 0.7, ratePerYear: 0.07, leastCoverage: 2 };
    const indebted = (priceUsdPerRequest: number, later: number): World => ({
      ...world,
      finance: { ...world.finance, modulePriceFactorPerPeriod: [1, later] },
      demand: world.demand.filter(({ area, workload }) => area === 0 && workload === 0),
      workloads: world.workloads.map((one) => ({ ...one, priceUsdPerRequest })),
      owners: world.owners.map((owner) => ({ ...owner, debt })),
      sites: world.sites.slice(0, 1).map((site) => ({ ...site, openingCapexUsd: 0, fixedOpexUsdPerYear: 0 })),
    });
    for (const priceUsd of [0.000_02, 0.000_024, 0.000_028, 0.000_032, 0.000_04]) {
      const [flat, dearer, cheaper] = await Promise.all([1, 3, 0.3].map((later) => plan(indebted(priceUsd, later))));
      const [, second] = flat!.horizon!.periods as [HorizonPeriod, HorizonPeriod];
      if (standing(second).length > 0) expect(second.purchases).toEqual([]);
      // Nothing is bought later, so that it would be dearer then changes nothing.
      expect(dearer!.horizon!.presentCostUsd / flat!.horizon!.presentCostUsd).toBeCloseTo(1, 9);
      expect(verifyPlan(dearer!).findings).toEqual([]);
      expect(verifyPlan(cheaper!).findings).toEqual([]);
    }
  });

  it("opens a place once that is upgraded before anything stands there", async () => {
    const world = yearsOf(2, 1);
    const [site] = world.sites as [World["sites"][number]];
    const waiting: World = {
      ...world,
      demand: world.demand.filter(({ area, workload }) => area === 0 && workload === 0),
      workloads: world.workloads.map((one) => ({ ...one, unservedUsdPerRequest: 1 })),
      sites: [
        {
          ...site,
          powerLimitKw: [0, 0],
          openingCapexUsd: 1_000_000,
          upgrades: [{ addedKw: 100, priceUsd: 1000, leadTimeYears: 0.5 }],
        },
      ],
      modules: world.modules.map((module) => ({ ...module, leadTimeYears: 1.5 })),
      // The second year's budget has no room for an opening.
      limits: { ...world.limits, budgetUsd: [null, 900_000] },
    };
    const document = await plan(waiting);
    const [first, second] = document.horizon!.periods as [HorizonPeriod, HorizonPeriod];
    expect(standing(first)).toEqual([]);
    expect(first.deployment.upgrades).toEqual([{ site: 0, upgrade: 0 }]);
    expect(standing(second)).not.toEqual([]);
    expect(verifyPlan(document).findings).toEqual([]);
  });

  it("pays once for a place that is forced open, whatever later budgets are", async () => {
    const world = yearsOf(2, 1);
    const [site, ...others] = world.sites as [World["sites"][number], ...World["sites"]];
    const forced: World = {
      ...world,
      sites: [{ ...site, status: "forced", openingCapexUsd: 100_000 }, ...others],
      limits: { ...world.limits, budgetUsd: [null, 60_000] },
    };
    const document = await plan(forced);
    expect(document.clashes).toEqual([]);
    expect(verifyPlan(document).findings).toEqual([]);
    const never = { ...forced, limits: { ...world.limits, budgetUsd: [60_000, null] } };
    expect((await plan(never)).status).toBe("infeasible");
  });
});
