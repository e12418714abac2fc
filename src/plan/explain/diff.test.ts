import { afterAll, describe, expect, it } from "vitest";
import { provingPlanner } from "../../../test/worlds/plan-worlds.ts";
import { tinyWorld } from "../../../test/worlds/tiny-world.ts";
import { diffPlans } from "./diff.ts";
import { keepToTiers } from "../compare/compare.ts";

const { plan, close } = provingPlanner();
afterAll(close);

describe("the difference of two plans", () => {
  it("is nothing between a plan and itself", async () => {
    const only = await plan(tinyWorld());
    const diff = diffPlans(only, only);
    expect(diff).toMatchObject({ differs: false, sameInput: true, opened: [], closed: [], modules: [], unserved: [] });
  });

  it("names sites opened and closed, and the two directions mirror each other", async () => {
    const free = await plan(tinyWorld());
    const core = await plan(keepToTiers(tinyWorld(), ["core"]));
    const there = diffPlans(free, core);
    const back = diffPlans(core, free);
    expect(there.differs).toBe(true);
    expect(there.opened).toEqual(back.closed);
    expect(there.closed).toEqual(back.opened);
    expect(there.closed.length).toBeGreaterThan(0);
    expect(there.modules.map(({ before, after }) => [after, before])).toEqual(
      back.modules.map(({ before, after }) => [before, after]),
    );
  });

  it("splits the change of cost into items that add up to it", async () => {
    const free = await plan(tinyWorld());
    const core = await plan(keepToTiers(tinyWorld(), ["core"]));
    const { items, before, after } = diffPlans(free, core);
    const sum = items.reduce((total, item) => total + item.after! - item.before!, 0);
    expect(sum).toBeCloseTo(after.objectiveUsdPerYear - before.objectiveUsdPerYear, 3);
  });

  it("matches sites by id, not by position", async () => {
    const world = tinyWorld();
    const turned = { ...world, sites: world.sites.toReversed() };
    expect(diffPlans(await plan(world), await plan(turned)).modules).toEqual([]);
  });

  it("counts a module that goes here and comes there as moved", async () => {
    const before = await plan(tinyWorld());
    const pool = before.deployment.pools[0]!;
    const other = before.world.sites.findIndex((_, site) => site !== pool.site);
    const after = {
      ...before,
      deployment: { ...before.deployment, pools: [{ ...pool, site: other }, ...before.deployment.pools.slice(1)] },
    };
    const { moves } = diffPlans(before, after);
    expect(moves).toEqual([expect.objectContaining({ moved: pool.count + pool.trainingCount, added: 0, removed: 0 })]);
  });

  it("refuses a plan that does not exist", async () => {
    const only = await plan(tinyWorld());
    const none = { ...only, status: "infeasible" as const, objectiveUsdPerYear: null };
    expect(() => diffPlans(only, none)).toThrow(RangeError);
  });
});
