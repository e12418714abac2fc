import { describe, expect, it } from "vitest";
import { testArea, testSite, tinyWorld } from "../../../test/worlds/tiny-world.ts";
import { deployEverywhere } from "../../../test/worlds/random-world.ts";
import type { Callers } from "../../catalog/index.ts";
import { simulate } from "./simulate.ts";

/** What the engines below answer in time when asked no more often, requests/s, found by trial; the first test checks it. */
const capacityPerS = 200;

const who = (account: string, priority: Callers["priority"], shareRatio: number): Callers => ({
  account,
  accounts: 1,
  shareRatio,
  priority,
  weight: 1,
});

/** Twelve areas around three sites of several engines each, whose load is known a quarter of a second late. */
function asked(perS: number, callers?: readonly Callers[]) {
  const tiny = tinyWorld();
  const places = [46, 48, 50].flatMap((latitude) => [6, 8, 10, 12].map((longitude) => ({ latitude, longitude })));
  const world = tinyWorld({
    sites: [46, 48, 50].map((latitude, i) => testSite({ id: `site-${i}`, tier: "edge", latitude, longitude: 9 })),
    // Steps of many sequences that take longer than a queue that counts as none.
    engines: tiny.engines.map((engine) => ({ ...engine, maxSequences: 512, stepPerSequenceUs: 120 })),
    areas: places.map((at, i) => testArea({ id: `area-${i}`, ...at })),
    workloads: [
      {
        ...tiny.workloads[0]!,
        ttft: { budgetMs: 250, attainmentRatio: 0.95 },
        inputTokens: { mean: 400, cv: 0.8 },
        outputTokens: { mean: 120, cv: 0.8 },
        ...(callers && { callers }),
      },
    ],
    demand: places.map((_, area) => ({ area, workload: 0, access: 0, peakPerS: [perS / 12], meanPerS: [perS / 12] })),
  });
  const options = { durationS: 40, warmUpS: 10, demand: "peak" as const, seed: 2 };
  return simulate({ world, deployment: deployEverywhere(world), options }).workloads[0]!;
}

describe("a simulated mesh that is asked for far more than it can do", () => {
  const perS = ({ arrived, attainmentOfArrivedRatio }: { arrived: number; attainmentOfArrivedRatio: number | null }) =>
    ((attainmentOfArrivedRatio ?? 0) * arrived) / 30;

  it("serves as many in time as when it is asked for what it can do", () => {
    expect(perS(asked(capacityPerS))).toBeGreaterThan(0.95 * capacityPerS);
    for (const factor of [2, 4])
      expect(perS(asked(factor * capacityPerS)), `${factor} times`).toBeGreaterThan(0.85 * capacityPerS);
  });

  it("serves those of high priority in time, however many others there are", () => {
    const callers = [who("urgent", "high", 0.15), who("bulk", "low", 0.85)];
    const [urgent, bulk] = asked(4 * capacityPerS, callers).callers!;
    expect(urgent!.completed / urgent!.arrived).toBeGreaterThan(0.99);
    expect(urgent!.attainmentOfArrivedRatio).toBeGreaterThan(0.9);
    expect(bulk!.completed / bulk!.arrived).toBeLessThan(0.25);
  });
});
