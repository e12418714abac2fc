import type { EngineProfile, Model, Precision } from "../catalog/index.ts";
import { weightBytesPerAccelerator, type ReplicaSpec } from "./memory.ts";
import { arithmeticTflops } from "./precision.ts";

/**
 * A batch is spread over the experts, so the products of one are short or narrow: below 16 M weights at 1,024 to 4,096 rows
 * kernels reach this share of the rate of large ones. Medians of vLLM GEMM kernels published with AIConfigurator (August
 * 2026) on H100, H200, B200 and RTX PRO 6000: bf16 0.6 to 0.9; fp8 0.17 to 0.5, scaled in blocks 0.02 to 0.31; fp4 0.18 to
 * 0.57.
 */
const narrowKernelShare: Readonly<Record<Precision, number>> = {
  bf16: 0.6,
  fp8: 0.2,
  int8: 0.2,
  fp4: 0.34,
  int4: 0.34,
};

/**
 * The same where experts have to be unpacked first: mxfp4 on H100 and H200 with TensorRT-LLM and vLLM, int4 from A100 to
 * B200 with SGLang, 2,048 to 8,192 tokens (AIConfigurator, August 2026), by the coefficient of near a half that engines have for experts.
 */
const unpackedKernelShare = 0.25;

/**
 * Rate at which experts are turned into numbers in a format the chip cannot compute in, GB/s; it adds to the time to read them.
 * Own fit to Kimi K2.5 in int4 with vLLM 0.15 on eight B200, 10 runs, which reads its experts 2.5 times as long. Kernels
 * published with AIConfigurator (August 2026) take 1.4 to 2.0 times as long for mxfp4 on H100 and H200 (1.7 and 1.9 by this
 * rate), and 1.0 to 1.6 for int4 with SGLang from A100 to B200.
 */
const expertUnpackGBps = 4000;

/**
 * A product whose weights come in blocks of fp8 first scales its input block by block, in kernels of their own: this long per
 * layer and step. Mixtures of experts are released so (DeepSeek, Qwen, MiniMax, GLM), dense models with one scale per matrix.
 * Own fit to such runs with vLLM, TensorRT-LLM and SGLang, which show 3 to 17 (November 2026).
 */
const blockScaleLayerUs = 12;

/**
 * Start-up of the products of one expert, as `startUpWeights`: they are cut narrow by tensor parallelism. Own fit to runs of
 * the three engines with experts cut in 1 to 8 (November 2026).
 */
const expertStartUpWeights = 2e6;

/**
 * Choosing a token's experts, and copying it to them and back, per layer of a sequence that decodes. Kernels published with
 * AIConfigurator (August 2026) take 0.06 to 0.15 us per token however the experts are cut, without the choice (128 experts and
 * more, TensorRT-LLM on B200 and H100). Own fit to the runs of the three engines: with it, a sequence costs little in a dense model,
 * as runs at hundreds in flight show that no fit saw (decision 42).
 */
const sequencePerLayerUs = 0.2;

/** Products per layer of an expert: gate and up in one, down. */
const productsPerExpertLayer = 2;

/** What the experts of a model add to the steps of an engine; all zero for a dense one. */
export interface ExpertTerms {
  /** Parameters of the experts that one token calls. */
  readonly parameters: number;
  /** Routing, sorting, scaling of inputs: once per step, ms. */
  readonly layersMs: number;
  /** A sequence that decodes, besides its arithmetic, ms. */
  readonly sequenceMs: number;
  /** Arithmetic of a token, ms on each accelerator. */
  readonly tokenMs: number;
  /** What reading the experts that so many tokens call takes beyond the arithmetic of these, ms. */
  readonly beyondMs: (tokens: number) => number;
  /** Without the engine's coefficients, for the energy: reading, and a token's arithmetic over all accelerators, ms. */
  readonly readMs: (tokens: number) => number;
  readonly workMs: number;
}

/** @param engine with the coefficients it has on this chip. */
export function expertTerms(spec: ReplicaSpec, engine: EngineProfile): ExpertTerms {
  const { accelerator, model, tensorParallel: t, weightPrecision, pipelineParallel: stages = 1 } = spec;
  const { experts } = model;
  if (!experts) {
    return { parameters: 0, layersMs: 0, sequenceMs: 0, tokenMs: 0, beyondMs: () => 0, readMs: () => 0, workMs: 0 };
  }
  const unpacks = accelerator.tflops[weightPrecision] === undefined;
  // A batch passes all stages one after the other and so all experts.
  const plainReadMs = (weightBytesPerAccelerator(spec).experts * stages) / (accelerator.memoryGBps * 1e6);
  const allReadMs = plainReadMs * (unpacks ? 1 + accelerator.memoryGBps / expertUnpackGBps : 1);
  const readCoefficient = engine.expertMemoryCoefficient ?? engine.memoryCoefficient;
  const layersUs = (engine.stepPerExpertLayerUs ?? 0) + (weightPrecision === "fp8" ? blockScaleLayerUs : 0);

  const parameters = experts.perToken * experts.parametersEach;
  const startUp = experts.perToken * productsPerExpertLayer * model.layers * expertStartUpWeights * t;
  const flopsPerMs = arithmeticTflops(accelerator, weightPrecision) * 1e9;
  const workMs = (2 * (parameters + startUp)) / flopsPerMs;
  const kernelShare = unpacks ? unpackedKernelShare : narrowKernelShare[weightPrecision];
  const tokenMs = ((engine.expertComputeCoefficient ?? engine.computeCoefficient) * workMs) / kernelShare / t;
  const readMs = (tokens: number) => allReadMs * calledShare(experts, tokens / stages);
  return {
    parameters,
    layersMs: (layersUs * model.layers) / 1e3,
    sequenceMs: (sequencePerLayerUs * model.layers) / 1e3,
    tokenMs,
    // Experts that many tokens call are computed while others are still read; what that saves is no more than the reading.
    beyondMs: (tokens) => {
      const readingMs = readCoefficient * readMs(tokens);
      const computingMs = (tokenMs * tokens) / stages;
      return readingMs > 0 ? readingMs ** 2 / (Math.hypot(readingMs, computingMs) + computingMs) : 0;
    },
    readMs,
    workMs,
  };
}

/**
 * Share of the experts that a batch calls. Each token calls `perToken` of `count`, but not at random: experts are popular to
 * different degrees, and with popularity spread exponentially the share is s·n / (1 + s·(n − 1)) with s that of one token. At
 * random it would be 1 − (1 − s)^n: 64 % instead of 51 % at 16 tokens and s = 1/16.
 */
function calledShare(experts: NonNullable<Model["experts"]>, tokens: number): number {
  if (!(tokens > 0)) return 0;
  const one = experts.perToken / experts.count;
  return (one * tokens) / (1 + one * (tokens - 1));
}
