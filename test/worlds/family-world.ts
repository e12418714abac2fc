import fc from "fast-check";
import type { DemandRow, World } from "../../src/catalog/index.ts";
import { tinyWorld } from "./tiny-world.ts";

const sometimes = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { freq: 2 });

/**
 * The tiny world with the limits that work both ways and across sites, each on or off: power upgrades, closing, a least share,
 * a least use, links to a parent, allotments, debt with a least coverage, prices, memory; for least cost or most value.
 */
export const familyWorld: fc.Arbitrary<World> = fc
  .record({
    rates: fc.array(fc.double({ min: 0.5, max: 60, noNaN: true }), { minLength: 4, maxLength: 4 }),
    powerKw: fc.array(fc.constantFrom(0.6, 14, 14, 500), { minLength: 3, maxLength: 3 }),
    penaltyUsd: fc.constantFrom(0.000_5, 0.01),
    priceUsd: fc.constantFrom(0.000_4, 0.008),
    objective: fc.constantFrom("min-cost" as const, "max-npv" as const),
    upgrade: sometimes(fc.constantFrom(1_000, 60_000)),
    closing: sometimes(fc.constantFrom(-5_000, 10_000, 3_000_000)),
    mustClose: fc.boolean(),
    share: sometimes(fc.constantFrom("modules" as const, "power" as const, "compute" as const)),
    leastUse: sometimes(fc.constantFrom(0.3, 0.8)),
    backhaul: sometimes(fc.constantFrom(0.001, 0.003)),
    needsParent: fc.boolean(),
    allotment: sometimes(fc.constantFrom(0, 1)),
    coverage: sometimes(fc.constantFrom(1.3, 6)),
    memoryFactor: fc.constantFrom(1, 2.2),
    budgetUsd: sometimes(fc.constantFrom(60_000, 500_000)),
  })
  .map((draw) => {
    const world = tinyWorld();
    const demand = world.demand.map((row, index): DemandRow => ({
      ...row,
      peakPerS: [draw.rates[index]!],
      meanPerS: [draw.rates[index]! * 0.4],
    }));
    const debt = { shareRatio: 0.5, ratePerYear: 0.07, leastCoverage: draw.coverage };
    return {
      ...world,
      objective: draw.objective,
      finance: { ...world.finance, memoryPriceFactorPerPeriod: [draw.memoryFactor] },
      demand,
      workloads: world.workloads.map((workload) => ({
        ...workload,
        unservedUsdPerRequest: draw.penaltyUsd,
        priceUsdPerRequest: draw.priceUsd,
        ...(draw.backhaul !== null && { backhaulBytes: 20_000 }),
      })),
      modules: world.modules.map((module, index) => ({
        ...module,
        memoryShareRatio: 0.1,
        ...(draw.leastUse !== null && index === 0 && { minUtilizationRatio: draw.leastUse }),
      })),
      owners: [
        { ...world.owners[0]!, id: "near" },
        {
          ...world.owners[0]!,
          id: "far",
          capexBudgetUsd: [draw.budgetUsd],
          ...(draw.coverage !== null && { debt }),
          ...(draw.allotment !== null && { allotments: [{ module: 0, perPeriod: [draw.allotment] }] }),
        },
      ],
      sites: world.sites.map((site, index) => ({
        ...site,
        owner: index === 0 ? 0 : 1,
        powerLimitKw: [draw.powerKw[index]!],
        ...(index === 1 &&
          draw.upgrade !== null && { upgrades: [{ addedKw: 14, priceUsd: draw.upgrade, leadTimeYears: 0 }] }),
        ...(index === 0 &&
          draw.closing !== null && {
            status: "existing" as const,
            closingCostUsd: draw.closing,
            installed: [{ module: 0, count: 1 }],
            ...(draw.mustClose && { closedFromPeriod: 0 }),
          }),
        ...(index === 1 &&
          draw.backhaul !== null && { parent: 2, backhaulGbps: draw.backhaul, backhaulUsdPerGbpsYear: 6_000 }),
        ...(index === 0 && draw.needsParent && { parent: 1, needsParent: true }),
      })),
      limits: {
        ...world.limits,
        ...(draw.share !== null && {
          shares: [{ id: "away", leastRatio: 0.5, of: draw.share, sites: [1, 2], among: [0, 1, 2] }],
        }),
      },
    };
  });
