import { describe, expect, test } from "vitest";
import { acceleratorOf, accelerators, engineProfiles, modelOf, models, type ModelId } from "../catalog/index.ts";
import { compileReplica } from "./compile-replica.ts";
import { expertTerms } from "./expert-terms.ts";
import type { ReplicaSpec } from "./memory.ts";

const spec = (model: ModelId, more: Partial<ReplicaSpec> = {}): ReplicaSpec => ({
  accelerator: acceleratorOf("h100-sxm", accelerators["h100-sxm"]),
  tensorParallel: 4,
  model: modelOf(model, models[model]),
  engine: engineProfiles.vllm,
  weightPrecision: "fp8",
  kvPrecision: "bf16",
  ...more,
});

describe("expertTerms", () => {
  test("adds nothing to a dense model", () => {
    const dense = expertTerms(spec("llama-3.1-70b"), engineProfiles.vllm);
    expect([dense.sequenceMs, dense.layersMs, dense.tokenMs, dense.beyondMs(100)]).toEqual([0, 0, 0, 0]);
  });

  test("has each sequence choose its experts in every layer, however they are cut", () => {
    const [two, four] = [2, 4].map((tensorParallel) =>
      expertTerms(spec("qwen3-235b-a22b", { tensorParallel }), engineProfiles.vllm),
    );
    expect(two!.sequenceMs).toBeGreaterThan(0);
    expect(four!.sequenceMs).toBe(two!.sequenceMs);
    const smaller = expertTerms(spec("qwen3-30b-a3b"), engineProfiles.vllm).sequenceMs;
    expect(four!.sequenceMs / smaller).toBeCloseTo(94 / 48);
  });

  test("shares the sequences where attention runs in parallel over them", () => {
    const sequenceMs = (attentionDataParallel: boolean) =>
      compileReplica(spec("qwen3-235b-a22b", { attentionDataParallel }))!.perSequenceMs;
    expect(sequenceMs(true)).toBeLessThan(sequenceMs(false));
  });
});
