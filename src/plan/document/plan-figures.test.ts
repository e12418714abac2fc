import { afterAll, describe, expect, it } from "vitest";
import { provingPlanner } from "../../../test/worlds/plan-worlds.ts";
import { smallModule, tinyWorld } from "../../../test/worlds/tiny-world.ts";
import type { World } from "../../catalog/index.ts";
import { figuresOf } from "./plan-figures.ts";
import { everyPeriod, lastPeriod, viewPeriod } from "./period-view.ts";

const { plan, close } = provingPlanner();
afterAll(close);

/** A world of `factors.length` years whose demand is that of the tiny world times each factor. */
function yearsOf(factors: readonly number[]): World {
  const world = tinyWorld({ modules: [smallModule] });
  const each = <T>(value: T): T[] => factors.map(() => value);
  return {
    ...world,
    periods: factors.map((_, index) => ({ id: `${2027 + index}`, startYear: 2027 + index, lengthYears: 1 })),
    modules: world.modules.map((module) => ({ ...module, leadTimeYears: 0, supplyPerPeriod: each(null) })),
    owners: world.owners.map((owner) => ({ ...owner, capexBudgetUsd: each(null) })),
    // No two sites cost the same, so that there is one best plan only.
    sites: world.sites.map((site, index) => ({
      ...site,
      powerLimitKw: each(site.powerLimitKw[0]!),
      fixedOpexUsdPerYear: site.fixedOpexUsdPerYear + 100 * index,
    })),
    demand: world.demand.map((row) => ({
      ...row,
      peakPerS: factors.map((factor) => factor * row.peakPerS[0]!),
      meanPerS: factors.map((factor) => factor * row.meanPerS[0]!),
    })),
    limits: { ...world.limits, budgetUsd: each(null) },
  };
}

describe("the figures of a plan", () => {
  it("split the objective into what is built and run and what is not served", async () => {
    const document = await plan(tinyWorld());
    const figures = figuresOf(document)!;
    expect(figures.buildAndRunUsdPerYear + figures.unservedUsdPerYear).toBeCloseTo(document.objectiveUsdPerYear!, 6);
    expect(figures.capexUsd).toBe(document.cost!.capex.totalUsd);
  });

  it("of years that are all alike are those of one year", async () => {
    const [one, three] = [figuresOf(await plan(yearsOf([1])))!, figuresOf(await plan(yearsOf([1, 1, 1])))!];
    expect(three.objectiveUsdPerYear).toBeCloseTo(one.objectiveUsdPerYear, 3);
    expect(three.bestBoundUsdPerYear).toBeLessThanOrEqual(three.objectiveUsdPerYear * (1 + 1e-9));
    expect(three.capexUsd).toBeCloseTo(one.capexUsd, 3);
    expect(three.servedRatio).toBeCloseTo(one.servedRatio, 9);
    expect(three.openSites).toEqual(one.openSites);
  });

  it("count what is bought at the price of the year it is bought in", async () => {
    const world = yearsOf([1, 30]);
    const document = await plan({ ...world, finance: { ...world.finance, modulePriceFactorPerPeriod: [1, 2] } });
    const [first, second] = document.horizon!.periods;
    // What the second year counts as capital is all that stands in it, each at the price it was bought at.
    expect(second!.purchases.length).toBeGreaterThan(0);
    expect(figuresOf(document)!.capexUsd).toBeCloseTo(second!.cost.capex.totalUsd, 3);
    expect(figuresOf(document)!.capexUsd).toBeGreaterThan(first!.cost.capex.totalUsd);
  });

  it("of growing years lie between those of the first and the last", async () => {
    const document = await plan(yearsOf([1, 30]));
    const yearly = everyPeriod(document).map((view) => view.objectiveUsdPerYear!);
    const { objectiveUsdPerYear } = figuresOf(document)!;
    expect(objectiveUsdPerYear).toBeGreaterThan(Math.min(...yearly));
    expect(objectiveUsdPerYear).toBeLessThan(Math.max(...yearly));
  });
});

describe("one period of a plan of several", () => {
  it("is a plan of its own, with its own sites in use", async () => {
    const document = await plan(yearsOf([1, 30]));
    const last = lastPeriod(document);
    expect(last.period).toBe(1);
    expect(last.horizon).toBeNull();
    expect(figuresOf(last)!.objectiveUsdPerYear).toBe(document.horizon!.periods[1]!.objectiveUsdPerYear);
    const served = last.sites.reduce((sum, load) => sum + load.servedPerS, 0);
    const flows = last.deployment.flows.reduce((sum, flow) => sum + flow.peakPerS, 0);
    expect(served).toBeCloseTo(flows, 6);
  });

  it("cannot be looked at when the plan does not cover it", async () => {
    const document = await plan(yearsOf([1]));
    expect(() => viewPeriod(document, 3)).toThrow(RangeError);
  });
});
