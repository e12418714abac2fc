import { describe, expect, it } from "vitest";
import { acceleratorOf, accelerators, engineProfiles, modelOf, models, type EngineProfile } from "../catalog/index.ts";
import { allReduce } from "./all-reduce.ts";

const sumsMs = (
  chip: keyof typeof accelerators,
  engine: keyof typeof engineProfiles | EngineProfile,
  tensorParallel: number,
  tokens: number,
) => {
  const sums = allReduce(
    {
      accelerator: acceleratorOf(chip, accelerators[chip]),
      tensorParallel,
      model: modelOf("llama-3.1-70b", models["llama-3.1-70b"]),
      engine: typeof engine === "string" ? engineProfiles[engine] : engine,
      weightPrecision: "fp8",
      kvPrecision: "fp8",
    },
    1,
  );
  return sums.startMs + tokens * sums.perTokenMs + (sums.beyondMs?.(tokens) ?? 0);
};

describe("sums over the accelerators of an engine", () => {
  it("take the time of the engine's own kernels where it has some: 128 tokens over two B200", () => {
    // 2.1 MB, two sums in each of 80 layers: 8 us each with TensorRT-LLM, 20 with SGLang 0.5.10. Between sizes times are read from
    // a curve that noise does not make fall, which lies up to a tenth above.
    expect(sumsMs("b200-sxm", "trtllm", 2, 128) / (160 * 0.008)).toBeCloseTo(1, 0.6);
    expect(sumsMs("b200-sxm", "sglang", 2, 128) / (160 * 0.02)).toBeCloseTo(1, 0.6);
  });

  it("take the chip's own times with an engine nobody measured them for", () => {
    expect(sumsMs("h100-sxm", "llamacpp", 4, 128)).toBe(sumsMs("h100-sxm", "vllm", 4, 128));
  });

  it("take the time of the kernels of the engine that one of a scenario is like", () => {
    const own = { ...engineProfiles.trtllm, id: "measured-here", like: "trtllm" };
    expect(sumsMs("b200-sxm", own, 2, 128)).toBe(sumsMs("b200-sxm", "trtllm", 2, 128));
    expect(sumsMs("b200-sxm", own, 2, 128)).toBeLessThan(sumsMs("b200-sxm", "vllm", 2, 128));
  });

  it.each([1, 16, 256, 4096])("over PCIe take no less with more cards, for %i tokens", (tokens) => {
    for (const chip of ["l40s", "rtx-pro-6000"] as const) {
      for (const engine of ["vllm", "trtllm", "sglang"] as const) {
        const [two, four, eight] = [2, 4, 8].map((cards) => sumsMs(chip, engine, cards, tokens));
        expect(four, `${chip} ${engine}`).toBeGreaterThanOrEqual(two!);
        expect(eight, `${chip} ${engine}`).toBeGreaterThan(two!);
      }
    }
  });
});
