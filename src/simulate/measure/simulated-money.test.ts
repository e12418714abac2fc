import { describe, expect, it } from "vitest";
import { deployEverywhere } from "../../../test/worlds/random-world.ts";
import { testArea, testSite, testWorkload, tinyWorld } from "../../../test/worlds/tiny-world.ts";
import type { World } from "../../catalog/index.ts";
import { annualCost, hoursPerYear } from "../../finance/index.ts";
import type { Deployment } from "../../route/index.ts";
import { simulate } from "../run/simulate.ts";

describe("money of a simulation", () => {
  const base = tinyWorld();
  /** A year later memory is half the price; the site was given more power and rents its lines to the region by the peak. */
  const world: World = {
    ...base,
    areas: [testArea({ id: "town" })],
    sites: [
      testSite({ id: "region", tier: "regional" }),
      testSite({
        id: "edge",
        tier: "edge",
        parent: 0,
        backhaulUsdPerGbpsYear: 40_000,
        upgrades: [{ addedKw: 100, priceUsd: 900_000, leadTimeYears: 0 }],
      }),
    ],
    workloads: [testWorkload({ id: "chat", backhaulBytes: 1e6 })],
    demand: [{ area: 0, workload: 0, access: 0, peakPerS: [5, 5], meanPerS: [5, 5] }],
    finance: { ...base.finance, modulePriceFactorPerPeriod: [1, 0.5] },
  };
  const everywhere = deployEverywhere(world, (site) => site === 1);
  const flow = { row: 0, pool: 0, peakPerS: 5, meanPerS: 5, energyKwhPerRequest: 0 };
  const deployment: Deployment = {
    ...everywhere,
    period: 1,
    flows: [flow],
    upgrades: [{ site: 1, upgrade: 0 }],
    vintages: everywhere.pools.map(({ site, module, count }) => ({ site, module, count, period: 0 })),
  };

  it("stands at what the plan says a year costs: old modules at their old price, upgrades, lines rented for the peak", () => {
    const standing = (one: Deployment): number =>
      simulate({ world, deployment: one, options: { durationS: 30, rateFactor: 0.1 } }).money.standingUsd;
    const perYear = (standing(deployment) / 30) * 3600 * hoursPerYear;
    const planned = annualCost(world, deployment, 1).byItem;
    expect(planned.backhaul).toBeGreaterThan(0);
    expect(planned.upgrades).toBeGreaterThan(0);
    const { accelerators, building, opening, upgrades, fixedOpex, maintenance, energy, backhaul } = planned;
    expect(perYear).toBeCloseTo(
      accelerators + building + opening + upgrades + fixedOpex + maintenance + energy + backhaul,
      3,
    );
    // Each of them makes a difference.
    const { vintages: _, ...boughtNow } = deployment;
    for (const less of [boughtNow, { ...deployment, upgrades: [] }, { ...deployment, flows: [] }])
      expect(standing(less)).toBeLessThan(standing(deployment) * 0.9999);
  });

  it("counts the energy of steps that go on after the span as far as they lie in it", () => {
    const long: World = {
      ...world,
      workloads: [
        testWorkload({
          id: "story",
          inputTokens: { mean: 100, cv: 0 },
          outputTokens: { mean: 4000, cv: 0 },
          ttft: { budgetMs: 5000, attainmentRatio: 0.5 },
        }),
      ],
    };
    const busy = (durationS: number): number =>
      simulate({
        world: long,
        deployment: deployEverywhere(long),
        options: { durationS, demand: "peak" },
      }).pools.reduce((sum, pool) => sum + pool.utilization * durationS, 0);
    // Answers take half a minute: none that began in the first five seconds ends in the next five.
    const [five, ten] = [busy(5), busy(10)];
    expect(five).toBeGreaterThan(3);
    expect(ten).toBeGreaterThan(five + 3);
  });
});
