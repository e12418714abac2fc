import { afterAll, describe, expect, it } from "vitest";
import { provingPlanner } from "../../test/worlds/plan-worlds.ts";
import { testWorkload, tinyWorld } from "../../test/worlds/tiny-world.ts";
import { annuityFactor } from "../finance/index.ts";
import { financeReport } from "./finance-report.ts";

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

  it("books the capital the plan says it needs", async () => {
    const document = await plan(priced());
    const { all } = financeReport(document, 5);
    expect(sum(Object.values(all.capexUsd))).toBeCloseTo(document.cost!.capex.totalUsd, 3);
    expect(-all.cashflowsUsd[0]!).toBeCloseTo(document.cost!.capex.totalUsd, 3);
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
