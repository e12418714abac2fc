import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { acceleratorOf, accelerators, engineProfiles, modelOf, models, type ModelId } from "../catalog/index.ts";
import { benchmarkCapacityPerS } from "./benchmark-capacity.ts";
import { capacityPerS } from "./capacity.ts";
import { loadPoint, saturationPerS } from "./load-point.ts";
import { compileReplica } from "./compile-replica.ts";

const replicaOf = (model: ModelId, tensorParallel: number) =>
  compileReplica({
    accelerator: acceleratorOf("h200-sxm", accelerators["h200-sxm"]),
    tensorParallel,
    model: modelOf(model, models[model]),
    engine: engineProfiles.trtllm,
    weightPrecision: "fp8",
    kvPrecision: "fp8",
  })!;
const replica = replicaOf("llama-2-70b", 2);
const shape = { inputMean: 294, inputCv: 0.9, outputMean: 292, outputCv: 0.6, prefixHitRatio: 0 };
const interactive = { ttftMs: 450, tpotMs: 40, quantile: 0.99, engines: 1 };

describe("rate that a benchmark measures", () => {
  it("is that at which 99 of 100 requests keep the time per token, where that is what limits it", () => {
    const perS = benchmarkCapacityPerS(replica, shape, interactive);
    expect(perS).toBeGreaterThan(0);
    // Their mean is well within the limit then: with some dozen decoding, crowds differ.
    const meanMs = loadPoint(replica, shape, perS).tpotMs;
    expect(meanMs).toBeLessThan(0.95 * interactive.tpotMs);
    expect(meanMs).toBeGreaterThan(0.6 * interactive.tpotMs);
    const byMean = capacityPerS(replica, shape, { ttftMs: 450, quantile: 0.99, tpotMs: 40 });
    expect(perS).toBeLessThan(byMean);
  });

  it("rises with engines that share the requests, as crowds even out, and stays below what the mean would allow", () => {
    const rates = [1, 2, 4, 8, 64].map((engines) => benchmarkCapacityPerS(replica, shape, { ...interactive, engines }));
    expect(rates).toEqual(rates.toSorted((a, b) => a - b));
    expect(rates.at(-1)!).toBeGreaterThan(1.02 * rates[0]!);
    const byMean = capacityPerS(replica, shape, { ttftMs: 450, quantile: 0.99, tpotMs: 40 });
    expect(rates.at(-1)!).toBeLessThanOrEqual(1.02 * byMean);
  });

  it("never falls when a limit is relaxed", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 50, max: 3000, noNaN: true }),
        fc.double({ min: 15, max: 250, noNaN: true }),
        fc.double({ min: 1, max: 3, noNaN: true }),
        fc.integer({ min: 1, max: 8 }),
        (ttftMs, tpotMs, wider, engines) => {
          const limits = { ttftMs, tpotMs, quantile: 0.99, engines };
          const perS = benchmarkCapacityPerS(replica, shape, limits);
          expect(perS).toBeGreaterThanOrEqual(0);
          for (const relaxed of [{ ttftMs: ttftMs * wider }, { tpotMs: tpotMs * wider }]) {
            expect(benchmarkCapacityPerS(replica, shape, { ...limits, ...relaxed })).toBeGreaterThanOrEqual(perS);
          }
        },
      ),
    );
  });

  it("without limits counts on a cache that is kept full, which a plan does not", () => {
    const long = { inputMean: 800, inputCv: 0.8, outputMean: 3700, outputCv: 0.9, prefixHitRatio: 0 };
    const large = replicaOf("llama-3.1-70b", 2);
    expect(benchmarkCapacityPerS(large, long, null)).toBeGreaterThan(1.05 * saturationPerS(large, long));
  });

  it("is zero where an idle engine is too slow or a request does not fit", () => {
    expect(benchmarkCapacityPerS(replica, shape, { ...interactive, tpotMs: 1 })).toBe(0);
    expect(benchmarkCapacityPerS(replica, { ...shape, inputMean: 1e7 }, null)).toBe(0);
  });
});
