import type { EngineProfile } from "./world.ts";

/**
 * Inference engines as coefficients of the step time (`perf` documents the formula).
 *
 * vLLM, TensorRT-LLM and SGLang: own fit, 23 November 2026, on runs of real engines at fixed concurrency published with
 * AIConfigurator (Apache-2.0, snapshot of 21 August 2026; vLLM 0.17 to 0.19, H100, B200 and B300). Set-ups measured
 * twice with times more than 15 % apart were left out, as they hide options such as draft models. `npm run -s bench --
 * engine-fit CSV` repeats the fit and prints the errors below.
 *
 * | engine | rows | error of time per token, median / p90 | chip left out of the fit | model left out |
 * | ------ | ---- | ------------------------------------- | ------------------------ | -------------- |
 * | vLLM | 573 | 6.5 % / 18 % | 7.6 to 11 % | 6.2 to 9.3 % |
 * | TensorRT-LLM | 547 | 7.9 % / 31 % (dense models 4 to 8 %) | 16 to 17 % | 7.6 to 19 % |
 * | SGLang | 302 (DeepSeek, GLM) | 11 % / 31 % | 20 to 27 % | 11 to 40 % |
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
    // All models of the fit have 60 to 80 layers, so it cannot tell a cost per step from a cost per layer: as a cost per
    // layer it also holds for models of half the depth (replay of vLLM 0.19 with Llama-3.1-8B: within 2 %).
    stepFixedMs: 0,
    stepPerLayerUs: 56.3,
    stepPerExpertLayerUs: 34,
    stepPerSequenceUs: 24.4,
    memoryCoefficient: 0.903,
    expertMemoryCoefficient: 0.828,
    computeCoefficient: 0.802,
    communicationCoefficient: 0.797,
    // From arrival to the queue, fitted on vLLM 0.15 by the BLIS simulator's authors (15.6 ms, August 2026).
    requestOverheadMs: 15.6,
    ...shared,
    confidence: "measured",
  },
  trtllm: {
    id: "trtllm",
    name: "TensorRT-LLM",
    stepFixedMs: 0.501,
    stepPerLayerUs: 37.1,
    stepPerExpertLayerUs: 37.9,
    stepPerSequenceUs: 20.3,
    memoryCoefficient: 0.851,
    expertMemoryCoefficient: 0.849,
    computeCoefficient: 0.775,
    communicationCoefficient: 0.732,
    // Assumed: the C++ runtime without a Python server in front; MLPerf v5.1 shows 34 ms to first token under full load.
    requestOverheadMs: 3,
    ...shared,
    confidence: "measured",
  },
  sglang: {
    id: "sglang",
    name: "SGLang",
    stepFixedMs: 0,
    stepPerLayerUs: 55,
    stepPerExpertLayerUs: 55,
    stepPerSequenceUs: 34.7,
    memoryCoefficient: 0.859,
    expertMemoryCoefficient: 0.861,
    computeCoefficient: 0.816,
    communicationCoefficient: 0.843,
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

/** How well a profile is known. Errors are relative, of the time per output token. */
export interface EngineCalibration {
  readonly rows: number;
  readonly medianError: number;
  readonly p90Error: number;
  /** 90th percentile when the chip or the model was left out of the fit, the worse of the two. */
  readonly heldOutP90Error: number;
  /** Pairs of accelerator and model that were measured. */
  readonly measured: readonly (readonly [accelerator: string, model: string])[];
}

/** Outcome of the fit per profile; a profile without an entry was not fitted. */
export const engineCalibration: Readonly<Record<string, EngineCalibration>> = {
  vllm: {
    rows: 573,
    medianError: 0.065,
    p90Error: 0.182,
    heldOutP90Error: 0.227,
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
    rows: 547,
    medianError: 0.079,
    p90Error: 0.308,
    heldOutP90Error: 0.428,
    measured: [
      ["h100-sxm", "llama-3.1-8b"],
      ["h100-sxm", "qwen3-235b-a22b"],
      ["b200-sxm", "llama-3.1-70b"],
      ["b200-sxm", "deepseek-r1"],
      ["b200-sxm", "deepseek-v3"],
    ],
  },
  sglang: {
    rows: 302,
    medianError: 0.112,
    p90Error: 0.312,
    heldOutP90Error: 0.675,
    measured: [
      ["b200-sxm", "deepseek-r1"],
      ["b200-sxm", "deepseek-v3"],
      ["b200-sxm", "glm-5"],
      ["b300-sxm", "deepseek-v3"],
      ["b300-sxm", "glm-5"],
    ],
  },
};
