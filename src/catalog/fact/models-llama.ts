import { dense, row } from "./model-cells.ts";
import type { ModelRow } from "./model-row.ts";

const meta = { maker: "Meta", licence: "Llama community licence" };

/** Llama 2, 3 and 4. */
export const llamaModels = {
  "llama-2-7b": row({
    name: "Llama 2 7B",
    ...meta,
    totalB: 6.74,
    contextTokens: 4096,
    shape: dense([32, 4096, 32, 32, 128, 11008, 32000]),
  }),
  "llama-2-13b": row({
    name: "Llama 2 13B",
    ...meta,
    totalB: 13.02,
    contextTokens: 4096,
    shape: dense([40, 5120, 40, 40, 128, 13824, 32000]),
  }),
  "codellama-34b": row({
    name: "Code Llama 34B",
    ...meta,
    totalB: 33.74,
    contextTokens: 16384,
    shape: dense([48, 8192, 64, 8, 128, 22016, 32000]),
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
  "llama-4-scout": row({
    name: "Llama 4 Scout",
    ...meta,
    totalB: 109,
    activeB: 17,
    contextTokens: 10000000,
    shape: {
      ...dense([48, 5120, 40, 8, 128, 16384, 202048]),
      experts: { count: 16, perToken: 1, ffnSize: 8192, shared: 1, denseLayers: 0 },
    },
  }),
  "llama-4-maverick": row({
    name: "Llama 4 Maverick",
    ...meta,
    totalB: 400,
    activeB: 17,
    contextTokens: 1048576,
    shape: {
      ...dense([48, 5120, 40, 8, 128, 16384, 202048]),
      experts: { count: 128, perToken: 1, ffnSize: 8192, shared: 1, denseLayers: 24 },
    },
  }),
} satisfies Record<string, ModelRow>;
