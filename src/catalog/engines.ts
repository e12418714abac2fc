import type { EngineCalibration, EngineProfile } from "./world.ts";

/**
 * Inference engines as coefficients of the step time (`perf` documents the formula).
 *
 * vLLM, TensorRT-LLM and SGLang: own fit, 26 November 2026, on runs of real engines at fixed concurrency published with
 * AIConfigurator (Apache-2.0, snapshot of 21 August 2026; vLLM 0.10 to 0.19, H100, B200 and B300). Set-ups measured
 * more than once with times more than 15 % apart were left out, as they hide options such as draft models. `npm run -s
 * bench -- engine-fit CSV` repeats the fit and prints the errors below. `requestOverheadMs` is not the fitted value, which
 * holds the load generator's own delay as well.
 * All models that vLLM was measured with have 60 to 80 layers, which cannot tell a cost per step from a cost per layer; the
 * fit stays near 0.3 ms per step, which TensorRT-LLM shows over 32 to 94 layers. A replay of vLLM 0.19 with 32 layers on a
 * chip outside the fit (RTX PRO 6000) is then within 3 % in the mean end-to-end time.
 *
 * vLLM's coefficients differ by generation of chips: with each model left out in turn, fits of H100 and of B300 alone, held
 * near the common one, err by 6.9 % in the median and 16 % at the 90th percentile, the common one by 7.4 % and 18 %. Fits of
 * B200 alone, and of the other engines by generation, err more than the common ones and are not used.
 *
 * | engine | runs | error of time per token, median / p90 | chip left out, p90 | model left out, p90 |
 * | ------ | ---- | ------------------------------------- | ------------------ | ------------------- |
 * | vLLM | 561 | 6.5 % / 16 % | 17 to 21 % | 17 to 19 % |
 * | TensorRT-LLM | 486 | 7.2 % / 26 % | 23 to 35 % | 18 to 57 % |
 * | SGLang | 387 (DeepSeek, GLM, Qwen3.5) | 11 % / 33 % | 35 to 42 % | 22 to 43 % |
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
    stepFixedMs: 0.388,
    stepPerLayerUs: 48.6,
    stepPerExpertLayerUs: 28.6,
    stepPerSequenceUs: 10.1,
    memoryCoefficient: 0.916,
    expertMemoryCoefficient: 0.883,
    computeCoefficient: 0.849,
    expertComputeCoefficient: 0.658,
    communicationCoefficient: 0.983,
    promptPerExpertLayerMs: 0.39,
    byGeneration: {
      hopper: {
        stepFixedMs: 0.479,
        stepPerLayerUs: 57.8,
        stepPerExpertLayerUs: 36.8,
        stepPerSequenceUs: 14.4,
        memoryCoefficient: 0.931,
        expertMemoryCoefficient: 0.908,
        computeCoefficient: 0.829,
        expertComputeCoefficient: 0.753,
        communicationCoefficient: 0.889,
        promptPerExpertLayerMs: 0.564,
      },
      "blackwell-ultra": {
        stepFixedMs: 0.367,
        stepPerLayerUs: 46.5,
        stepPerExpertLayerUs: 26.5,
        stepPerSequenceUs: 5.66,
        memoryCoefficient: 0.818,
        expertMemoryCoefficient: 0.781,
        computeCoefficient: 0.884,
        expertComputeCoefficient: 0.806,
        communicationCoefficient: 1.08,
        promptPerExpertLayerMs: 0.0272,
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
    stepFixedMs: 0.397,
    stepPerLayerUs: 40.5,
    stepPerExpertLayerUs: 31.3,
    stepPerSequenceUs: 17.7,
    memoryCoefficient: 0.865,
    expertMemoryCoefficient: 0.882,
    computeCoefficient: 0.797,
    expertComputeCoefficient: 0.581,
    communicationCoefficient: 0.789,
    promptPerExpertLayerMs: 1.61,
    // Assumed: the C++ runtime without a Python server in front; MLPerf v5.1 shows 34 ms to first token under full load.
    requestOverheadMs: 3,
    ...shared,
    confidence: "measured",
  },
  sglang: {
    id: "sglang",
    name: "SGLang",
    stepFixedMs: 0.386,
    stepPerLayerUs: 53,
    stepPerExpertLayerUs: 33,
    stepPerSequenceUs: 21.3,
    memoryCoefficient: 0.898,
    expertMemoryCoefficient: 0.914,
    computeCoefficient: 0.921,
    expertComputeCoefficient: 0.688,
    communicationCoefficient: 1.33,
    promptPerExpertLayerMs: 1.83,
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
    p90Error: 0.156,
    heldOutP90Error: 0.211,
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
    rows: 486,
    p90Error: 0.259,
    heldOutP90Error: 0.347,
    measured: [
      ["h100-sxm", "llama-3.1-8b"],
      ["h100-sxm", "qwen3-235b-a22b"],
      ["b200-sxm", "llama-3.1-70b"],
      ["b200-sxm", "deepseek-r1"],
      ["b200-sxm", "deepseek-v3"],
    ],
  },
  sglang: {
    rows: 387,
    p90Error: 0.33,
    heldOutP90Error: 0.43,
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
