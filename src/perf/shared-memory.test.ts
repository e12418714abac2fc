import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { smallModel, smallModule, testEngine } from "../../test/worlds/tiny-world.ts";
import { fit, type ReplicaSpec } from "./memory.ts";
import { divideMemory, leastMemoryRatio } from "./shared-memory.ts";

const spec: ReplicaSpec = {
  accelerator: smallModule.accelerator,
  tensorParallel: 1,
  model: smallModel,
  engine: testEngine,
  weightPrecision: "bf16",
  kvPrecision: "bf16",
};

describe("an engine with a share of the memory", () => {
  it("holds as many tokens less as the bytes it does without", () => {
    const [all, half] = [fit(spec), fit({ ...spec, memoryRatio: 0.5 })];
    if (!all.ok || !half.ok) throw new Error("both fit");
    const bytes = smallModule.accelerator.memoryGB * 1024 ** 3 * 0.98 * testEngine.memoryUtilization * 0.5;
    const perToken = 2 * smallModel.layers * smallModel.kvHeads * smallModel.headDim * 2;
    const missing = all.kvTokenCapacity - half.kvTokenCapacity;
    expect(Math.abs(missing - bytes / perToken)).toBeLessThanOrEqual(testEngine.kvBlockTokens);
  });

  it("runs with the least share, and can hold the request it is for; a hundredth less is too little", () => {
    const ratio = leastMemoryRatio(spec, 4000);
    const least = fit({ ...spec, memoryRatio: ratio });
    expect(least.ok && least.kvTokenCapacity).toBeGreaterThanOrEqual(4000 - testEngine.kvBlockTokens);
    const less = fit({ ...spec, memoryRatio: ratio - 0.01 });
    expect(less.ok ? less.kvTokenCapacity : 0).toBeLessThan(4000);
  });

  it("cannot be had for a model that does not fit alone", () => {
    expect(leastMemoryRatio({ ...spec, model: { ...smallModel, totalParameters: 2e10 } }, 100)).toBeGreaterThan(1);
  });
});

describe("memory divided between engines", () => {
  const ask = fc.record({
    leastRatio: fc.integer({ min: 1, max: 70 }).map((parts) => parts / 100),
    busyRatio: fc.double({ min: 0, max: 1, noNaN: true }),
  });

  it("is never more than there is, never less than each needs, and more for who is busier", () => {
    fc.assert(
      fc.property(fc.array(ask, { minLength: 1, maxLength: 4 }), (asks) => {
        const ratios = divideMemory(asks);
        const needed = asks.reduce((sum, { leastRatio }) => sum + leastRatio, 0);
        expect(ratios === null).toBe(needed > 1 + 1e-9);
        if (ratios === null) return;
        expect(ratios.reduce((sum, ratio) => sum + ratio, 0)).toBeLessThanOrEqual(1 + 1e-9);
        for (const [i, { leastRatio, busyRatio }] of asks.entries()) {
          expect(ratios[i]).toBeGreaterThanOrEqual(leastRatio - 1e-9);
          for (const [j, other] of asks.entries()) {
            // Up to the hundredth that each is rounded down to.
            const more = ratios[i]! - leastRatio - (ratios[j]! - other.leastRatio);
            if (busyRatio >= other.busyRatio) expect(more).toBeGreaterThan(-0.01 - 1e-9);
          }
        }
      }),
      {
        examples: [
          [
            [
              { leastRatio: 0.7, busyRatio: 1 },
              { leastRatio: 0.4, busyRatio: 0 },
            ],
          ],
        ],
      },
    );
  });

  it("is all of it for who is alone", () => {
    expect(divideMemory([{ leastRatio: 0.3, busyRatio: 0.1 }])).toEqual([1]);
  });
});
