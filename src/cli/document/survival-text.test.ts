import { afterAll, describe, expect, it } from "vitest";
import { provingPlanner } from "../../../test/worlds/plan-worlds.ts";
import { testSite, tinyWorld } from "../../../test/worlds/tiny-world.ts";
import { planSummary } from "../planning/plan-summary.ts";

const { plan, close } = provingPlanner();
afterAll(close);

/** The summary of a plan for a world whose sites are alike but in name. */
async function summaryWith(names: readonly string[], resilience?: "site"): Promise<string> {
  const world = tinyWorld();
  return planSummary(
    await plan({
      ...world,
      sites: names.map((id) => testSite({ ...world.sites[0]!, id })),
      limits: { ...world.limits, ...(resilience && { resilience }) },
    }),
  );
}

describe("the summary of a plan that is to survive the loss of a site", () => {
  it("warns when requests have nowhere to go because no other place may serve them", async () => {
    expect(await summaryWith(["alone"], "site")).toContain(
      "warning: the loss of site alone would leave 100.0 % of the requests with nowhere to go",
    );
  });

  it("says so when everybody has somewhere to go", async () => {
    expect(await summaryWith(["one", "other"], "site")).toContain(
      "whatever single site is lost, its requests have somewhere to go",
    );
  });

  it("is silent where that was not asked for", async () => {
    expect(await summaryWith(["alone"])).not.toMatch(/somewhere to go|nowhere to go/);
  });
});
