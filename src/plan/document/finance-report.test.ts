import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { familyWorld } from "../../../test/worlds/family-world.ts";
import { provingPlanner } from "../../../test/worlds/plan-worlds.ts";
import { testWorkload, tinyWorld } from "../../../test/worlds/tiny-world.ts";
import { annuityFactor, secondsPerYear } from "../../finance/index.ts";
import { explainSite } from "../explain/explain-site.ts";
import { moduleGains } from "./module-gains.ts";
import { financeReport, returnsOf } from "./finance-report.ts";
import { standOn } from "../compare/replan.ts";
import { siteAccounts } from "./site-accounts.ts";
import { runs } from "../../../test/laws/runs.ts";

const { plan, close } = provingPlanner();
afterAll(close);

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe("a plan as an investment", () => {
  it.each([1, 5, 12, 20])("has without revenue the present value of its yearly cost over %i years", async (years) => {
    const document = await plan(tinyWorld());
    const { bySite } = financeReport(document, years);
    expect(bySite.length).toBeGreaterThan(0);
    for (const investment of bySite) {
      const { usdPerYear } = document.cost!.bySite.find(
        (entry) => document.world.sites[entry.site]!.id === investment.name,
      )!;
      expect(investment.npvUsd).toBeCloseTo(-usdPerYear / annuityFactor(0.08, years), 3);
      expect([investment.irr.status, investment.grossMarginRatio]).toEqual(["none", null]);
    }
  });

  it("adds up from sites to tiers to all", async () => {
    const { all, byTier, byOwner, bySite, owners } = financeReport(await plan(priced()), 5);
    expect(sum(owners.map((entry) => entry.revenueUsdPerYear))).toBeCloseTo(all.revenueUsdPerYear, 3);
    expect(sum(owners.map((entry) => entry.servedRatio))).toBeCloseTo(1, 9);
    for (const parts of [byTier, byOwner, bySite]) {
      expect(sum(parts.map((part) => part.npvUsd))).toBeCloseTo(all.npvUsd, 3);
      expect(sum(parts.map((part) => part.revenueUsdPerYear))).toBeCloseTo(all.revenueUsdPerYear, 3);
      expect(sum(parts.map((part) => part.capexUsd.accelerators))).toBeCloseTo(all.capexUsd.accelerators, 3);
    }
  });

  it("is told for every period in the same figures, and not at all where there is no plan", async () => {
    const document = await plan(priced());
    const { years, all, byTier, byOwner } = financeReport(document, 5);
    const period = document.world.periods[document.period]!.id;
    expect(returnsOf(document, 5)).toEqual([{ period, years, all, byTier, byOwner }]);
    expect(returnsOf({ ...document, cost: null }, 5)).toEqual([]);
  });

  it("promises no more of one more module than there is left to save, whatever the last one is worth, as the site's own page does", async () => {
    const made = await plan(priced());
    // What the last module serves is dear to lose; of several years the price of that is what the document has.
    const pools = made.deployment.pools.map((pool) => ({ ...pool, capacityUsdPerModuleS: 1 }));
    const document = { ...made, deployment: { ...made.deployment, pools } };
    const gains = moduleGains(document);
    const { nextModules } = financeReport(document, 5);
    expect(nextModules.length).toBeGreaterThan(0);
    for (const { site, module, savesUsdPerYear } of nextModules) {
      const position = document.world.sites.findIndex(({ id }) => id === site);
      const kind = document.world.modules.findIndex(({ id }) => id === module);
      const gain = gains.find((entry) => entry.site === position && entry.module === kind)!;
      expect(savesUsdPerYear).toBe(gain.savedUsdPerYear[0]);
      expect(savesUsdPerYear).toBeLessThan(secondsPerYear);
      const shown = explainSite(document, position).modules.find((entry) => entry.module === module)!;
      expect(shown.worthUsdPerYear).toBe(savesUsdPerYear);
    }
  });

  it("books the capital the plan says it needs", async () => {
    const document = await plan(priced());
    const { all } = financeReport(document, 5);
    expect(sum(Object.values(all.capexUsd))).toBeCloseTo(document.cost!.capex.totalUsd, 3);
    expect(-all.cashflowsUsd[0]!).toBeCloseTo(document.cost!.capex.totalUsd, 3);
  });

  it("is made of the same money as the plan's objective, site by site, under every family of limits and prices", async () => {
    await fc.assert(
      fc.asyncProperty(familyWorld, fc.constantFrom(0, 0.1), async (world, movePriceRatio) => {
        const document = await plan({ ...world, finance: { ...world.finance, movePriceRatio } });
        const { statement, bySite, all } = financeReport(document, 5);
        const scale = Math.max(1, Math.abs(document.objectiveUsdPerYear!));
        expect(Math.abs(statement.totalUsdPerYear - document.objectiveUsdPerYear!) / scale).toBeLessThan(1e-9);
        for (const { site, usdPerYear } of document.cost!.bySite) {
          const books = siteAccounts(document).find((entry) => entry.site === site)!;
          const spent = sum(Object.values(books.capitalUsd)) + books.opexUsd + books.dueUsd;
          expect(Math.abs(spent - usdPerYear) / scale).toBeLessThan(1e-9);
        }
        const { unserved, "training-unserved": untrained } = document.cost!.byItem;
        const present = -(document.objectiveUsdPerYear! - unserved - untrained) / annuityFactor(0.08, 5);
        const earned = all.revenueUsdPerYear / annuityFactor(0.08, 5);
        // Without debt every owner's cost of capital is 8 %, so what is spent and earned each year is worth the same at once.
        if (all.debt.borrowedUsd === 0) expect(Math.abs(all.npvUsd - earned - present) / scale).toBeLessThan(1e-6);
        expect(bySite.length).toBeGreaterThanOrEqual(document.cost!.bySite.length);
      }),
      { numRuns: runs(12) },
    );
  }, 60_000);

  it("charges what an earlier plan bought to the plan that keeps it", async () => {
    const first = await plan(priced());
    const { world } = standOn(first.world, first, { movePriceRatio: 0.1, capital: "due" });
    const { statement, all } = financeReport(await plan(world), 5);
    expect(statement.dueUsdPerYear).toBeGreaterThan(0);
    expect(all.capexUsd.accelerators).toBe(0);
    expect(statement.totalUsdPerYear / first.objectiveUsdPerYear!).toBeCloseTo(1, 9);
  });

  it("says what lenders give, what they are paid and by how much that is earned", async () => {
    const world = priced();
    const debt = { shareRatio: 0.6, ratePerYear: 0.07, leastCoverage: null };
    const { all } = financeReport(await plan({ ...world, owners: [{ ...world.owners[0]!, debt }] }), 5);
    const { accelerators, building, opening } = all.capexUsd;
    expect(all.debt.borrowedUsd).toBeCloseTo(0.6 * (accelerators + building + opening), 6);
    const service = 0.6 * (accelerators * annuityFactor(0.07, 5) + (building + opening) * annuityFactor(0.07, 14));
    expect(all.debt.serviceUsdPerYear).toBeCloseTo(service, 6);
    expect(all.debt.coverageRatio).toBeCloseTo((all.revenueUsdPerYear - all.opexUsdPerYear) / service, 9);
  });

  it("pays back within its life where users pay well, at a rate above the cost of capital", async () => {
    const { all } = financeReport(await plan(priced()), 5);
    expect(all.npvUsd).toBeGreaterThan(0);
    expect(all.paybackYears).toBeLessThan(5);
    expect(all.irr.status === "unique" && all.irr.ratePerYear).toBeGreaterThan(0.08);
    expect(all.grossMarginRatio).toBeGreaterThan(0);
  });
});

const priced = () => tinyWorld({ workloads: [testWorkload({ id: "paid", priceUsdPerRequest: 0.02 })] });
