/** From data sheets, a model and the coefficients of an engine to the numbers that every prediction goes by. */
import type {
  Accelerator,
  EngineProfile,
  Model,
  Precision,
  SpeculativeDecoding,
  SplitUnits,
} from "../catalog/index.ts";
import {
  fit,
  kvBytesPerToken,
  kvShards,
  sharedPrecision,
  weightBytesPerAccelerator,
  type ReplicaSpec,
} from "./memory.ts";
import { allReduce } from "./all-reduce.ts";
import { arithmeticTflops, attentionTflops } from "./precision.ts";
import { acceptanceUnits, type Replica, type Split } from "./replica.ts";
import { drawOf, drawShares, type StepTerms } from "./step-draw.ts";

/**
 * Attention kernels reach about a third of the rate of a large matrix product: 0.34 (FlashAttention 2) to 0.67 (cuDNN) on one
 * H100 at 4,096 tokens, and least errors on models left out of the fit at the lower end.
 */
const attentionEfficiency = 0.35;

/**
 * Small matrices keep an accelerator less busy than large ones, as if each had this many more weights: a product with s
 * weights reaches s / (s + these) of the rate of the largest. Own fit to vLLM GEMM kernels published with AIConfigurator
 * (August 2026), 2,048 and 4,096 rows, 2 M to 400 M weights: bf16 0.5 to 2.5 M on H100, B200, L40S and RTX PRO 6000; fp8
 * and fp4 6 to 18 M. One scale per matrix on one H100: 1.3 to 4 M (`bench/accelerator`), which is nearer to whole models.
 */
const startUpWeights = { bf16: 1e6, quantised: 4e6 } as const;

/** Matrix products per layer: query, key and value in one, attention's output, gate and up in one, down. */
const productsPerLayer = 4;

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
 * Rate at which kernels turn fp4 weights into numbers, GB/s; it adds to the time to read them. Own fit to Llama 70B on B200
 * with vLLM and TensorRT-LLM (November 2026); the kernels published with AIConfigurator show 12,500 at 160 M weights and
 * more. They show a loss for fp8 too, which whole models do not. Experts are read by other kernels, with a coefficient of
 * their own.
 */
const fp4UnpackGBps = 20_000;

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

/** Products per layer of an expert: gate and up in one, down. */
const productsPerExpertLayer = 2;

/**
 * Latent attention multiplies by two matrices more in each layer, before and after it (absorbed projections): 4.5 us each on
 * B200 with 1 to 256 tokens and 16 heads, kernels of TensorRT-LLM and SGLang published with AIConfigurator (August 2026).
 */
const latentLayerUs = 10;

/** Making, scoring and sorting an index, per layer and step. Own fit to 52 runs of GLM-5 with SGLang, November 2026. */
const sparseIndexLayerUs = 80;

/** The engine's coefficients on this chip: some differ by generation, as kernels and host processors do. */
function engineOn(engine: EngineProfile, accelerator: Accelerator): EngineProfile {
  const own = engine.byGeneration?.[accelerator.generation];
  return own === undefined ? engine : { ...engine, ...own };
}

