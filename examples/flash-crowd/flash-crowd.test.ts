import { afterAll, describe, expect, it } from "vitest";
import type { SimulationResult } from "../../src/simulate/index.ts";
import { expectPrinted, openExample } from "../../test/cli/example.ts";

const example = openExample("flash-crowd");
afterAll(example.close);

const crowd = ["--seconds", "180", "--fault", "crowd×6:country:FR@60s+120s"];
const planned = example.plan();

/** Share of the requests sent while the crowd was there, or before it came, that kept their objective. */
function keptBetween({ windows }: SimulationResult, fromS: number, toS: number): number {
  const inside = windows.filter((window) => window.fromS >= fromS && window.fromS < toS);
  const sum = (name: "arrived" | "withinSlo") =>
    inside.reduce((total, { workloads }) => total + workloads.reduce((all, each) => all + each[name], 0), 0);
  return sum("withinSlo") / sum("arrived");
}

function completedAt({ sites }: SimulationResult, id: string): number {
  return sites.find((site) => site.site === id)?.completed ?? 0;
}

function energyKwh({ pools }: SimulationResult): number {
  return pools.reduce((sum, pool) => sum + pool.energyKwh, 0);
}

async function run(...args: string[]) {
  const { file } = await planned;
  const { result, summary } = await example.simulate(file, ...crowd, ...args);
  const { arrived, completed, rejected, inFlight } = result.requests;
  expect(completed + rejected + inFlight).toBe(arrived);
  expect(result.residencyViolations).toBe(0);
  return { result, summary };
}

const unscaled = run();

describe("six times the users of France at once", () => {
  it("is spread over the neighbours by the policy, so that the promise holds", async () => {
    const { result, summary } = await unscaled;
    expectPrinted("flash-crowd", summary);
    expect(keptBetween(result, 60, 180)).toBeGreaterThan(0.95);
    expect(completedAt(result, "paris")).toBeLessThan(result.requests.arrived / 3);
  });

  it("breaks the promise where everybody goes to the nearest site, and only while the crowd is there", async () => {
    const { result } = await run("--rule", "nearest");
    expect(keptBetween(result, 0, 60)).toBeGreaterThan(0.95);
    expect(keptBetween(result, 60, 180)).toBeLessThan(0.8);
  });

  it("is felt until engines have started, where they are up only when needed; that takes less energy", async () => {
    const { result: steady } = await unscaled;
    const { result: scaled } = await run("--autoscale", "on");
    expect(scaled.requests.arrived).toBe(steady.requests.arrived);
    const turnedAway = ({ workloads }: SimulationResult) =>
      workloads[0]!.rejections.find(({ reason }) => reason === "overloaded")?.count ?? 0;
    expect(turnedAway(steady)).toBe(0);
    expect(turnedAway(scaled)).toBeGreaterThan(0.005 * scaled.requests.arrived);
    expect(scaled.workloads[0]!.ttftMs.p99!).toBeGreaterThan(1.25 * steady.workloads[0]!.ttftMs.p99!);
    expect(scaled.pools.reduce((sum, pool) => sum + pool.engineStarts, 0)).toBeGreaterThan(0);
    expect(energyKwh(scaled)).toBeLessThan(energyKwh(steady));
  });
});
