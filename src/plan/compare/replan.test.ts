import { afterAll, describe, expect, it } from "vitest";
import { provingPlanner } from "../../../test/worlds/plan-worlds.ts";
import { tinyWorld } from "../../../test/worlds/tiny-world.ts";
import fc from "fast-check";
import { diffPlans } from "../explain/diff.ts";
import { movesUsdPerYear, standOn as standOnTerms, type StandOnOptions } from "./replan.ts";
import type { World } from "../../catalog/index.ts";
import type { PlanDocument } from "../document/plan-document.ts";
import { scaleDemand } from "./sensitivity-parameters.ts";
import { runs } from "../../../test/laws/runs.ts";

const standOn = (world: World, old: PlanDocument, movePriceRatio: number, capital: StandOnOptions["capital"] = "due") =>
  standOnTerms(world, old, { movePriceRatio, capital });

const { plan, close } = provingPlanner();
afterAll(close);

describe("planning again on what an old plan built", () => {
  it("changes nothing when the question is the same, and pays for no move", async () => {
    const old = await plan(tinyWorld());
    const again = await plan(standOn(tinyWorld(), old, 0.1).world);
    expect(diffPlans(old, again)).toMatchObject({ opened: [], closed: [], modules: [] });
    expect(movesUsdPerYear(again)).toBe(0);
    expect(again.cost!.capex.totalUsd).toBe(0);
  });

  it("adds to what stands when demand grows, at the price of a move on top", async () => {
    const old = await plan(tinyWorld());
    const grown = scaleDemand(tinyWorld(), 40);
    const free = await plan(standOn(grown, old, 0).world);
    const priced = await plan(standOn(grown, old, 0.5).world);
    const { modules } = diffPlans(old, priced);
    expect(modules.some((change) => change.after > change.before)).toBe(true);
    expect(movesUsdPerYear(priced)).toBeGreaterThan(0);
    expect(priced.objectiveUsdPerYear).toBeGreaterThan(free.objectiveUsdPerYear!);
  });

  it("leaves maintenance of what stands as it was, whatever a move costs", async () => {
    const old = await plan(tinyWorld());
    const [cheap, dear] = [
      await plan(standOn(tinyWorld(), old, 0).world),
      await plan(standOn(tinyWorld(), old, 9).world),
    ];
    expect(dear.cost!.byItem.maintenance).toBeCloseTo(cheap.cost!.byItem.maintenance, 6);
  });

  it("with no price on moves costs what a fresh plan costs, and with a prohibitive one moves nothing, whatever has changed", async () => {
    const old = await plan(tinyWorld());
    const change = fc.record({
      demand: fc.constantFrom(0.2, 1, 5, 40),
      electricity: fc.constantFrom(0.3, 1, 4),
      egress: fc.constantFrom(0.1, 1, 10),
      price: fc.constantFrom(0.5, 1, 2),
    });
    await fc.assert(
      fc.asyncProperty(change, async ({ demand, electricity, egress, price }) => {
        const grown = scaleDemand(tinyWorld(), demand);
        const world: World = {
          ...grown,
          finance: { ...grown.finance, acceleratorPriceFactor: price },
          // What changes is not the same everywhere, so that moving may pay.
          sites: grown.sites.map((site, index) => ({
            ...site,
            electricityUsdPerKwh: site.electricityUsdPerKwh * (index % 2 === 0 ? electricity : 1),
            egressUsdPerGB: site.egressUsdPerGB * (index % 2 === 1 ? egress : 1),
          })),
        };
        const fresh = await plan(world);
        const free = await plan(standOn(world, old, 0).world);
        expect(free.objectiveUsdPerYear! / fresh.objectiveUsdPerYear!).toBeCloseTo(1, 5);
        const stuck = await plan(standOn(world, old, 1e9).world);
        const { opened, modules } = diffPlans(old, stuck);
        expect(opened).toEqual([]);
        expect(modules.filter((entry) => entry.after > entry.before)).toEqual([]);
        expect(movesUsdPerYear(stuck)).toBe(0);
        const some = await plan(standOn(world, old, 0.3).world);
        expect(some.objectiveUsdPerYear!).toBeGreaterThanOrEqual(free.objectiveUsdPerYear! * (1 - 1e-6));
        expect(some.objectiveUsdPerYear!).toBeLessThanOrEqual(stuck.objectiveUsdPerYear! * (1 + 1e-6));
      }),
      {
        numRuns: runs(6),
        // Here the solver's modules are whole to a millionth only, and the shares that rely on it are not to be had.
        examples: [[{ demand: 40, electricity: 0.3, egress: 1, price: 1 }]],
      },
    );
  }, 120_000);

  it("costs upkeep and power only where the capital counts as spent", async () => {
    const old = await plan(tinyWorld());
    const again = await plan(standOn(tinyWorld(), old, 0.1, "spent").world);
    expect(again.cost!.byItem).toMatchObject({ accelerators: 0, building: 0, opening: 0, moves: 0 });
    expect(again.cost!.byItem.maintenance).toBeCloseTo(old.cost!.byItem.maintenance, 6);
  });

  it("stands on what a plan of several periods has when the new one begins", async () => {
    const world = tinyWorld();
    const twice = <T>(values: readonly T[], second: (value: T) => T): T[] => [values[0]!, second(values[0]!)];
    const years: World = {
      ...world,
      periods: [2027, 2028].map((startYear) => ({ id: `y${startYear}`, startYear, lengthYears: 1 })),
      demand: world.demand.map((row) => ({
        ...row,
        peakPerS: twice(row.peakPerS, (rate) => rate * 60),
        meanPerS: twice(row.meanPerS, (rate) => rate * 60),
      })),
      sites: world.sites.map((site) => ({ ...site, powerLimitKw: twice(site.powerLimitKw, (kw) => kw) })),
      modules: world.modules.map((it) => ({ ...it, supplyPerPeriod: twice(it.supplyPerPeriod, (count) => count) })),
      owners: world.owners.map((it) => ({ ...it, capexBudgetUsd: twice(it.capexBudgetUsd, (usd) => usd) })),
      limits: { ...world.limits, budgetUsd: twice(world.limits.budgetUsd, (usd) => usd) },
    };
    const old = await plan(years);
    const modules = (begin: number): number => {
      const later = { ...world, periods: [{ id: "now", startYear: begin, lengthYears: 1 }] };
      const { sites } = standOn(later, old, 0.1).world;
      return sites.flatMap((site) => site.installed).reduce((sum, { count }) => sum + count, 0);
    };
    const inService = (period: number): number =>
      old.horizon!.periods[period]!.deployment.pools.reduce((sum, pool) => sum + pool.count + pool.trainingCount, 0);
    expect(inService(1)).toBeGreaterThan(inService(0));
    expect([modules(2020), modules(2027), modules(2028), modules(2040)]).toEqual([0, 0, 1, 1].map(inService));
  });

  it("may close what no longer pays", async () => {
    const old = await plan(tinyWorld());
    const again = await plan(standOn(scaleDemand(tinyWorld(), 1e-6), old, 0.1).world);
    expect(diffPlans(old, again).closed.length).toBeGreaterThan(0);
  });

  it("names what the new scenario does not know or forbids", async () => {
    const old = await plan(tinyWorld());
    const world = tinyWorld();
    const used = new Set(old.deployment.pools.map((pool) => pool.site));
    const { lost } = standOn({ ...world, sites: world.sites.filter((_, site) => !used.has(site)) }, old, 0);
    expect(lost).toHaveLength(old.deployment.pools.length);
    expect(lost[0]).toMatch(/has no such site/);
    const forbidden = { ...world, sites: world.sites.map((site) => ({ ...site, status: "forbidden" as const })) };
    expect(standOn(forbidden, old, 0).lost[0]).toMatch(/forbids/);
  });
});
