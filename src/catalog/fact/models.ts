import { dense, row } from "./model-cells.ts";
import type { ModelRow, ModelShape } from "./model-row.ts";
import { llamaModels } from "./models-llama.ts";
import { qwenModels } from "./models-qwen.ts";

const openai = { maker: "OpenAI", licence: "Apache-2.0" };
const deepseek = { maker: "DeepSeek", licence: "MIT" };

const mistral = { maker: "Mistral AI", licence: "Apache-2.0" };
const zhipu = { maker: "Zhipu AI", licence: "MIT" };

const deepseekV3: ModelShape = {
  ...dense([61, 7168, 128, 128, 128, 18432, 129280]),
  experts: { count: 256, perToken: 8, ffnSize: 2048, shared: 1, denseLayers: 3 },
  latentAttention: { queryRank: 1536, kvRank: 512, ropeDim: 64, nopeDim: 128, valueDim: 128 },
};

/** Open-weight models by id. Context lengths are the native ones of the configuration. */
export const models = {
  ...qwenModels,
  ...llamaModels,
  "gpt-oss-20b": row({
    name: "gpt-oss 20B",
    ...openai,
    totalB: 20.9,
    activeB: 3.6,
    contextTokens: 131072,
    shape: {
      ...dense([24, 2880, 64, 8, 64, 2880, 201088]),
      experts: { count: 32, perToken: 4, ffnSize: 2880, shared: 0, denseLayers: 0 },
      slidingAttention: { layers: 12, window: 128 },
      sharedPrecision: "bf16",
    },
  }),
  "gpt-oss-120b": row({
    name: "gpt-oss 120B",
    ...openai,
    totalB: 116.8,
    activeB: 5.1,
    contextTokens: 131072,
    shape: {
      ...dense([36, 2880, 64, 8, 64, 2880, 201088]),
      experts: { count: 128, perToken: 4, ffnSize: 2880, shared: 0, denseLayers: 0 },
      slidingAttention: { layers: 18, window: 128 },
      sharedPrecision: "bf16",
    },
  }),
  "mistral-7b": row({
    name: "Mistral 7B",
    ...mistral,
    totalB: 7.24,
    contextTokens: 32768,
    shape: dense([32, 4096, 32, 8, 128, 14336, 32000]),
  }),
  "mistral-nemo": row({
    name: "Mistral Nemo 12B",
    ...mistral,
    totalB: 12.25,
    contextTokens: 131072,
    shape: dense([40, 5120, 32, 8, 128, 14336, 131072]),
  }),
  "mistral-small-24b": row({
    name: "Mistral Small 24B",
    ...mistral,
    totalB: 23.57,
    contextTokens: 131072,
    shape: dense([40, 5120, 32, 8, 128, 32768, 131072]),
  }),
  "mistral-large-2": row({
    name: "Mistral Large 2",
    maker: "Mistral AI",
    licence: "Mistral research licence",
    totalB: 122.6,
    contextTokens: 131072,
    shape: dense([88, 12288, 96, 8, 128, 28672, 32768]),
  }),
  "mixtral-8x7b": row({
    name: "Mixtral 8×7B",
    maker: "Mistral AI",
    licence: "Apache-2.0",
    totalB: 46.7,
    activeB: 12.9,
    contextTokens: 32768,
    shape: {
      ...dense([32, 4096, 32, 8, 128, 14336, 32000]),
      experts: { count: 8, perToken: 2, ffnSize: 14336, shared: 0, denseLayers: 0 },
    },
  }),
  "mixtral-8x22b": row({
    name: "Mixtral 8×22B",
    ...mistral,
    totalB: 140.6,
    activeB: 39.1,
    contextTokens: 65536,
    shape: {
      ...dense([56, 6144, 48, 8, 128, 16384, 32768]),
      experts: { count: 8, perToken: 2, ffnSize: 16384, shared: 0, denseLayers: 0 },
    },
  }),
  "minimax-m2.5": row({
    name: "MiniMax M2.5",
    maker: "MiniMax",
    licence: "MIT (modified)",
    totalB: 229,
    activeB: 10,
    contextTokens: 196608,
    shape: {
      ...dense([62, 3072, 48, 8, 128, 8192, 200064]),
      experts: { count: 256, perToken: 8, ffnSize: 1536, shared: 0, denseLayers: 0 },
    },
  }),
  "deepseek-v3": row({
    name: "DeepSeek V3",
    ...deepseek,
    totalB: 671,
    activeB: 37,
    contextTokens: 163840,
    shape: deepseekV3,
  }),
  "deepseek-r1": row({
    name: "DeepSeek R1",
    ...deepseek,
    totalB: 671,
    activeB: 37,
    contextTokens: 163840,
    shape: deepseekV3,
  }),
  "deepseek-v3.2": row({
    name: "DeepSeek V3.2",
    ...deepseek,
    totalB: 671,
    activeB: 37,
    contextTokens: 163840,
    shape: { ...deepseekV3, sparseAttention: { indexKeyDim: 128, topTokens: 2048 } },
  }),
  "kimi-k2": row({
    name: "Kimi K2",
    maker: "Moonshot AI",
    licence: "MIT (modified)",
    totalB: 1026,
    activeB: 32,
    contextTokens: 131072,
    shape: {
      ...dense([61, 7168, 64, 64, 128, 18432, 163840]),
      experts: { count: 384, perToken: 8, ffnSize: 2048, shared: 1, denseLayers: 1 },
      latentAttention: { queryRank: 1536, kvRank: 512, ropeDim: 64, nopeDim: 128, valueDim: 128 },
    },
  }),
  "glm-4.5-air": row({
    name: "GLM-4.5 Air",
    ...zhipu,
    totalB: 106,
    activeB: 12,
    contextTokens: 131072,
    shape: {
      ...dense([46, 4096, 96, 8, 128, 10944, 151552]),
      experts: { count: 128, perToken: 8, ffnSize: 1408, shared: 1, denseLayers: 1 },
    },
  }),
  "glm-4.5": row({
    name: "GLM-4.5",
    ...zhipu,
    totalB: 355,
    activeB: 32,
    contextTokens: 131072,
    shape: {
      ...dense([92, 5120, 96, 8, 128, 12288, 151552]),
      experts: { count: 160, perToken: 8, ffnSize: 1536, shared: 1, denseLayers: 3 },
    },
  }),
  "glm-4.7-flash": row({
    name: "GLM-4.7 Flash",
    ...zhipu,
    totalB: 29.9,
    activeB: 3.9,
    contextTokens: 202752,
    shape: {
      ...dense([47, 2048, 20, 20, 64, 10240, 154880]),
      experts: { count: 64, perToken: 4, ffnSize: 1536, shared: 1, denseLayers: 1 },
      latentAttention: { queryRank: 768, kvRank: 512, ropeDim: 64, nopeDim: 192, valueDim: 256 },
    },
  }),
  "glm-5": row({
    name: "GLM-5",
    maker: "Zhipu AI",
    licence: "MIT",
    totalB: 744,
    activeB: 40,
    contextTokens: 202752,
    shape: {
      ...dense([78, 6144, 64, 64, 64, 12288, 154880]),
      experts: { count: 256, perToken: 8, ffnSize: 2048, shared: 1, denseLayers: 3 },
      latentAttention: { queryRank: 2048, kvRank: 512, ropeDim: 64, nopeDim: 192, valueDim: 256 },
      sparseAttention: { indexKeyDim: 128, topTokens: 2048 },
    },
  }),
  "yi-34b": row({
    name: "Yi 34B",
    maker: "01.AI",
    licence: "Apache-2.0",
    totalB: 34.39,
    contextTokens: 4096,
    shape: dense([60, 7168, 56, 8, 128, 20480, 64000]),
  }),
  "phi-4": row({
    name: "Phi-4",
    maker: "Microsoft",
    licence: "MIT",
    totalB: 14.66,
    contextTokens: 16384,
    shape: dense([40, 5120, 40, 10, 128, 17920, 100352]),
  }),
} satisfies Record<string, ModelRow>;

export type ModelId = keyof typeof models;
