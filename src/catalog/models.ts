import { vendor } from "./figure.ts";
import type { ModelRow, ModelShape } from "./model-row.ts";

interface ModelCells {
  readonly name: string;
  readonly maker: string;
  readonly licence: string;
  readonly totalB: number;
  /** Billions active per token; equal to `totalB` when absent. */
  readonly activeB?: number;
  readonly contextTokens: number;
  readonly shape: ModelShape;
}

const row = (cells: ModelCells): ModelRow => ({
  name: cells.name,
  maker: cells.maker,
  licence: cells.licence,
  shape: cells.shape,
  totalParameters: vendor(cells.totalB * 1e9, "count", "model-config"),
  activeParameters: vendor((cells.activeB ?? cells.totalB) * 1e9, "count", "model-config"),
  maxContextTokens: vendor(cells.contextTokens, "tokens", "model-config"),
});

/** [layers, hidden, heads, kvHeads, headDim, ffn, vocabulary] as in the published configurations. */
const dense = (
  [layers, hiddenSize, attentionHeads, kvHeads, headDim, ffnSize, vocabulary]: readonly [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ],
  tiedEmbeddings = false,
): ModelShape => ({ layers, hiddenSize, attentionHeads, kvHeads, headDim, ffnSize, vocabulary, tiedEmbeddings });

const qwen = { maker: "Alibaba Qwen", licence: "Apache-2.0" };
const meta = { maker: "Meta", licence: "Llama community licence" };
const openai = { maker: "OpenAI", licence: "Apache-2.0" };
const deepseek = { maker: "DeepSeek", licence: "MIT" };

const deepseekV3: ModelShape = {
  ...dense([61, 7168, 128, 128, 128, 18432, 129280]),
  experts: { count: 256, perToken: 8, ffnSize: 2048, shared: 1, denseLayers: 3 },
  latentAttention: { queryRank: 1536, kvRank: 512, ropeDim: 64, nopeDim: 128, valueDim: 128 },
};

/** Open-weight models by id. Context lengths are the native ones of the configuration. */
export const models = {
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
  "llama-3.2-1b": row({
    name: "Llama 3.2 1B",
    ...meta,
    totalB: 1.236,
    contextTokens: 131072,
    shape: dense([16, 2048, 32, 8, 64, 8192, 128256], true),
  }),
  "llama-3.2-3b": row({
    name: "Llama 3.2 3B",
    ...meta,
    totalB: 3.21,
    contextTokens: 131072,
    shape: dense([28, 3072, 24, 8, 128, 8192, 128256], true),
  }),
  "llama-3.1-8b": row({
    name: "Llama 3.1 8B",
    ...meta,
    totalB: 8.03,
    contextTokens: 131072,
    shape: dense([32, 4096, 32, 8, 128, 14336, 128256]),
  }),
  "llama-3.1-70b": row({
    name: "Llama 3.1 70B",
    ...meta,
    totalB: 70.55,
    contextTokens: 131072,
    shape: dense([80, 8192, 64, 8, 128, 28672, 128256]),
  }),
  "llama-3.1-405b": row({
    name: "Llama 3.1 405B",
    ...meta,
    totalB: 405.9,
    contextTokens: 131072,
    shape: dense([126, 16384, 128, 8, 128, 53248, 128256]),
  }),
  "llama-2-70b": row({
    name: "Llama 2 70B",
    ...meta,
    totalB: 68.98,
    contextTokens: 4096,
    shape: dense([80, 8192, 64, 8, 128, 28672, 32000]),
  }),
  "gpt-oss-20b": row({
    name: "gpt-oss 20B",
    ...openai,
    totalB: 20.9,
    activeB: 3.6,
    contextTokens: 131072,
    shape: {
      ...dense([24, 2880, 64, 8, 64, 2880, 201088]),
      experts: { count: 32, perToken: 4, ffnSize: 2880, shared: 0, denseLayers: 0 },
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
    },
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
    },
  }),
} satisfies Record<string, ModelRow>;

export type ModelId = keyof typeof models;
