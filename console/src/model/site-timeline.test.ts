import { describe, expect, it } from "vitest";
import { fixturePlan, fixtureSimulation } from "../../../test/e2e/console-fixture.ts";
import { buildBoard } from "./board.ts";
import { agreementBySite } from "./plan-agreement.ts";
import { siteTimeline } from "./site-timeline.ts";

const plan = fixturePlan();
const board = buildBoard(plan);
const result = fixtureSimulation(plan);

describe("siteTimeline", () => {
  it("adds sites up to tiers and puts the sites that missed most requests first", () => {
    const timeline = siteTimeline(board, result, 3)!;
    expect(timeline.fromS).toHaveLength(60);
    const tiers = timeline.rows.filter((row) => row.isTier);
    const total = result.siteWindows.reduce((sum, entry) => sum + entry.completed, 0);
    expect(tiers.reduce((sum, row) => sum + row.completed, 0)).toBe(total);
    const sites = timeline.rows.filter((row) => !row.isTier);
    expect(sites).toHaveLength(3);
    expect(sites[0]!.id).toBe(plan.world.sites[plan.sites[0]!.site]!.id);
    expect(sites[0]!.cells[25]!.ratio).toBeLessThan(0.75);
    expect(sites[0]!.cells[5]!.ratio).toBeGreaterThan(0.95);
    expect(timeline.hidden).toBe(plan.sites.length - 3);
  });

  it("says nothing where the result kept no windows by site", () => {
    expect(siteTimeline(board, { ...result, siteWindows: [] }, 3)).toBeNull();
  });
});

describe("agreementBySite", () => {
  it("adds pools up to sites and tells chance, moves and losses apart", () => {
    const [pool] = plan.deployment.pools;
    const entry = (completedRequests: number) => ({
      pool: pool!.id,
      plannedRequests: 10_000,
      completedRequests,
      relativeDifference: null,
      standardScore: null,
    });
    const rows = (completed: number, inAll = 10_000) => {
      const totals = { plannedRequests: 10_000, completedRequests: inAll, movedRatio: 0.02 };
      return agreementBySite(board, {
        ...result,
        agreement: { ...result.agreement, ...totals, pools: [entry(completed)] },
      });
    };
    expect(rows(10_200)).toEqual([
      expect.objectContaining({ planned: 10_000, completed: 10_200, difference: 0.02, explainedBy: "chance" }),
    ]);
    expect(rows(9_000)[0]).toMatchObject({ difference: -0.1, explainedBy: "moved" });
    // Nobody served them elsewhere, or nobody had asked for them.
    expect(rows(9_000, 9_000)[0]!.explainedBy).toBe("refused or lost");
    expect(rows(12_000, 12_000)[0]!.explainedBy).toBe("more demand");
  });
});
