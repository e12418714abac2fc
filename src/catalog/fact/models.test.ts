import { describe, expect, it } from "vitest";
import { countParameters, modelOf } from "./model-row.ts";
import { models } from "./models.ts";

describe("open models", () => {
  it.each(Object.entries(models))("%s counts the parameters its maker states", (_id, row) => {
    const { total, active } = countParameters(row.shape);
    expect(Math.abs(total / row.totalParameters.value - 1)).toBeLessThan(0.02);
    // Makers round active counts to the billion and some leave the input embedding out.
    expect(Math.abs(active / row.activeParameters.value - 1)).toBeLessThan(row.shape.experts ? 0.18 : 0.02);
  });

  it("covers 0.6 B to 405 B and mixtures of experts", () => {
    const sizes = Object.values(models).map((row) => row.totalParameters.value);
    expect(sizes.length).toBeGreaterThanOrEqual(12);
    expect(Math.min(...sizes)).toBeLessThan(0.65e9);
    expect(Math.max(...sizes)).toBeGreaterThan(400e9);
    expect(Object.values(models).filter((row) => row.shape.experts).length).toBeGreaterThanOrEqual(5);
  });

  it("gives latent attention its compressed cache", () => {
    // 61 layers × (512 + 64) elements × 2 bytes, DeepSeek-V3 report.
    expect(modelOf("deepseek-v3", models["deepseek-v3"]).kvBytesPerTokenBf16).toBe(70_272);
    expect(modelOf("llama-3.1-8b", models["llama-3.1-8b"]).kvBytesPerTokenBf16).toBeUndefined();
  });

  it("gives windows of attention no cache that grows", () => {
    const { attentionLayers, stateBytesPerSequence } = modelOf("gpt-oss-120b", models["gpt-oss-120b"]);
    expect(attentionLayers).toBe(18);
    // 18 layers × 128 tokens × 8 heads × 64 elements × 2 (key and value) × 2 bytes, half of it as it is read only.
    expect(stateBytesPerSequence).toBe(2_359_296);
  });

  it("counts operations of latent attention per head in prompts and on the latent vector in decoding", () => {
    const { attentionPairFlops } = modelOf("deepseek-v3", models["deepseek-v3"]);
    expect(attentionPairFlops).toEqual({ prompt: 2 * 128 * (192 + 128), decode: 2 * 128 * (576 + 512) });
    expect(modelOf("llama-3.1-8b", models["llama-3.1-8b"]).attentionPairFlops).toBeUndefined();
  });

  it("splits a mixture of experts into a part every token reads and the experts", () => {
    const model = modelOf("qwen3-30b-a3b", models["qwen3-30b-a3b"]);
    const experts = model.experts!;
    const always = model.totalParameters - experts.count * experts.parametersEach;
    expect(always).toBeGreaterThan(0);
    expect(always + experts.perToken * experts.parametersEach).toBeCloseTo(model.activeParameters, -8);
  });
});
