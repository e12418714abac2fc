import { afterAll, describe, expect, it } from "vitest";
import { expectPrinted, openExample } from "../../test/cli/example.ts";

const example = openExample("outage");
afterAll(example.close);

const dark = ["--seconds", "600", "--fault", "site:vienna@120s+300s"];

describe("a site that goes dark for five minutes", () => {
  it("is not noticed where the others have room, but for the requests in progress there", async () => {
    const { file } = await example.plan();
    const { result, summary } = await example.simulate(file, ...dark);
    expectPrinted("outage", summary);
    const { arrived, completed, rejected, inFlight } = result.requests;
    expect(completed + rejected + inFlight).toBe(arrived);
    expect(completed / arrived).toBeGreaterThan(0.998);
    const [chat] = result.workloads;
    expect(chat!.ttftAttainmentRatio!).toBeGreaterThanOrEqual(chat!.targetRatio);
  });

  it("breaks the promise of a mesh with a tenth in reserve, which turns some away so that the others are served in time", async () => {
    const { file } = await example.plan("--scenario", "lean");
    const { result } = await example.simulate(file, ...dark);
    const [chat] = result.workloads;
    const inTheDark = result.windows
      .filter(({ fromS }) => fromS >= 120 && fromS < 420)
      .map(({ workloads }) => workloads[0]!);
    const sum = (of: (window: (typeof inTheDark)[number]) => number) =>
      inTheDark.reduce((total, window) => total + of(window), 0);
    expect(sum(({ withinSlo }) => withinSlo) / sum(({ arrived }) => arrived)).toBeLessThan(chat!.targetRatio);
    expect(chat!.ttftAttainmentRatio!).toBeGreaterThan(chat!.targetRatio);
    const overloaded = chat!.rejections.find(({ reason }) => reason === "overloaded")!.count;
    expect((chat!.completed + overloaded) / chat!.arrived).toBeGreaterThan(0.998);
  });
});
