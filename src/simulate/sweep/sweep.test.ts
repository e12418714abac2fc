import { describe, expect, it } from "vitest";
import { deployEverywhere } from "../../../test/worlds/random-world.ts";
import { tinyWorld } from "../../../test/worlds/tiny-world.ts";
import { RandomStream } from "../chance/random.ts";
import { simulate } from "../run/simulate.ts";
import { sweepRecord } from "./sweep-record.ts";
import { interval, summarizeSeeds, sweepCases } from "./sweep.ts";

describe("sweepCases", () => {
  it("lists every combination once, under a name of its own", () => {
    const cases = sweepCases({
      seeds: [1, 2, 3],
      rules: ["disperse", "nearest"],
      rateFactors: [1, 2],
      faults: { none: [], core: [{ kind: "down", where: { tier: "core" }, fromS: 1 }] },
    });
    expect(cases).toHaveLength(24);
    expect(new Set(cases.map((entry) => entry.id)).size).toBe(24);
    expect(new Set(cases.map((entry) => entry.setting)).size).toBe(8);
  });

  it("keeps what is not varied", () => {
    const [only] = sweepCases({ seeds: [7] }, { durationS: 5 });
    expect(only).toEqual({ setting: "base", id: "base seed=7", options: { durationS: 5, seed: 7 } });
  });
});

describe("interval", () => {
  it("covers the true mean about as often as it says", () => {
    for (const n of [2, 4, 8, 30]) {
      const random = new RandomStream(n, "coverage");
      let covered = 0;
      for (let trial = 0; trial < 2000; trial++) {
        const { mean, halfWidth } = interval(Array.from({ length: n }, () => random.normal()))!;
        if (Math.abs(mean) <= halfWidth!) covered++;
      }
      expect(Math.abs(covered / 2000 - 0.95)).toBeLessThan(0.02);
    }
  });

  it("does not invent a spread from one value, nor a mean from none", () => {
    expect(interval([3])).toEqual({ mean: 3, halfWidth: null, seeds: 1 });
    expect(interval([null, null])).toBeNull();
  });
});

describe("summarizeSeeds", () => {
  it("tells the spread between seeds", () => {
    const world = tinyWorld();
    const deployment = deployEverywhere(world);
    const cases = sweepCases({ seeds: [1, 2, 3, 4] }, { durationS: 20, windowS: 10 });
    const summary = summarizeSeeds(cases.map(({ options }) => sweepRecord(simulate({ world, deployment, options }))));
    const [first] = summary.workloads;
    expect(first!.ttftP50Ms!.seeds).toBe(4);
    expect(first!.ttftP50Ms!.halfWidth).toBeGreaterThan(0);
    expect(summary.residencyViolations).toBe(0);
  });
});
