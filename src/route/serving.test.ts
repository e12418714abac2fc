import { describe, expect, it } from "vitest";
import { tinyWorld } from "../../test/worlds/tiny-world.ts";
import { compilePolicy } from "./policy.ts";

describe("what a module can do for a workload", () => {
  const world = tinyWorld({});

  it("is worked out once, however many worlds ask, and whatever prices they have", () => {
    const dearer = structuredClone(world);
    for (const each of dearer.modules) Object.assign(each, { priceUsd: 2 * each.priceUsd, leadTimeYears: 3 });
    expect(compilePolicy(dearer).serving.every((each, i) => each === compilePolicy(world).serving[i])).toBe(true);
  });

  it("is the same in all but its energy, whatever places and demand they have", () => {
    const elsewhere = { ...structuredClone(world), sites: [], demand: [] };
    const asked = compilePolicy(world).serving;
    for (const [i, { options }] of compilePolicy(elsewhere).serving.entries()) {
      expect(options).toHaveLength(asked[i]!.options.length);
      for (const [layout, option] of options.entries()) {
        const before = asked[i]!.options[layout]!;
        expect(option.replica).toBe(before.replica);
        expect({ ...option, energyKwhPerRequest: 0 }).toEqual({ ...before, energyKwhPerRequest: 0 });
        // Nobody to share a step with.
        expect(option.energyKwhPerRequest).toBeGreaterThanOrEqual(before.energyKwhPerRequest);
      }
    }
  });

  it("is another for another share of requests in time, length, chip or engine", () => {
    const changes: ((other: typeof world) => void)[] = [
      (other) => other.workloads.forEach((each) => Object.assign(each.ttft, { attainmentRatio: 0.77 })),
      (other) => other.workloads.forEach((each) => Object.assign(each.inputTokens, { mean: 777 })),
      (other) => other.modules.forEach((each) => Object.assign(each.accelerator, { memoryGBps: 777 })),
      (other) => other.engines.forEach((each) => Object.assign(each, { stepFixedMs: 77, byGeneration: {} })),
    ];
    const curves = (other: typeof world) =>
      compilePolicy(other).serving.map(({ options }) => options.map(({ budgetMs, ratePerS }) => [budgetMs, ratePerS]));
    for (const change of changes) {
      const other = structuredClone(world);
      change(other);
      expect(curves(other)).not.toEqual(curves(world));
    }
  });
});