/** Compiles an engine; null when the model does not fit (`fit` says why). */
export function compileReplica(spec: ReplicaSpec): Replica | null {
  const memory = fit(spec);
  if (!memory.ok) return null;
  const { accelerator, model, tensorParallel: t } = spec;
  const engine = engineOn(spec.engine, accelerator);
  const bytesPerMs = accelerator.memoryGBps * 1e6;
  const readMs = (bytes: number, coefficient = engine.memoryCoefficient) => (coefficient * bytes) / bytesPerMs;
  const flopsPerMs = arithmeticTflops(accelerator, spec.weightPrecision) * 1e9;
  const outsideExperts = sharedPrecision(spec);
  const sharedFlopsPerMs = arithmeticTflops(accelerator, outsideExperts) * 1e9;

  const stages = spec.pipelineParallel ?? 1;
  const { draftTokens, tokensPerStep, draftCostRatio = headCostRatio(model) } = engine.speculative ?? noDraft;
  const perStage = weightBytesPerAccelerator(spec);
  // A batch passes all stages one after the other and so all weights.
  const [shared, lookup, experts] = [perStage.shared * stages, perStage.lookup * stages, perStage.experts * stages];
  const unpacks = accelerator.tflops[spec.weightPrecision] === undefined;
  const expertWorkMs = readMs(experts, 1) * (unpacks ? 1 + accelerator.memoryGBps / expertUnpackGBps : 1);
  const expertReadMs = (engine.expertMemoryCoefficient ?? engine.memoryCoefficient) * expertWorkMs;
  const expertLayersMs = model.experts ? ((engine.stepPerExpertLayerUs ?? 0) * model.layers) / 1e3 : 0;

  const blockScaleMs = model.experts && spec.weightPrecision === "fp8" ? (blockScaleLayerUs * model.layers) / 1e3 : 0;
  const promptLayersMs = model.experts ? (engine.promptPerExpertLayerMs ?? 0) * model.layers : 0;

  const sums = allReduce(spec, engine.communicationCoefficient);
  const { beyondMs } = sums;
  // Attention run in parallel over the data has a scheduler and a share of the sequences per accelerator.
  const ranks = spec.attentionDataParallel ? t : 1;

  // A token's arithmetic is spread over the accelerators either way: cut with the weights, or as one of t batches.
  const expertParameters = model.experts ? model.experts.perToken * model.experts.parametersEach : 0;
  const sharedParameters = model.activeParameters - (model.lookupParameters ?? 0) - expertParameters;
  const { computeCoefficient } = engine;
  const expertCoefficient = engine.expertComputeCoefficient ?? computeCoefficient;
  const expertFlopsPerMs = narrowKernelShare[unpacks ? "bf16" : spec.weightPrecision] * flopsPerMs;
  const isQuantised = outsideExperts !== "bf16" && accelerator.tflops[outsideExperts] !== undefined;
  // Cutting a matrix over the accelerators makes it smaller; replicated attention keeps it whole.
  const startUp =
    productsPerLayer *
    model.layers *
    startUpWeights[isQuantised ? "quantised" : "bf16"] *
    (spec.attentionDataParallel ? 1 : t);
  const sharedWorkMs = (2 * (sharedParameters + startUp)) / sharedFlopsPerMs;
  const sharedMs = computeCoefficient * sharedWorkMs;
  const expertStartUp = model.experts
    ? model.experts.perToken * productsPerExpertLayer * model.layers * expertStartUpWeights * t
    : 0;
  const expertTokenMs = (2 * expertCoefficient * (expertParameters + expertStartUp)) / t / expertFlopsPerMs;
  const computeMs = sharedMs / t + expertTokenMs;
  // Decoding sequences spread evenly over replicated attention; a prompt runs on one accelerator while the others wait.
  const wholePromptMs = spec.attentionDataParallel ? sharedMs * (1 - 1 / t) : 0;
  const attentionLayers = model.attentionLayers ?? model.layers;
  const plainPairFlops = 4 * model.attentionHeads * model.headDim;
  const pairFlops = model.attentionPairFlops ?? { prompt: plainPairFlops, decode: plainPairFlops };
  const attentionFlopsPerMs = attentionEfficiency * attentionTflops(accelerator) * 1e9;
  const pairWorkMs = (attentionLayers * pairFlops.prompt) / t / attentionFlopsPerMs;
  const pairMs = computeCoefficient * pairWorkMs;
  // Every token reads the state of the layers without a cache and writes it back.
  const stateMs = readMs((2 * (model.stateBytesPerSequence ?? 0)) / t);

  const calledRatio = (tokens: number) => calledShare(model, tokens / stages);
  // Experts that many tokens call are computed while others are still read; what that saves is no more than the reading.
  const expertBeyondMs = (tokens: number) => {
    const readMs = expertReadMs * calledRatio(tokens);
    const workMs = (expertTokenMs * tokens) / stages;
    return readMs > 0 ? readMs ** 2 / (Math.hypot(readMs, workMs) + workMs) : 0;
  };
  // An index is read for all of the context and the cache for the tokens it picks.
  const sparse = model.sparseAttention;
  const tokensPerSequence = 1 + draftTokens;
  const kvReadMs = readMs(kvBytesPerToken(model, spec.kvPrecision) / kvShards(spec));
  // Reading the cache and working on it overlap; latent attention can be the slower of the two.
  const kvWorkMs = (tokensPerSequence * attentionLayers * pairFlops.decode) / t / attentionFlopsPerMs;
  const kvTokenMs = Math.cbrt(kvReadMs ** 3 + kvWorkMs ** 3);
  const indexTokenMs = sparse ? readMs((model.layers * sparse.indexKeyDim) / kvShards(spec)) : 0;
  const latentLayersMs = model.kvBytesPerTokenBf16 === undefined ? 0 : (latentLayerUs * model.layers) / 1e3;
  const indexLayersMs = sparse ? (sparseIndexLayerUs * model.layers) / 1e3 : 0;
  const handOverMs = stages > 1 ? handOver(spec, stages) : { startMs: 0, perTokenMs: 0 };
  const stepBaseMs =
    engine.stepFixedMs +
    (engine.stepPerLayerUs * model.layers) / 1e3 +
    expertLayersMs +
    indexLayersMs +
    latentLayersMs +
    blockScaleMs +
    readMs(shared - lookup) * (outsideExperts === "fp4" ? 1 + accelerator.memoryGBps / fp4UnpackGBps : 1) +
    sums.startMs +
    handOverMs.startMs;
  const decodedTokenMs = computeMs + stateMs + sums.perTokenMs + handOverMs.perTokenMs;
  const perSequenceMs =
    (tokensPerSequence * engine.stepPerSequenceUs) / 1e3 / ranks +
    tokensPerSequence * decodedTokenMs +
    draftTokens * draftCostRatio * computeMs +
    (sparse ? sparse.topTokens * kvTokenMs : 0);

  const drafts = 1 + draftTokens * draftCostRatio;
  const time: StepTerms = {
    stepBaseMs: stepBaseMs * drafts,
    // Each of the batches under way holds its share of the sequences.
    perSequenceMs: perSequenceMs / stages,
    perContextTokenMs: (sparse ? indexTokenMs : kvTokenMs) / stages,
    perPrefillTokenMs: computeMs + wholePromptMs + sums.perTokenMs + handOverMs.perTokenMs,
    perAttentionTokenPairMs: pairMs,
    batchMs: model.experts || beyondMs ? (tokens) => expertBeyondMs(tokens) + (beyondMs?.(tokens / stages) ?? 0) : null,
  };
  // Work takes the energy of its bytes and operations however long an engine's own kernels are at it.
  const { weights, experts: calledExperts, cache, arithmetic, promptAttention } = drawShares;
  const arithmeticMs = (sharedWorkMs + (2 * (expertParameters + expertStartUp)) / flopsPerMs) / t;
  const cacheShare = cache / engine.memoryCoefficient;
  const work: StepTerms = {
    stepBaseMs: weights * readMs(shared - lookup, 1) * drafts,
    perSequenceMs:
      (arithmetic * (tokensPerSequence + draftTokens * draftCostRatio) * arithmeticMs +
        cacheShare * (tokensPerSequence * stateMs + (sparse ? sparse.topTokens * kvTokenMs : 0))) /
      stages,
    perContextTokenMs: cacheShare * time.perContextTokenMs,
    perPrefillTokenMs: arithmetic * arithmeticMs,
    perAttentionTokenPairMs: promptAttention * pairWorkMs,
    batchMs: model.experts ? (tokens) => calledExperts * expertWorkMs * calledRatio(tokens) : null,
  };

  return {
    ...time,
    draw: drawOf(time, work),
    spec,
    kvTokenCapacity: memory.kvTokenCapacity,
    ...(spec.engine.split && { split: splitOf(spec, spec.engine.split) }),
    tokensPerSequence,
    tokensPerStep: Math.round(tokensPerStep * acceptanceUnits) / acceptanceUnits,
    pipelineStages: stages,
    requestOverheadMs: engine.requestOverheadMs + promptLayersMs,
    maxSequences: engine.maxSequences,
    maxBatchedTokens: engine.maxBatchedTokens * stages,
    kvBlockTokens: engine.kvBlockTokens,
  };
}

