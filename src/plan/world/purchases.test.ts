import { afterAll, describe, expect, it } from "vitest";
import { provingPlanner } from "../../../test/worlds/plan-worlds.ts";
import { largeModule, testSite, tinyWorld } from "../../../test/worlds/tiny-world.ts";
import type { World } from "../../catalog/index.ts";
import { moduleAnnualUsd } from "../../finance/index.ts";
import { everyPeriod } from "../document/period-view.ts";
import type { PlanDocument } from "../document/plan-document.ts";
import { standOn } from "../compare/replan.ts";
import { verifyPlan } from "../verify/verify-plan.ts";

const { plan, close } = provingPlanner();
afterAll(close);

/** What one large server trains, useful PFLOP/s. */
const each = 2.56;

/** A core with one server that stands there and training that needs so many of them per year. */
function trainingWorld(
  servers: readonly [number, number],
  prices: readonly [number, number],
  supply: [number | null, number | null] = [null, null],
): World {
  const world = tinyWorld({ demand: [] });
  return {
    ...world,
    periods: [2027, 2028].map((startYear) => ({ id: String(startYear), startYear, lengthYears: 1 })),
    modules: [{ ...largeModule, pricePerPeriodUsd: prices, supplyPerPeriod: supply }],
    owners: world.owners.map((owner) => ({ ...owner, capexBudgetUsd: [null, null] })),
    sites: [
      testSite({
        id: "core",
        tier: "core",
        status: "existing",
        powerLimitKw: [500, 500],
        installed: [{ module: 0, count: 1 }],
      }),
    ],
    training: [
      {
        id: "run",
        pflops: servers.map((count) => count * each),
        mfuRatio: 0.4,
        precision: "bf16",
        countries: "*",
        unservedUsdPerPflopYear: 5e6,
      },
    ],
    limits: { ...world.limits, budgetUsd: [null, null] },
  };
}

const tellsIt = (document: PlanDocument): PlanDocument => JSON.parse(JSON.stringify(document)) as PlanDocument;

describe("modules that were installed stand idle while bought ones serve", () => {
  const cases = [
    { name: "where demand falls", servers: [2, 1], supply: [null, null], inService: [2, 1], idle: [0, 1] },
    {
      name: "where what is needed later can only be had now",
      servers: [1, 2],
      supply: [1, 0],
      inService: [1, 2],
      idle: [1, 0],
    },
  ] as const;

  for (const { name, servers, supply, inService, idle } of cases) {
    for (const prices of [[280_000, 280_000] as const, [280_000, 200_000] as const]) {
      it(`${name}, which is paid for and verified (prices ${prices.join(", ")})`, async () => {
        const world = trainingWorld(servers, prices, [...supply]);
        const document = await plan(world);
        const views = everyPeriod(document);
        expect(views.map(({ deployment }) => deployment.pools.reduce((sum, it) => sum + it.trainingCount, 0))).toEqual(
          inService,
        );
        expect(views.map((view) => (view.idle ?? []).reduce((sum, { count }) => sum + count, 0))).toEqual(idle);
        expect(document.horizon!.periods.map(({ purchases }) => purchases.length)).toEqual([1, 0]);
        const owed = moduleAnnualUsd(world, 0, 0, 0).acceleratorsUsd;
        for (const view of views) expect(view.cost!.byItem.accelerators).toBeCloseTo(owed, 6);
        expect(verifyPlan(tellsIt(document)).findings).toEqual([]);
      });
    }
  }

  it("and a document that calls the bought one installed is refused", async () => {
    const document = await plan(trainingWorld([2, 1], [280_000, 280_000]));
    const told = tellsIt(document) as { horizon: { periods: { deployment: { vintages?: unknown } }[] } } & PlanDocument;
    delete told.horizon.periods[1]!.deployment.vintages;
    expect(verifyPlan(told).ok).toBe(false);
  });

  it("and both stand when it is planned again", async () => {
    const world = trainingWorld([2, 1], [280_000, 280_000]);
    const old = await plan(world);
    const later = { ...world, periods: world.periods.map((it) => ({ ...it, startYear: it.startYear + 1 })) };
    const again = standOn(later, old, { movePriceRatio: 0, capital: "due" });
    expect(again.world.sites[0]!.installed).toEqual([{ module: 0, count: 2, dueRatio: 0.5 }]);
  });
});
