import { afterAll, describe, expect, it } from "vitest";
import { expectPrinted, openExample, servingSites } from "../../test/cli/example.ts";

const example = openExample("micro-data-centre");
afterAll(example.close);

describe("cabinets in every city or one hall", () => {
  it("says not to distribute while nearness buys nothing, and serves everyone from the hall", async () => {
    const { plan, summary } = await example.plan();
    expectPrinted("micro-data-centre", summary);
    expect(servingSites(plan)).toEqual(["frankfurt"]);
    expect(plan.verdict).toMatchObject({ distribute: false });
    expect(plan.unserved).toEqual([]);
  });

  it("says to distribute when the first token must come within 22 ms, and what that is worth", async () => {
    const { plan } = await example.plan("--scenario", "voice");
    expect(servingSites(plan).filter((id) => id.startsWith("edge-")).length).toBeGreaterThan(5);
    expect(plan.verdict!.distribute).toBe(true);
    expect(plan.verdict!.savingUsdPerYear).toBeGreaterThan(1e6);
    expect(plan.alternatives.centralised!.servedRatio).toBeLessThan(0.2);
  });
});
