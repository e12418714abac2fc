import { describe, expect, it } from "vitest";
import { fixturePlan, fixtureSimulation } from "../../../test/e2e/console-fixture.ts";
import { attainmentGrid, overallAttainment } from "./attainment.ts";
import { buildBoard, siteCosts, sum } from "./board.ts";
import { centralisedComparison } from "./comparison.ts";
import { whyOpen } from "./why-open.ts";

const plan = fixturePlan();
const board = buildBoard(plan);

describe("the board a plan is shown from", () => {
  it("splits every site's cost into items that add up to what the plan says it costs", () => {
    for (const view of board.openSites) {
      expect(sum(siteCosts(board, view), ({ usdPerYear }) => usdPerYear)).toBeCloseTo(view.usdPerYear, 2);
    }
  });

  it("accounts for all demand: served and unserved shares add up to one", () => {
    for (const workload of board.workloads) {
      const unserved = sum(plan.unserved, (entry) => (entry.workload === workload.id ? entry.shareOfWorkload : 0));
      expect(workload.servedRatio + unserved).toBeCloseTo(1, 9);
    }
  });

  it("lists open sites only, dearest first, each with a reason", () => {
    const costs = board.openSites.map(({ usdPerYear }) => usdPerYear);
    expect(costs).toEqual(costs.toSorted((a, b) => b - a));
    expect(board.openSites).toHaveLength(plan.sites.length);
    for (const view of board.openSites) expect(whyOpen(board, view, null).length).toBeGreaterThan(0);
  });

  it("shows an infeasible plan without cost, sites or comparison", () => {
    const infeasible = buildBoard({
      ...plan,
      status: "infeasible",
      objectiveUsdPerYear: null,
      bestBoundUsdPerYear: null,
      relativeGap: null,
      cost: null,
      sites: [],
      deployment: { ...plan.deployment, pools: [], flows: [] },
      alternatives: { centralised: null },
    });
    expect(infeasible.openSites).toEqual([]);
    expect(infeasible.costByItem).toEqual([]);
    expect(infeasible.servedRatio).toBe(0);
    expect(centralisedComparison(infeasible)).toBe("No centralised alternative was planned.");
  });

  it("compares with the centralised alternative in words", () => {
    expect(centralisedComparison(board)).toMatch(/^23\.7 % less than centralised, \$/);
  });
});

describe("simulated attainment", () => {
  const simulation = fixtureSimulation(plan);

  it("marks a cell as met when its share reaches the workload's target", () => {
    const shop = attainmentGrid(board, simulation).find(({ workload }) => workload.id === "shop")!;
    expect(shop.byTier.map((cell) => cell?.met)).toEqual([false, true, true]);
    expect(shop.all?.met).toBe(true);
  });

  it("leaves cells without requests empty", () => {
    const gaming = attainmentGrid(board, simulation).find(({ workload }) => workload.id === "gaming")!;
    expect(gaming.byTier.slice(0, 2)).toEqual([null, null]);
  });

  it("weights workloads by their requests", () => {
    expect(overallAttainment(simulation)).toBeCloseTo((0.32 * 0.9631 + 1.21 * 0.9655 + 0.28 * 0.9989) / 1.81, 9);
  });
});