/**
 * Share of the experts that a batch calls. Each token calls `perToken` of `count`, but not at random: experts are popular to
 * different degrees, and with popularity spread exponentially the share is s·n / (1 + s·(n − 1)) with s that of one token. At
 * random it would be 1 − (1 − s)^n: 64 % instead of 51 % at 16 tokens and s = 1/16.
 */
function calledShare({ experts }: Model, tokens: number): number {
  if (!experts || !(tokens > 0)) return 0;
  const one = experts.perToken / experts.count;
  return (one * tokens) / (1 + one * (tokens - 1));
}

const noDraft: SpeculativeDecoding = { draftTokens: 0, tokensPerStep: 1 };

/** A model's own head for the next tokens: one more layer, and the output matrix, as large as the input embedding. */
function headCostRatio({ layers, lookupParameters = 0, activeParameters }: Model): number {
  return 1 / layers + lookupParameters / activeParameters;
}

/**
 * Each accelerator of a unit sends its part of the cache over its own link, unless the engine has a rate of its own from
 * unit to unit. The rate of sums is taken for that of copies, which is no lower.
 */
function splitOf(spec: ReplicaSpec, split: SplitUnits): Split {
  const { link } = spec.accelerator;
  const bytes = kvBytesPerToken(spec.model, spec.kvPrecision);
  const gBps = split.transferGBps ?? link.allReduceGBps * spec.tensorParallel * (spec.pipelineParallel ?? 1);
  return {
    prefillUnits: split.prefillUnits,
    decodeUnits: split.decodeUnits,
    transferStartMs: (split.transferLatencyUs ?? link.latencyUs) / 1e3,
    transferPerTokenMs: bytes / (gBps * 1e6),
  };
}

/** Passing activations from stage to stage, once per batch and border, ms. */
function handOver({ accelerator: { link }, model }: ReplicaSpec, stages: number) {
  const bytesPerMs = link.allReduceGBps * 1e6;
  return {
    startMs: ((stages - 1) * link.latencyUs) / 1e3,
    perTokenMs: ((stages - 1) * model.hiddenSize * bytesPerActivation) / bytesPerMs,
  };
}

const bytesPerActivation = 2;
