import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { acceleratorOf, accelerators, engineProfiles, modelOf, models } from "../catalog/index.ts";
import { capacityPerS, compileReplica, engineSpec, fit, loadPoint, predictionClass, saturationPerS } from "./index.ts";

function specOf(split: { prefillUnits: number; decodeUnits: number; transferGBps?: number }, chips: number) {
  return engineSpec({
    accelerator: acceleratorOf("h100-sxm", accelerators["h100-sxm"]),
    accelerators: chips,
    model: modelOf("llama-3.1-8b", models["llama-3.1-8b"]),
    engine: { ...engineProfiles.vllm, split },
    weightPrecision: "fp8",
    kvPrecision: "fp8",
  });
}
const splits = fc.record({
  prefillUnits: fc.constantFrom(1, 2),
  decodeUnits: fc.constantFrom(1, 2, 3),
  transferGBps: fc.constantFrom(1, 10, 400),
});
const shapes = fc.record({
  inputMean: fc.integer({ min: 10, max: 12_000 }),
  inputCv: fc.constantFrom(0, 0.5, 1.5),
  outputMean: fc.integer({ min: 1, max: 1500 }),
  outputCv: fc.constantFrom(0, 0.7),
  prefixHitRatio: fc.constantFrom(0, 0.5),
});

describe("prompts and answers on separate units, in closed form", () => {
  it("gives each unit its share of the accelerators, and refuses what does not divide", () => {
    expect(specOf({ prefillUnits: 1, decodeUnits: 3 }, 8)?.tensorParallel).toBe(2);
    expect(specOf({ prefillUnits: 1, decodeUnits: 3 }, 2)).toBeNull();
  });

  it("is slower at every higher rate, never NaN, and relaxing a limit never lowers the rate", () => {
    fc.assert(
      fc.property(splits, shapes, fc.double({ min: 0.01, max: 0.98, noNaN: true }), (split, shape, share) => {
        const replica = compileReplica(specOf(split, split.prefillUnits + split.decodeUnits)!)!;
        const most = saturationPerS(replica, shape);
        const [less, more] = [
          loadPoint(replica, shape, share * most),
          loadPoint(replica, shape, (share + 0.01) * most),
        ];
        for (const time of ["tpotMs", "ttftMeanMs", "ttftP95Ms", "e2eMeanMs"] as const) {
          expect(less[time], time).toBeGreaterThan(0);
          expect(more[time], time).toBeGreaterThanOrEqual(less[time] * (1 - 1e-9));
        }
        const within = (ttftMs: number, tpotMs: number) =>
          capacityPerS(replica, shape, { ttftMs, quantile: 0.95, tpotMs });
        expect(within(2000, 40)).toBeGreaterThanOrEqual(within(1000, 40));
        expect(within(1000, 60)).toBeGreaterThanOrEqual(within(1000, 40));
        expect(within(1e6, 1e6)).toBeLessThanOrEqual(most * (1 + 1e-9));
      }),
    );
  });

  it("carries no more than its links do", () => {
    const shape = { inputMean: 4000, inputCv: 0, outputMean: 100, outputCv: 0, prefixHitRatio: 0 };
    const replica = compileReplica(specOf({ prefillUnits: 1, decodeUnits: 1, transferGBps: 1 }, 2)!)!;
    expect(saturationPerS(replica, shape)).toBeCloseTo(1e9 / (4000 * 65_536), 1);
  });

  it("needs a way for the cache: a link between the chips, or a stated one", () => {
    const lone = {
      ...specOf({ prefillUnits: 1, decodeUnits: 1 }, 2)!,
      accelerator: acceleratorOf("jetson-agx-thor", accelerators["jetson-agx-thor"]),
    };
    expect(fit(lone)).toMatchObject({ ok: false, reason: expect.stringContaining("no link") as string });
    const stated = { ...lone, engine: { ...lone.engine, split: { prefillUnits: 1, decodeUnits: 1, transferGBps: 1 } } };
    expect(fit(stated).ok).toBe(true);
  });

  it("is called extrapolated, as no measured run had it", () => {
    expect(predictionClass(compileReplica(specOf({ prefillUnits: 1, decodeUnits: 1 }, 2)!)!).kind).toBe("extrapolated");
  });
});
