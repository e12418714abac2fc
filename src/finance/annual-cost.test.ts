import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { testSite, tinyWorld } from "../../test/worlds/tiny-world.ts";
import {
  annualCost,
  annuityFactor,
  costItems,
  moduleAnnualUsd,
  requestUsd,
  secondsPerYear,
  siteAnnualUsd,
  trainingEnergyAnnualUsd,
  type DeploymentLike,
} from "./index.ts";

const world = tinyWorld();
const pool = (site: number, module: number, count: number, trainingCount = 0) => ({
  site,
  module,
  count,
  trainingCount,
});
const flow = (row: number, at: number, meanPerS: number, energyKwhPerRequest = 1e-5) => ({
  row,
  pool: at,
  meanPerS,
  energyKwhPerRequest,
});
const nothing: DeploymentLike = { pools: [], flows: [] };

describe("yearly cost of a deployment", () => {
  it("of nothing is the penalty for all demand, at its mean rate", () => {
    const cost = annualCost(world, nothing, 0);
    expect(cost.byItem.unserved).toBeCloseTo(4 * 9 * secondsPerYear * 0.01, 3);
    expect(cost.totalUsdPerYear).toBe(cost.byItem.unserved);
    expect(cost.bySite).toEqual([]);
  });

  it("is the sum of the unit prices that the planner uses", () => {
    const deployment: DeploymentLike = {
      pools: [pool(0, 0, 3), pool(1, 1, 2)],
      flows: [flow(0, 0, 9), flow(1, 1, 4)],
    };
    const expected =
      3 * moduleAnnualUsd(world, 0, 0).totalUsd +
      2 * moduleAnnualUsd(world, 1, 1).totalUsd +
      siteAnnualUsd(world, 0).totalUsd +
      siteAnnualUsd(world, 1).totalUsd +
      9 * secondsPerYear * requestUsd(world, 0, 0, 1e-5).totalUsd +
      4 * secondsPerYear * requestUsd(world, 1, 1, 1e-5).totalUsd +
      (5 + 9 + 9) * secondsPerYear * 0.01;
    expect(annualCost(world, deployment, 0).totalUsdPerYear).toBeCloseTo(expected, 2);
  });

  it("adds up the same by item, by tier and by site", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(2), fc.nat(1), fc.nat(9)), { maxLength: 6 }), (choices) => {
        const deployment = {
          pools: choices.map(([site, module, count]) => pool(site, module, count)),
          flows: choices.map((_, at) => flow(at % 4, at, 0.5)),
        };
        const cost = annualCost(world, deployment, 0);
        const penalties = cost.byItem.unserved + cost.byItem["training-unserved"];
        const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
        const near = (value: number) => expect(value / cost.totalUsdPerYear).toBeCloseTo(1, 12);
        near(sum(costItems.map((item) => cost.byItem[item])));
        near(sum(cost.byTier.map((tier) => tier.usdPerYear)) + penalties);
        near(sum(cost.bySite.map((site) => site.usdPerYear)) + penalties);
        expect(sum(cost.capex.byTier.map((tier) => tier.usd))).toBeCloseTo(cost.capex.totalUsd, 2);
      }),
    );
  });

  it("gives the same digits whatever the order of pools and flows", () => {
    const pools = [pool(0, 0, 3), pool(1, 1, 2), pool(2, 1, 1), pool(1, 0, 5)];
    const flows = [flow(0, 0, 1.1), flow(1, 1, 2.2), flow(2, 3, 3.3), flow(3, 2, 0.7), flow(0, 3, 0.1)];
    const straight = annualCost(world, { pools, flows }, 0);
    const order = [2, 0, 3, 1];
    const moved = {
      pools: order.map((index) => pools[index]!),
      flows: flows.toReversed().map((entry) => ({ ...entry, pool: order.indexOf(entry.pool) })),
    };
    expect(annualCost(world, moved, 0)).toEqual(straight);
  });

  it("charges no capital for what stands already, and for more only the difference", () => {
    const brownfield = tinyWorld({
      sites: [
        testSite({ id: "old", tier: "edge", status: "existing", installed: [{ module: 0, count: 4 }] }),
        testSite({ id: "new", tier: "core" }),
      ],
    });
    const kept = annualCost(brownfield, { pools: [pool(0, 0, 4)], flows: [] }, 0);
    expect(kept.capex.totalUsd).toBe(0);
    expect(kept.byItem.accelerators + kept.byItem.building + kept.byItem.opening).toBe(0);
    expect(kept.byItem.maintenance).toBeGreaterThan(0);
    expect(kept.byItem.energy).toBeGreaterThan(0);
    const grown = annualCost(brownfield, { pools: [pool(0, 0, 6)], flows: [] }, 0);
    expect(grown.byItem.accelerators).toBeCloseTo(2 * moduleAnnualUsd(brownfield, 0, 0).acceleratorsUsd, 6);
    // Open already, so it is paid for even when nothing runs there.
    const idle = annualCost(brownfield, nothing, 0);
    expect(idle.byItem.fixedOpex).toBe(30_000);
    expect(idle.byItem.opening).toBe(0);
  });

  it("prices a module by hand", () => {
    const price = moduleAnnualUsd(world, 0, 0);
    expect(price.acceleratorsUsd).toBeCloseTo(9000 * annuityFactor(0.08, 5), 9);
    expect(price.buildingUsd).toBeCloseTo(11_000 * 0.35 * annuityFactor(0.08, 14), 9);
    expect(price.maintenanceUsd).toBeCloseTo(360, 9);
    expect(price.idleEnergyUsd).toBeCloseTo(0.1 * 1.3 * 8760 * 0.12, 9);
  });

  it("lifts accelerators and their maintenance with a price shock, and nothing else", () => {
    const shocked = tinyWorld({ finance: { ...world.finance, acceleratorPriceFactor: 1.3 } });
    const before = moduleAnnualUsd(world, 0, 0);
    const after = moduleAnnualUsd(shocked, 0, 0);
    expect(after.acceleratorsUsd / before.acceleratorsUsd).toBeCloseTo(1.3, 12);
    expect(after.maintenanceUsd / before.maintenanceUsd).toBeCloseTo(1.3, 12);
    expect(after.buildingUsd).toBe(before.buildingUsd);
    expect(after.idleEnergyUsd).toBe(before.idleEnergyUsd);
  });

  it("runs training modules at full power and charges the training that is missing", () => {
    const training = {
      id: "t",
      mfuRatio: 0.4,
      precision: "bf16",
      countries: "*",
      unservedUsdPerPflopYear: 1e6,
    } as const;
    const trained = tinyWorld({ training: [{ ...training, pflops: [10] }] });
    // 8 chips × 800 TFLOP/s × 0.4 = 2.56 useful PFLOP/s per module.
    const cost = annualCost(trained, { pools: [pool(2, 1, 0, 3)], flows: [] }, 0);
    expect(cost.byItem["training-unserved"]).toBeCloseTo((10 - 3 * 2.56) * 1e6, 3);
    const modules = 3 * (moduleAnnualUsd(trained, 2, 1).idleEnergyUsd + trainingEnergyAnnualUsd(trained, 2, 1));
    expect(cost.byItem.energy).toBeCloseTo(modules, 3);
    const stated = { pools: [pool(2, 1, 0, 5)], flows: [], training: [{ demand: 0, pool: 0, modules: 2 }] };
    expect(annualCost(trained, stated, 0).byItem["training-unserved"]).toBeCloseTo((10 - 2 * 2.56) * 1e6, 3);
  });
});
