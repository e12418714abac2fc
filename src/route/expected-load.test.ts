import { describe, expect, it } from "vitest";
import { testArea, testSite, testWorkload, tinyWorld } from "../../test/worlds/tiny-world.ts";
import type { World } from "../catalog/index.ts";
import { expectedDemand, expectedLoadRatios } from "./expected-load.ts";
import { compileResidency } from "./residency.ts";

describe("load that engines are expected to have", () => {
  const world = (dataClass: string, peakPerS = 30): World =>
    tinyWorld({
      sites: ["AA", "DD", "ZZ"].map((country) => testSite({ id: `in-${country}`, tier: "core", country })),
      areas: ["DD", "ZZ"].map((country) => testArea({ id: `from-${country}`, country })),
      workloads: [testWorkload({ id: "chat", dataClass })],
      demand: [0, 1].map((area) => ({
        area,
        workload: 0,
        access: 0,
        peakPerS: [peakPerS, peakPerS],
        meanPerS: [peakPerS / 2, peakPerS / 2],
      })),
    });
  const mean = (loads: readonly number[]) => loads.reduce((sum, load) => sum + load, 0) / loads.length;
  const load = (of: World, modulePerS: number, headroomRatio = 0.8): number => {
    const [workload] = of.workloads;
    const demand = expectedDemand(of, compileResidency(of), workload!, () => false);
    return mean(expectedLoadRatios(demand, modulePerS, headroomRatio));
  };

  it("is the headroom times mean over peak where demand fills many modules", () => {
    expect(load(world("public", 1e6), 10)).toBeCloseTo(0.4, 3);
  });

  it("is lower where one module has more room than there is demand", () => {
    // 60 requests/s at the peak, 30 on average, on a module that carries 300.
    expect(load(world("public"), 300)).toBeCloseTo(30 / 300, 3);
    // A second module is half empty.
    expect(load(world("public"), 60)).toBeCloseTo(30 / 120, 3);
  });

  it("counts together only what law lets come together", () => {
    // Data of a class without a rule stays in its country.
    expect(load(world("secret"), 300)).toBeCloseTo(15 / 300, 3);
  });

  it("counts others that share the engines, by their tokens", () => {
    const alone = world("public");
    const [chat] = alone.workloads;
    const longer = testWorkload({
      id: "essay",
      dataClass: "public",
      outputTokens: { mean: 3 * chat!.outputTokens.mean, cv: 1 },
    });
    const both: World = {
      ...alone,
      workloads: [chat!, longer],
      demand: [...alone.demand, ...alone.demand.map((row) => ({ ...row, workload: 1 }))],
    };
    const shared = expectedDemand(both, compileResidency(both), chat!, () => true);
    expect(mean(expectedLoadRatios(shared, 3000, 0.8))).toBeCloseTo((4 * 30) / 3000, 3);
  });

  it("is spread over the day as far as the mean is from the peak", () => {
    const flat: World = {
      ...world("public", 1e6),
      demand: world("public", 1e6).demand.map((row) => ({ ...row, meanPerS: row.peakPerS })),
    };
    const of = (each: World) =>
      expectedLoadRatios(
        expectedDemand(each, compileResidency(each), each.workloads[0]!, () => false),
        10,
        0.8,
      );
    expect(new Set(of(flat)).size).toBe(1);
    const day = of(world("public", 1e6));
    expect(day).toEqual(day.toSorted((a, b) => b - a));
    expect(day[0]).toBeLessThan(0.8);
    expect(day[0]).toBeGreaterThan(10 * day.at(-1)!);
    expect(day.at(-1)).toBeGreaterThan(0);
  });

  it("is none where there is no demand", () => {
    expect(load({ ...world("public"), demand: [] }, 300)).toBe(0);
  });
});
