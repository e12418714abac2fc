import { afterAll, describe, expect, it } from "vitest";
import { provingPlanner } from "../../test/worlds/plan-worlds.ts";
import { tinyWorld } from "../../test/worlds/tiny-world.ts";
import { diffPlans } from "./diff.ts";
import { movesUsdPerYear, standOn } from "./replan.ts";
import { scaleDemand } from "./sensitivity-parameters.ts";

const { plan, close } = provingPlanner();
afterAll(close);

describe("planning again on what an old plan built", () => {
  it("changes nothing when the question is the same, and pays for no move", async () => {
    const old = await plan(tinyWorld());
    const again = await plan(standOn(tinyWorld(), old, 0.1).world);
    expect(diffPlans(old, again)).toMatchObject({ opened: [], closed: [], modules: [] });
    expect(movesUsdPerYear(again, 0.1)).toBe(0);
    expect(again.cost!.capex.totalUsd).toBe(0);
  });

  it("adds to what stands when demand grows, at the price of a move on top", async () => {
    const old = await plan(tinyWorld());
    const grown = scaleDemand(tinyWorld(), 40);
    const free = await plan(standOn(grown, old, 0).world);
    const priced = await plan(standOn(grown, old, 0.5).world);
    const { modules } = diffPlans(old, priced);
    expect(modules.some((change) => change.after > change.before)).toBe(true);
    expect(movesUsdPerYear(priced, 0.5)).toBeGreaterThan(0);
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
