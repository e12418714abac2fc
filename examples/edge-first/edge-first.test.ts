import { afterAll, describe, expect, it } from "vitest";
import { expectPrinted, openExample } from "../../test/cli/example.ts";

const example = openExample("edge-first");
afterAll(example.close);

const peak = ["--seconds", "20", "--demand", "peak"];

/** Bytes that arrive at the core, and at all sites. */
async function bytesIn(...scenario: string[]) {
  const { file, summary, plan } = await example.plan(...scenario);
  const { result } = await example.simulate(file, ...peak);
  const sum = (links: typeof result.links) => links.reduce((total, link) => total + link.bytesIn, 0);
  return {
    core: sum(result.links.filter(({ to }) => to === "frankfurt")),
    all: sum(result.links),
    result,
    summary,
    plan,
  };
}

describe("pictures that are looked at beside the line", () => {
  it("leave no more than words for the core, and are looked at in time", async () => {
    const first = await bytesIn();
    expectPrinted("edge-first", first.summary);
    expect(first.core).toBeGreaterThan(0);
    expect(first.core).toBeLessThan(first.all / 1000);
    expect(first.plan.unserved).toEqual([]);
    const look = first.result.workloads.find(({ workload }) => workload === "look")!;
    expect(look.ttftAttainmentRatio!).toBeGreaterThanOrEqual(look.targetRatio);
  });

  it("go to the core whole where nothing stands beside it", async () => {
    const raw = await bytesIn("--scenario", "raw");
    expect(raw.core).toBe(raw.all);
    expect(raw.core).toBeGreaterThan(1e9);
  });
});
