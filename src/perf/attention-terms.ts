import type { Model } from "../catalog/index.ts";
import type { ReplicaSpec } from "./memory.ts";
import { attentionTflops } from "./precision.ts";

/**
 * Share of the rate of large products that attention over long prompts reaches: 0.65 to 0.85 from 8,192 tokens on, with vLLM,
 * SGLang and TensorRT-LLM on A100, H100, B200 and RTX PRO 6000 (kernels published with AIConfigurator, August 2026).
 */
const promptEfficiency = 0.75;

/**
 * Short prompts are slower than that because queries, keys, values and results pass memory, and are turned, scaled and put
 * into the cache besides: so many times the time of reading them once. The same kernels show two times with vLLM and SGLang,
 * which do the latter in kernels of their own, and up to five with TensorRT-LLM, which does not.
 */
const promptPasses = 4;

/**
 * The same for latent attention, all in one. Kernels reach as much as others; but engines with DeepSeek are faster in the model than in
 * their runs as it is, and more so with that (decision 42).
 */
const latentEfficiency = 0.35;

const bytesPerActivation = 2;

/** What attention costs besides reading its cache, ms on each accelerator. */
export interface AttentionTerms {
  /** A token of a prompt, whatever stands before it. */
  readonly promptTokenMs: number;
  /** Two tokens of a prompt with each other. */
  readonly pairMs: number;
  /** The operations of such a pair at the rate of large products. */
  readonly pairWorkMs: number;
  /** A new token with one of the cache. */
  readonly cachedTokenMs: number;
}

/** One accelerator's part where heads are spread over `spec.tensorParallel`, as they are or as sequences. */
export function attentionTerms(spec: ReplicaSpec): AttentionTerms {
  const { accelerator, model, tensorParallel: t } = spec;
  const layers = model.attentionLayers ?? model.layers;
  const isLatent = model.kvBytesPerTokenBf16 !== undefined;
  const plainPairFlops = 4 * model.attentionHeads * model.headDim;
  const pairFlops = model.attentionPairFlops ?? { prompt: plainPairFlops, decode: plainPairFlops };
  const flopsPerMs = attentionTflops(accelerator) * 1e9;
  const efficiency = isLatent ? latentEfficiency : promptEfficiency;
  const pairWorkMs = (layers * pairFlops.prompt) / t / flopsPerMs;
  // A prompt runs on one accelerator where sequences are spread, and the others wait.
  const heads = spec.attentionDataParallel ? 1 : t;
  return {
    promptTokenMs: isLatent ? 0 : (promptPasses * layers * passedBytes(model)) / heads / (accelerator.memoryGBps * 1e6),
    pairMs: pairWorkMs / efficiency,
    pairWorkMs,
    cachedTokenMs: (layers * pairFlops.decode) / t / flopsPerMs / efficiency,
  };
}

/** Query, key, value and result of one token in a layer. */
function passedBytes({ attentionHeads, kvHeads, headDim }: Model): number {
  return 2 * (attentionHeads + kvHeads) * headDim * bytesPerActivation;
}
