import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../../src/adapters/solver-highs/index.ts";
import type { World } from "../../src/catalog/index.ts";
import { planScenario, verifyPlan, type PlanDocument } from "../../src/plan/index.ts";
import { familyWorld } from "../worlds/family-world.ts";
import { testWorkload, tinyWorld } from "../worlds/tiny-world.ts";
import { runs } from "./runs.ts";

const solver = createHighsSolver();
afterAll(() => solver.close());
const plan = (world: World): Promise<PlanDocument> =>
  planScenario(world, { solver, nowMs: () => 0 }, { relativeGap: 1e-7, timeLimitS: 30, compare: false });
const throughJson = (document: PlanDocument): PlanDocument => JSON.parse(JSON.stringify(document)) as PlanDocument;

/** A world of one year over several, with prices, demand and memory that change. */
function over(world: World, years: number, growth: number, prices: readonly number[]): World {
  const each = <T>(of: (year: number) => T): T[] => Array.from({ length: years }, (_, year) => of(year));
  return {
    ...world,
    periods: each((year) => ({ id: String(2027 + year), startYear: 2027 + year, lengthYears: 1 })),
    finance: { ...world.finance, memoryPriceFactorPerPeriod: each((year) => prices[year % prices.length]!) },
    demand: world.demand.map((row) => ({
      ...row,
      peakPerS: each((year) => row.peakPerS[0]! * growth ** year),
      meanPerS: each((year) => row.meanPerS[0]! * growth ** year),
    })),
    sites: world.sites.map((site) => ({ ...site, powerLimitKw: each(() => site.powerLimitKw[0]!) })),
    modules: world.modules.map((module) => ({ ...module, lifeYears: 2, supplyPerPeriod: each(() => null) })),
    owners: world.owners.map((owner) => ({
      ...owner,
      capexBudgetUsd: each(() => owner.capexBudgetUsd[0]!),
      ...(owner.allotments && {
        allotments: owner.allotments.map((entry) => ({ ...entry, perPeriod: each(() => entry.perPeriod[0]!) })),
      }),
    })),
    limits: { ...world.limits, budgetUsd: each(() => null) },
  };
}

describe("years that are all alike (invariant 9)", () => {
  it("cost what one of them costs, under every limit on what stands", async () => {
    await fc.assert(
      fc.asyncProperty(familyWorld, async (drawn) => {
        // What a period may buy adds up over periods, so more years allow more of it.
        const base = {
          ...drawn,
          owners: drawn.owners.map(({ allotments: _bought, ...owner }) => ({ ...owner, capexBudgetUsd: [null] })),
        };
        const [one, three] = await Promise.all([plan(over(base, 1, 1, [1])), plan(over(base, 3, 1, [1]))]);
        expect(three.status === "infeasible").toBe(one.status === "infeasible");
        for (const entry of three.horizon?.periods ?? []) {
          const difference = Math.abs(entry.objectiveUsdPerYear - one.objectiveUsdPerYear!);
          expect(difference).toBeLessThan(1e-6 * Math.abs(one.objectiveUsdPerYear!) + 0.01);
        }
      }),
      { numRuns: runs(6) },
    );
  });
});

describe("what a plan is worth", () => {
  it("is the same by annuities and by cash with what is left at the end, whatever is bought, sold, closed and when", async () => {
    await fc.assert(
      fc.asyncProperty(
        familyWorld,
        fc.constantFrom(1, 2, 3),
        fc.constantFrom(0.6, 1, 1.7),
        async (base, years, growth) => {
          const world = over(base, years, growth, [1, 2.2, 0.8]);
          const document = await plan(world);
          fc.pre(document.status !== "infeasible");
          const { value } = document;
          const scale = Math.max(1000, value!.revenueUsd, value!.runningUsd);
          expect(Math.abs(value!.npvUsd - value!.npvCashUsd) / scale).toBeLessThan(1e-6);
          expect(verifyPlan(throughJson(document)).findings).toEqual([]);
        },
      ),
      { numRuns: runs(10) },
    );
  }, 180_000);

  it("is greatest where worth is sought, and never more than is proven possible", async () => {
    await fc.assert(
      fc.asyncProperty(familyWorld, async (world) => {
        const [rich, cheap] = await Promise.all([
          plan({ ...world, objective: "max-npv" }),
          plan({ ...world, objective: "min-cost" }),
        ]);
        fc.pre(rich.status !== "infeasible" && cheap.status !== "infeasible");
        const slack = 1e-6 * Math.max(1000, rich.value!.revenueUsd, cheap.value!.revenueUsd);
        expect(rich.value!.npvUsd).toBeGreaterThanOrEqual(cheap.value!.npvUsd - slack);
        expect(rich.value!.npvUsd).toBeLessThanOrEqual(rich.value!.bestNpvUsd! + slack);
      }),
      { numRuns: runs(6) },
    );
  });

  it("serves nobody at a loss where worth is sought, whatever the penalty", async () => {
    const workloads = [testWorkload({ id: "cheap", priceUsdPerRequest: 1e-9, unservedUsdPerRequest: 1 })];
    const world = tinyWorld({ workloads });
    const document = await plan({ ...world, objective: "max-npv" });
    expect(document.deployment.flows).toEqual([]);
    // What goes by each reason is the sum that the plan counts: prices here, not penalties.
    const lostUsd = document.unserved.reduce((sum, { usdPerYear }) => sum + usdPerYear, 0);
    expect(document.unserved.length).toBeGreaterThan(0);
    expect(lostUsd).toBeCloseTo(document.cost!.byItem.unserved, 9);
    expect((await plan(world)).deployment.flows.length).toBeGreaterThan(0);
  });

  it("values what is left at its own price, not at today's", async () => {
    const long = (prices: readonly number[]): World => {
      const world = over(tinyWorld(), 2, 1, prices);
      const modules = world.modules.map((module) => ({ ...module, lifeYears: 4, memoryShareRatio: 0.9 }));
      return { ...world, modules };
    };
    const [steady, fallen] = await Promise.all([plan(long([1, 1])), plan(long([1, 0.01]))]);
    const bought = (document: PlanDocument) => document.horizon!.periods.map((entry) => entry.purchases);
    expect(bought(fallen)).toEqual(bought(steady));
    expect(fallen.value!.residualUsd).toBeCloseTo(steady.value!.residualUsd, 4);
    expect(fallen.horizon!.presentCostUsd).toBeCloseTo(steady.horizon!.presentCostUsd, 4);
  });

  it("waits with buying while memory is dear, where demand can wait for it", async () => {
    const world = over(tinyWorld(), 3, 1, [30, 1, 1]);
    const hasty = { ...world, modules: world.modules.map((module) => ({ ...module, memoryShareRatio: 0.5 })) };
    const worth = 0.000_12;
    const patient = {
      ...hasty,
      workloads: hasty.workloads.map((workload) => ({ ...workload, unservedUsdPerRequest: worth })),
    };
    const document = await plan(patient);
    expect(document.horizon!.periods[0]!.purchases).toEqual([]);
    expect(document.horizon!.periods[1]!.purchases.length).toBeGreaterThan(0);
    expect(verifyPlan(throughJson(document)).findings).toEqual([]);
  });
});
