import type { EngineProfile } from "./world.ts";

const shared = {
  maxBatchedTokens: 8192,
  maxSequences: 512,
  memoryUtilization: 0.9,
  overheadGB: 1.2,
  overheadBytesPerBatchedToken: 4000,
  kvBlockTokens: 16,
  requestOverheadMs: 3,
} as const;

/** Coefficients of the engine's step time; `perf` documents the formula. */
export const engineProfiles = {
  vllm: {
    id: "vllm",
    name: "vLLM",
    stepFixedMs: 4.83,
    stepPerLayerUs: 0,
    stepPerSequenceUs: 32,
    memoryCoefficient: 0.795,
    computeCoefficient: 0.858,
    communicationCoefficient: 0.653,
    ...shared,
    confidence: "measured",
  },
  trtllm: {
    id: "trtllm",
    name: "TensorRT-LLM",
    stepFixedMs: 0.82,
    stepPerLayerUs: 48.6,
    stepPerSequenceUs: 18,
    memoryCoefficient: 0.604,
    computeCoefficient: 1.112,
    communicationCoefficient: 0.538,
    ...shared,
    confidence: "measured",
  },
  sglang: {
    id: "sglang",
    name: "SGLang",
    stepFixedMs: 0.32,
    stepPerLayerUs: 58,
    stepPerSequenceUs: 24,
    memoryCoefficient: 0.73,
    computeCoefficient: 0.89,
    communicationCoefficient: 0.51,
    ...shared,
    confidence: "measured",
  },
} as const satisfies Record<string, EngineProfile>;
