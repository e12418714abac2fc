import { describe, expect, test } from "vitest";
import { acceleratorOf, accelerators, engineProfiles, modelOf, models, type ModelId } from "../catalog/index.ts";
import { attentionTerms } from "./attention-terms.ts";
import type { ReplicaSpec } from "./memory.ts";

const spec = (model: ModelId, chip: "h100-sxm" | "b200-sxm", more: Partial<ReplicaSpec> = {}): ReplicaSpec => ({
  accelerator: acceleratorOf(chip, accelerators[chip]),
  tensorParallel: 1,
  model: modelOf(model, models[model]),
  engine: engineProfiles.vllm,
  weightPrecision: "bf16",
  kvPrecision: "bf16",
  ...more,
});

/** One layer's attention over one prompt, ms. */
function layerMs(of: ReplicaSpec, tokens: number): number {
  const { promptTokenMs, pairMs } = attentionTerms(of);
  return (promptTokenMs * tokens + (pairMs * tokens ** 2) / 2) / of.model.layers;
}

describe("attentionTerms", () => {
  // Kernels published with AIConfigurator (August 2026), 64 heads, 8 of them with a cache, bf16: the quickest and the slowest of
  // vLLM, SGLang and TensorRT-LLM.
  test.each([
    ["h100-sxm", 1024, 0.055, 0.087],
    ["h100-sxm", 4096, 0.48, 0.65],
    ["h100-sxm", 16_384, 7.1, 8.3],
    ["b200-sxm", 4096, 0.27, 0.34],
    ["b200-sxm", 16_384, 3.4, 3.9],
  ] as const)("takes on %s for a prompt of %i tokens what kernels of Llama 70B take", (chip, tokens, least, most) => {
    const ms = layerMs(spec("llama-3.1-70b", chip), tokens);
    expect(ms).toBeGreaterThan(0.9 * least);
    expect(ms).toBeLessThan(1.2 * most);
  });

  test("is spread over the accelerators that share the heads", () => {
    const [one, four] = [1, 4].map((tensorParallel) =>
      layerMs(spec("llama-3.1-70b", "h100-sxm", { tensorParallel }), 4096),
    );
    expect(one! / four!).toBeCloseTo(4);
  });

  test("passes a prompt through one accelerator where sequences are spread", () => {
    const spread = spec("llama-3.1-70b", "h100-sxm", { tensorParallel: 4, attentionDataParallel: true });
    expect(attentionTerms(spread).promptTokenMs).toBeCloseTo(
      attentionTerms(spec("llama-3.1-70b", "h100-sxm")).promptTokenMs,
    );
  });
});
