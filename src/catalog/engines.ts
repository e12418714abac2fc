import type { EngineCalibration, EngineProfile } from "./world.ts";

/**
 * Inference engines as coefficients of the step time (`perf` documents the formula).
 *
 * vLLM, TensorRT-LLM and SGLang: own fit, 26 November 2026, on runs of real engines at fixed concurrency published with
 * AIConfigurator (Apache-2.0, snapshot of 21 August 2026; vLLM 0.10 to 0.19, H100, B200 and B300). Set-ups measured
 * more than once with times more than 15 % apart were left out, as they hide options such as draft models. `npm run -s
 * bench -- engine-fit CSV` repeats the fit and prints the errors below. `requestOverheadMs` is not the fitted value, which
 * holds the load generator's own delay as well.
 * Published scripts tell which runs guessed tokens ahead, held requests back or had a step budget of their own
 * (`perf/benchmark-settings.ts`); without them TensorRT-LLM's errors at the 90th percentile are half as large again.
 * All models that vLLM was measured with have 60 to 80 layers, which cannot tell a cost per step from a cost per layer; the
 * fit stays near 0.3 ms per step, which TensorRT-LLM shows over 32 to 94 layers. A replay of vLLM 0.19 with 32 layers on a
 * chip outside the fit (RTX PRO 6000) is then within 5 % in the mean end-to-end time.
 *
 * vLLM's coefficients differ by generation of chips: with each model left out in turn, fits of H100 and of B300 alone, held
 * near the common one, err by 6.7 and 7.3 % in the median and 11 and 14 % at the 90th percentile, the common one by 6.4 and
 * 8.4 % and 16 and 17 %. Fits of B200 alone, and of the other engines by generation, err as much or more and are not used.
 *
 * | engine | runs | error of time per token, median / p90 | chip left out, p90 | model left out, p90 |
 * | ------ | ---- | ------------------------------------- | ------------------ | ------------------- |
 * | vLLM | 561 | 6.3 % / 16 % | 17 to 20 % | 16 to 19 % |
 * | TensorRT-LLM | 568 | 6.5 % / 24 % | 26 to 30 % | 19 to 34 % |
 * | SGLang | 416 (DeepSeek, GLM, Qwen3.5) | 9.2 % / 28 % | 27 to 38 % | 21 to 45 % |
 */

/** Server defaults of vLLM 0.19; the memory overhead makes Llama-3.1-8B leave 41,408 tokens on a 24 GB card, as measured. */
const shared = {
  maxBatchedTokens: 8192,
  maxSequences: 512,
  memoryUtilization: 0.9,
  overheadGB: 1.2,
  overheadBytesPerBatchedToken: 4000,
  kvBlockTokens: 16,
} as const;

