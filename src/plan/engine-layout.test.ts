import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { layOutEngines, type EngineNeed } from "./engine-layout.ts";

const need = (workload: number, engines: number, tensorParallel = 1): EngineNeed => ({
  workloads: [workload],
  tensorParallel,
  engines,
  plannedPerS: engines * 10,
});

describe("the engines of a pool", () => {
  it("are whole and at full speed where they fit, and the spare goes to the busiest", () => {
    const [large, small] = layOutEngines([need(0, 2.9), need(1, 0.2)], 5, 0.8);
    expect(large).toMatchObject({ replicas: 4, speedRatio: 1 });
    expect(small).toMatchObject({ replicas: 1, speedRatio: 1 });
  });

  it("give up reserve before they share accelerators", () => {
    const [large, small] = layOutEngines([need(0, 3.6), need(1, 0.3)], 4, 0.8);
    expect(large).toMatchObject({ replicas: 3, speedRatio: 1 });
    expect(small).toMatchObject({ replicas: 1, speedRatio: 1 });
  });

  it("that share accelerators slow each other by what the other uses, not by what each was given", () => {
    const [large, small] = layOutEngines([need(0, 3.92), need(1, 0.08)], 4, 0.8);
    expect(large!.replicas).toBe(4);
    // One of four replicas meets the small engine, which is busy for 6.4 % of the time.
    expect(large!.speedRatio).toBeCloseTo((3 + 1 / 1.064) / 4, 6);
    // The small engine meets a replica that is busy for 78.4 % of the time.
    expect(small!.speedRatio).toBeCloseTo(1 / 1.784, 6);
  });

  it("carry what was planned, whatever the needs", () => {
    const needs = fc
      .array(fc.tuple(fc.double({ min: 0.01, max: 6, noNaN: true }), fc.constantFrom(1, 2, 4)), {
        minLength: 1,
        maxLength: 4,
      })
      .map((entries) => entries.map(([engines, tensorParallel], index) => need(index, engines, tensorParallel)));
    fc.assert(
      fc.property(needs, fc.double({ min: 0.5, max: 1, noNaN: true }), (entries, headroom) => {
        const used = entries.reduce((sum, { engines, tensorParallel }) => sum + engines * tensorParallel, 0);
        // Whole modules of four accelerators, as many as the needs take.
        const accelerators = Math.max(1, Math.ceil(used / 4)) * 4;
        const groups = layOutEngines(entries, accelerators, headroom);
        expect(groups.map(({ workloads }) => workloads)).toEqual(entries.map(({ workloads }) => workloads));
        for (const [index, { replicas, speedRatio }] of groups.entries()) {
          expect(speedRatio).toBeGreaterThan(0);
          expect(speedRatio).toBeLessThanOrEqual(1);
          const busy = (entries[index]!.engines * headroom) / replicas;
          expect(busy / speedRatio).toBeLessThanOrEqual(1 + 1e-9);
        }
      }),
    );
  });
});
