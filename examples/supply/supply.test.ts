import { afterAll, describe, expect, it } from "vitest";
import { modulePriceUsd } from "../../src/finance/index.ts";
import type { PlanDocument } from "../../src/plan/index.ts";
import { expectPrinted, openExample } from "../../test/cli/example.ts";
import { runCliHere } from "../../test/cli/run-cli.ts";

const example = openExample("supply");
afterAll(example.close);
const once = example.plan();

/** Racks in service by the end of each period. */
function racksOf({ world, horizon }: PlanDocument): number[] {
  return horizon!.periods.map(({ deployment }) =>
    deployment.pools
      .filter(({ module }) => world.modules[module]!.id === "vr200-nvl72")
      .reduce((sum, { count, trainingCount }) => sum + count + trainingCount, 0),
  );
}

describe("training on what can be had", () => {
  it("buys no more racks than are allotted, and tells what training goes without", async () => {
    const { plan, summary, file } = await once;
    expectPrinted("supply", summary);
    expect(racksOf(plan)).toEqual([1, 2, 4]);
    const [first, second] = plan.horizon!.periods;
    expect(first!.cost.byItem["training-unserved"]).toBeCloseTo(0, 3);
    expect(second!.cost.byItem["training-unserved"]).toBeGreaterThan(0);
    // What counts against an allotment is what the period buys, not what stands from before.
    const limit = "allotment of vr200-nvl72 to fund";
    const told = await runCliHere(["explain", "limit", limit, "--plan", file]);
    expect(told.stdout).toMatch(/2029 +2\.00 modules +2\.00 modules/);
  });

  it("pays a third more for a rack while memory is dear", async () => {
    const { plan } = await once;
    const { plan: shocked } = await example.plan("--scenario", "memory-shock");
    const rise = (period: number) => modulePriceUsd(shocked.world, 0, period) / modulePriceUsd(plan.world, 0, period);
    expect(rise(0)).toBe(1);
    expect(rise(1)).toBeCloseTo(1.31, 2);
    expect(shocked.horizon!.presentCostUsd).toBeGreaterThan(plan.horizon!.presentCostUsd);
  });

  it("has no rack in the first year when one takes a year, and no power before the upgrade is there", async () => {
    const { plan } = await example.plan("--scenario", "late-racks");
    expect(racksOf(plan)[0]).toBe(0);
    expect(racksOf(plan)[1]).toBeGreaterThan(0);
    expect(plan.horizon!.periods[0]!.deployment.upgrades ?? []).toEqual([]);
  });
});