export const engineProfiles = {
  vllm: {
    id: "vllm",
    name: "vLLM",
    stepFixedMs: 0.365,
    stepPerLayerUs: 44.9,
    stepPerExpertLayerUs: 30.8,
    stepPerSequenceUs: 13.8,
    memoryCoefficient: 0.931,
    expertMemoryCoefficient: 0.869,
    computeCoefficient: 0.928,
    expertComputeCoefficient: 0.645,
    communicationCoefficient: 1.1,
    promptPerExpertLayerMs: 0.105,
    byGeneration: {
      hopper: {
        stepFixedMs: 0.454,
        stepPerLayerUs: 53.9,
        stepPerExpertLayerUs: 39.2,
        stepPerSequenceUs: 20.3,
        memoryCoefficient: 0.949,
        expertMemoryCoefficient: 0.894,
        computeCoefficient: 0.922,
        expertComputeCoefficient: 0.723,
        communicationCoefficient: 1.14,
        promptPerExpertLayerMs: 0.213,
      },
      "blackwell-ultra": {
        stepFixedMs: 0.344,
        stepPerLayerUs: 42.8,
        stepPerExpertLayerUs: 28.7,
        stepPerSequenceUs: 11.7,
        memoryCoefficient: 0.877,
        expertMemoryCoefficient: 0.747,
        computeCoefficient: 0.999,
        expertComputeCoefficient: 0.769,
        communicationCoefficient: 1.25,
        promptPerExpertLayerMs: 0,
      },
    },
    // From arrival to the queue, fitted on vLLM 0.15 by the BLIS simulator's authors (15.6 ms, August 2026).
    requestOverheadMs: 15.6,
    ...shared,
    confidence: "measured",
  },
  trtllm: {
    id: "trtllm",
    name: "TensorRT-LLM",
    stepFixedMs: 0.37,
    stepPerLayerUs: 35.6,
    stepPerExpertLayerUs: 32,
    stepPerSequenceUs: 22.9,
    memoryCoefficient: 0.886,
    expertMemoryCoefficient: 0.915,
    computeCoefficient: 0.828,
    expertComputeCoefficient: 0.632,
    communicationCoefficient: 1.03,
    promptPerExpertLayerMs: 1.44,
    // Assumed: the C++ runtime without a Python server in front; MLPerf v5.1 shows 34 ms to first token under full load.
    requestOverheadMs: 3,
    ...shared,
    confidence: "measured",
  },
  sglang: {
    id: "sglang",
    name: "SGLang",
    stepFixedMs: 0.407,
    stepPerLayerUs: 52.6,
    stepPerExpertLayerUs: 32.6,
    stepPerSequenceUs: 22.7,
    memoryCoefficient: 0.912,
    expertMemoryCoefficient: 0.913,
    computeCoefficient: 0.943,
    expertComputeCoefficient: 0.881,
    communicationCoefficient: 1.26,
    promptPerExpertLayerMs: 2.25,
    // Assumed as vLLM's: the same kind of Python server.
    requestOverheadMs: 15.6,
    ...shared,
    confidence: "measured",
  },
  /**
   * For boxes and modules with one chip. Solved from TensorRT Edge-LLM 0.4 and 0.7 on Jetson AGX Thor at batch 1 (54.9
   * tokens/s of Llama-3.1-8B, 170.4 of Qwen3-1.7B, 318.6 of Qwen3-0.6B, all NVFP4); few figures, one chip.
   */
  "edge-llm": {
    id: "edge-llm",
    name: "TensorRT Edge-LLM",
    stepFixedMs: 0.3,
    stepPerLayerUs: 55,
    stepPerExpertLayerUs: 40,
    stepPerSequenceUs: 20,
    memoryCoefficient: 0.93,
    computeCoefficient: 1,
    communicationCoefficient: 1,
    // 8.8 ms prefill of 383 tokens by Qwen3-0.6B, less the step and the arithmetic.
    requestOverheadMs: 4,
    ...shared,
    maxBatchedTokens: 2048,
    maxSequences: 64,
    memoryUtilization: 0.8,
    confidence: "vendor",
  },
} as const satisfies Record<string, EngineProfile>;

/** Outcome of the fit per profile; a profile without an entry was not fitted. */
export const engineCalibration: Readonly<Record<string, EngineCalibration>> = {
  vllm: {
    rows: 561,
    p90Error: 0.147,
    heldOutP90Error: 0.198,
    measured: [
      ["h100-sxm", "llama-3.1-70b"],
      ["h100-sxm", "minimax-m2.5"],
      ["b200-sxm", "llama-3.1-70b"],
      ["b200-sxm", "minimax-m2.5"],
      ["b200-sxm", "kimi-k2"],
      ["b300-sxm", "minimax-m2.5"],
      ["b300-sxm", "kimi-k2"],
    ],
  },
  trtllm: {
    rows: 568,
    p90Error: 0.243,
    heldOutP90Error: 0.335,
    measured: [
      ["h100-sxm", "llama-3.1-8b"],
      ["h100-sxm", "qwen3-235b-a22b"],
      ["b200-sxm", "llama-3.1-70b"],
      ["b200-sxm", "deepseek-r1"],
      ["b200-sxm", "deepseek-v3"],
    ],
  },
  sglang: {
    rows: 416,
    p90Error: 0.275,
    heldOutP90Error: 0.451,
    measured: [
      ["b200-sxm", "deepseek-r1"],
      ["b200-sxm", "deepseek-v3"],
      ["b200-sxm", "glm-5"],
      ["b200-sxm", "qwen3.5-397b-a17b"],
      ["b300-sxm", "deepseek-v3"],
      ["b300-sxm", "glm-5"],
      ["b300-sxm", "qwen3.5-397b-a17b"],
    ],
  },
};
