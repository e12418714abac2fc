import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { layOutEngines, layOutWhatFits, type EngineNeed } from "./engine-layout.ts";

/** An engine whose model takes `leastRatio` of an accelerator, and that carries as much with any more. */
const need = (workload: number, engines: number, tensorParallel = 1, leastRatio = 0.2): EngineNeed => ({
  workloads: [workload],
  tensorParallel,
  engines,
  plannedPerS: engines * 10,
  memory: { leastRatio, busyEngines: () => 0 },
});

describe("the engines of a pool", () => {
  it("are whole and at full speed where they fit, and the spare goes to the busiest", () => {
    const [large, small] = layOutEngines([need(0, 2.9), need(1, 0.2)], 5, 0.8)!;
    expect(large).toMatchObject({ replicas: 4, speedRatio: 1 });
    expect(small).toMatchObject({ replicas: 1, speedRatio: 1 });
  });

  it("give up reserve before they share accelerators", () => {
    const [large, small] = layOutEngines([need(0, 3.6), need(1, 0.3)], 4, 0.8)!;
    expect(large).toMatchObject({ replicas: 3, speedRatio: 1 });
    expect(small).toMatchObject({ replicas: 1, speedRatio: 1 });
  });

  it("that share accelerators slow each other by what the other uses, not by what each was given", () => {
    const [large, small] = layOutEngines([need(0, 3.92), need(1, 0.08)], 4, 0.8)!;
    expect(large!.replicas).toBe(4);
    // One of four replicas meets the small engine, which is busy for 6.4 % of the time.
    expect(large!.speedRatio).toBeCloseTo((3 + 1 / 1.064) / 4, 6);
    // The small engine meets a replica that is busy for 78.4 % of the time.
    expect(small!.speedRatio).toBeCloseTo(1 / 1.784, 6);
  });

  it("that share accelerators divide the memory, and those that do not keep it whole", () => {
    const [large, small] = layOutEngines([need(0, 3.92), need(1, 0.08)], 4, 0.8)!;
    // Both take a fifth at least; what is left goes by the time each is busy, 0.784 to 0.064.
    expect(large!.memoryRatio).toBe(0.75);
    expect(small!.memoryRatio).toBe(0.24);
    const alone = layOutEngines([need(0, 2.9), need(1, 0.2)], 5, 0.8)!;
    expect(alone.map((group) => group.memoryRatio)).toEqual([undefined, undefined]);
  });

  it("are ready for what failures bring, without slowing what is there on every day", () => {
    const reserve = { ...need(1, 0), reserveEngines: 1.2 };
    expect(layOutEngines([need(0, 1.5), reserve], 4, 0.8)).toMatchObject([
      { replicas: 2, speedRatio: 1, plannedPerS: 15 },
      { replicas: 2, speedRatio: 1, plannedPerS: 0 },
    ]);
    const [large, small] = layOutEngines([need(0, 3.92), { ...need(1, 0), reserveEngines: 0.08 }], 4, 0.8)!;
    expect(large).toMatchObject({ replicas: 4, speedRatio: 1 });
    expect(small!.speedRatio).toBeCloseTo(1 / 1.784, 6);
  });

  it("go beside those that leave room, not where least is going on", () => {
    const [, , third] = layOutEngines([need(0, 1, 1, 0.9), need(1, 0.9, 1, 0.5), need(2, 0.1, 1, 0.4)], 2, 1)!;
    expect(third).toMatchObject({ replicas: 1, memoryRatio: expect.closeTo(0.41, 1) as number });
  });

  it("have no layout where their models do not fit, and then the largest fit alone", () => {
    const needs = [need(0, 0.2, 1, 0.6), need(1, 0.7, 1, 0.6)];
    expect(layOutEngines(needs, 1, 0.8)).toBeNull();
    expect(layOutWhatFits(needs, 1, 0.8)).toMatchObject([
      { workloads: [0], replicas: 0 },
      { workloads: [1], replicas: 1, speedRatio: 1 },
    ]);
  });

  it("have no layout where the share of one carries less than is planned", () => {
    const slow = { ...need(0, 0.9), memory: { leastRatio: 0.2, busyEngines: (ratio: number) => 0.7 / ratio } };
    expect(layOutEngines([slow, need(1, 0.1)], 1, 0.8)).toBeNull();
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
        const groups = layOutEngines(entries, accelerators, headroom)!;
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
