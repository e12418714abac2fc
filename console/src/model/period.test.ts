import { describe, expect, it } from "vitest";
import type { PlanDocument } from "../../../src/plan/index.ts";
import { fixturePlan } from "../../../test/e2e/console-fixture.ts";
import { buildBoard } from "./board.ts";
import { centralisedComparison } from "./comparison.ts";
import { isFirstPeriod, periodIds, planInPeriod } from "./period.ts";

const single = fixturePlan();

/** The fixture in 2027, and in 2029 with one engine less. */
function twoPeriods(): PlanDocument {
  const { world, deployment, cost, training, unserved } = single;
  const later = { ...deployment, pools: deployment.pools.slice(1), flows: [] };
  const common = { discountedYears: 0.9, status: "optimal", bestBoundUsdPerYear: 1, relativeGap: 0 } as const;
  const entry = { ...common, cost: cost!, training, unserved, purchases: [] };
  return {
    ...single,
    world: {
      ...world,
      periods: [2027, 2029].map((startYear) => ({ id: String(startYear), startYear, lengthYears: 2 })),
      sites: world.sites.map((site) => ({ ...site, powerLimitKw: [site.powerLimitKw[0]!, 2 * site.powerLimitKw[0]!] })),
      demand: world.demand.map((row) => ({ ...row, peakPerS: [row.peakPerS[0]!, 3 * row.peakPerS[0]!] })),
    },
    horizon: {
      periods: [
        { ...entry, period: 0, objectiveUsdPerYear: 100, deployment },
        { ...entry, period: 1, objectiveUsdPerYear: 300, deployment: later },
      ],
      presentCostUsd: 400,
      boundUsd: 390,
      relativeGap: 0.025,
      certificate: single.certificate!,
    },
  };
}

describe("a plan of several periods", () => {
  const plan = twoPeriods();

  it("names its periods, and a plan of one period names that one", () => {
    expect(periodIds(plan)).toEqual(["2027", "2029"]);
    expect(periodIds(single)).toHaveLength(1);
  });

  it("is shown as it is for its first period and for a period it does not have", () => {
    expect(planInPeriod(plan, "2027")).toBe(plan);
    expect(planInPeriod(plan, "1999")).toBe(plan);
    expect(planInPeriod(plan, null)).toBe(plan);
    expect(isFirstPeriod(plan)).toBe(true);
  });

  it("is shown in a later period with that period's engines, limits, demand and cost", () => {
    const shown = planInPeriod(plan, "2029");
    expect(isFirstPeriod(shown)).toBe(false);
    expect(shown.objectiveUsdPerYear).toBe(300);
    const [first, later] = [buildBoard(plan), buildBoard(shown)];
    expect(later.workloads[0]!.peakPerS).toBeCloseTo(3 * first.workloads[0]!.peakPerS, 6);
    expect(later.servedRatio).toBe(0);
    const site = later.openSites[0]!;
    expect(site.powerLimitKw).toBe(2 * first.sites[site.index]!.powerLimitKw);
    expect(centralisedComparison(later)).toBe("In 2029, of 2 periods");
  });
});
