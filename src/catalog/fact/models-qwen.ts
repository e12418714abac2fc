import { dense, row } from "./model-cells.ts";
import type { ModelRow } from "./model-row.ts";

const qwen = { maker: "Alibaba Qwen", licence: "Apache-2.0" };

/** Qwen 2.5, Qwen3, Qwen3-Next and Qwen3.5. */
export const qwenModels = {
  "qwen2.5-0.5b": row({
    name: "Qwen2.5 0.5B",
    ...qwen,
    totalB: 0.494,
    contextTokens: 32768,
    shape: dense([24, 896, 14, 2, 64, 4864, 151936], true),
  }),
  "qwen2.5-1.5b": row({
    name: "Qwen2.5 1.5B",
    ...qwen,
    totalB: 1.54,
    contextTokens: 32768,
    shape: dense([28, 1536, 12, 2, 128, 8960, 151936], true),
  }),
  "qwen2.5-7b": row({
    name: "Qwen2.5 7B",
    ...qwen,
    totalB: 7.62,
    contextTokens: 32768,
    shape: dense([28, 3584, 28, 4, 128, 18944, 152064]),
  }),
  "qwen2.5-14b": row({
    name: "Qwen2.5 14B",
    ...qwen,
    totalB: 14.77,
    contextTokens: 32768,
    shape: dense([48, 5120, 40, 8, 128, 13824, 152064]),
  }),
  "qwen2.5-32b": row({
    name: "Qwen2.5 32B",
    ...qwen,
    totalB: 32.76,
    contextTokens: 32768,
    shape: dense([64, 5120, 40, 8, 128, 27648, 152064]),
  }),
  "qwen2.5-72b": row({
    name: "Qwen2.5 72B",
    maker: "Alibaba Qwen",
    licence: "Qwen licence",
    totalB: 72.7,
    contextTokens: 32768,
    shape: dense([80, 8192, 64, 8, 128, 29568, 152064]),
  }),
  "qwen3-0.6b": row({
    name: "Qwen3 0.6B",
    ...qwen,
    totalB: 0.596,
    contextTokens: 40960,
    shape: dense([28, 1024, 16, 8, 128, 3072, 151936], true),
  }),
  "qwen3-1.7b": row({
    name: "Qwen3 1.7B",
    ...qwen,
    totalB: 1.72,
    contextTokens: 40960,
    shape: dense([28, 2048, 16, 8, 128, 6144, 151936], true),
  }),
  "qwen3-4b": row({
    name: "Qwen3 4B",
    ...qwen,
    totalB: 4.02,
    contextTokens: 40960,
    shape: dense([36, 2560, 32, 8, 128, 9728, 151936], true),
  }),
  "qwen3-8b": row({
    name: "Qwen3 8B",
    ...qwen,
    totalB: 8.19,
    contextTokens: 40960,
    shape: dense([36, 4096, 32, 8, 128, 12288, 151936]),
  }),
  "qwen3-14b": row({
    name: "Qwen3 14B",
    ...qwen,
    totalB: 14.77,
    contextTokens: 40960,
    shape: dense([40, 5120, 40, 8, 128, 17408, 151936]),
  }),
  "qwen3-32b": row({
    name: "Qwen3 32B",
    ...qwen,
    totalB: 32.76,
    contextTokens: 40960,
    shape: dense([64, 5120, 64, 8, 128, 25600, 151936]),
  }),
  "qwen3-30b-a3b": row({
    name: "Qwen3 30B-A3B",
    ...qwen,
    totalB: 30.53,
    activeB: 3.35,
    contextTokens: 40960,
    shape: {
      ...dense([48, 2048, 32, 4, 128, 6144, 151936]),
      experts: { count: 128, perToken: 8, ffnSize: 768, shared: 0, denseLayers: 0 },
    },
  }),
  "qwen3-235b-a22b": row({
    name: "Qwen3 235B-A22B",
    ...qwen,
    totalB: 235.1,
    activeB: 22.2,
    contextTokens: 40960,
    shape: {
      ...dense([94, 4096, 64, 4, 128, 12288, 151936]),
      experts: { count: 128, perToken: 8, ffnSize: 1536, shared: 0, denseLayers: 0 },
    },
  }),
  "qwen3-coder-480b-a35b": row({
    name: "Qwen3 Coder 480B-A35B",
    ...qwen,
    totalB: 480,
    activeB: 35,
    contextTokens: 262144,
    shape: {
      ...dense([62, 6144, 96, 8, 128, 8192, 151936]),
      experts: { count: 160, perToken: 8, ffnSize: 2560, shared: 0, denseLayers: 0 },
    },
  }),
  "qwen3-next-80b-a3b": row({
    name: "Qwen3-Next 80B-A3B",
    ...qwen,
    totalB: 80,
    activeB: 3.9,
    contextTokens: 262144,
    shape: {
      ...dense([48, 2048, 16, 2, 256, 5120, 151936]),
      experts: { count: 512, perToken: 10, ffnSize: 512, shared: 1, denseLayers: 0 },
      linearAttention: { layers: 36, keyHeads: 16, valueHeads: 32, keyDim: 128, valueDim: 128 },
      gatedAttention: true,
    },
  }),
  "qwen3.5-397b-a17b": row({
    name: "Qwen3.5 397B-A17B",
    ...qwen,
    totalB: 397,
    activeB: 17,
    contextTokens: 262144,
    shape: {
      ...dense([60, 4096, 32, 2, 256, 1024, 248320]),
      experts: { count: 512, perToken: 10, ffnSize: 1024, shared: 1, denseLayers: 0 },
      linearAttention: { layers: 45, keyHeads: 16, valueHeads: 64, keyDim: 128, valueDim: 128 },
      gatedAttention: true,
    },
  }),
} satisfies Record<string, ModelRow>;
