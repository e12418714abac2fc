/** From data sheets, a model and the coefficients of an engine to the numbers that every prediction goes by. */
import type { Accelerator, EngineProfile, Model, SpeculativeDecoding, SplitUnits } from "../catalog/index.ts";
import {
  fit,
  kvBytesPerToken,
  kvShards,
  sharedPrecision,
  weightBytesPerAccelerator,
  type ReplicaSpec,
} from "./memory.ts";
import { allReduce } from "./all-reduce.ts";
import { attentionTerms } from "./attention-terms.ts";
import { expertTerms } from "./expert-terms.ts";
import { arithmeticTflops } from "./precision.ts";
import { acceptanceUnits, type Replica, type Split } from "./replica.ts";
import { drawOf, drawShares, type StepTerms } from "./step-draw.ts";

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
 * Rate at which kernels turn fp4 weights into numbers, GB/s; it adds to the time to read them. Own fit to Llama 70B on B200
 * with vLLM and TensorRT-LLM (November 2026); the kernels published with AIConfigurator show 12,500 at 160 M weights and
 * more. They show a loss for fp8 too, which whole models do not. Experts are read by other kernels, with a coefficient of
 * their own.
 */
const fp4UnpackGBps = 20_000;

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
  const outsideExperts = sharedPrecision(spec);
  const sharedFlopsPerMs = arithmeticTflops(accelerator, outsideExperts) * 1e9;

  const stages = spec.pipelineParallel ?? 1;
  const { draftTokens, tokensPerStep, draftCostRatio = headCostRatio(model) } = engine.speculative ?? noDraft;
  const perStage = weightBytesPerAccelerator(spec);
  // A batch passes all stages one after the other and so all weights.
  const [shared, lookup] = [perStage.shared * stages, perStage.lookup * stages];
  const experts = expertTerms(spec, engine);
  const promptLayersMs = model.experts ? (engine.promptPerExpertLayerMs ?? 0) * model.layers : 0;

  const sums = allReduce(spec, engine.communicationCoefficient);
  const { beyondMs } = sums;
  // Attention run in parallel over the data has a scheduler and a share of the sequences per accelerator.
  const ranks = spec.attentionDataParallel ? t : 1;

  // A token's arithmetic is spread over the accelerators either way: cut with the weights, or as one of t batches.
  const sharedParameters = model.activeParameters - (model.lookupParameters ?? 0) - experts.parameters;
  const { computeCoefficient } = engine;
  const isQuantised = outsideExperts !== "bf16" && accelerator.tflops[outsideExperts] !== undefined;
  // Cutting a matrix over the accelerators makes it smaller; replicated attention keeps it whole.
  const startUp =
    productsPerLayer *
    model.layers *
    startUpWeights[isQuantised ? "quantised" : "bf16"] *
    (spec.attentionDataParallel ? 1 : t);
  const sharedWorkMs = (2 * (sharedParameters + startUp)) / sharedFlopsPerMs;
  const sharedMs = computeCoefficient * sharedWorkMs;
  const computeMs = sharedMs / t + experts.tokenMs;
  // Decoding sequences spread evenly over replicated attention; a prompt runs on one accelerator while the others wait.
  const wholePromptMs = spec.attentionDataParallel ? sharedMs * (1 - 1 / t) : 0;
  const attention = attentionTerms(spec);
  const pairMs = computeCoefficient * attention.pairMs;
  // Every token reads the state of the layers without a cache and writes it back.
  const stateMs = readMs((2 * (model.stateBytesPerSequence ?? 0)) / t);

  // An index is read for all of the context and the cache for the tokens it picks.
  const sparse = model.sparseAttention;
  const tokensPerSequence = 1 + draftTokens;
  const kvReadMs = readMs(kvBytesPerToken(model, spec.kvPrecision) / kvShards(spec));
  // Reading the cache and working on it overlap; latent attention can be the slower of the two.
  const kvWorkMs = tokensPerSequence * attention.cachedTokenMs;
  const kvTokenMs = Math.cbrt(kvReadMs ** 3 + kvWorkMs ** 3);
  const indexTokenMs = sparse ? readMs((model.layers * sparse.indexKeyDim) / kvShards(spec)) : 0;
  const latentLayersMs = model.kvBytesPerTokenBf16 === undefined ? 0 : (latentLayerUs * model.layers) / 1e3;
  const indexLayersMs = sparse ? (sparseIndexLayerUs * model.layers) / 1e3 : 0;
  const handOverMs = stages > 1 ? handOver(spec, stages) : { startMs: 0, perTokenMs: 0 };
  const stepBaseMs =
    engine.stepFixedMs +
    (engine.stepPerLayerUs * model.layers) / 1e3 +
    experts.layersMs +
    indexLayersMs +
    latentLayersMs +
    readMs(shared - lookup) * (outsideExperts === "fp4" ? 1 + accelerator.memoryGBps / fp4UnpackGBps : 1) +
    sums.startMs +
    handOverMs.startMs;
  const decodedTokenMs = computeMs + stateMs + sums.perTokenMs + handOverMs.perTokenMs;
  const perSequenceMs =
    (tokensPerSequence * engine.stepPerSequenceUs) / 1e3 / ranks +
    tokensPerSequence * (decodedTokenMs + experts.sequenceMs / ranks) +
    draftTokens * draftCostRatio * computeMs +
    (sparse ? sparse.topTokens * kvTokenMs : 0);

  const drafts = 1 + draftTokens * draftCostRatio;
  const time: StepTerms = {
    stepBaseMs: stepBaseMs * drafts,
    // Each of the batches under way holds its share of the sequences.
    perSequenceMs: perSequenceMs / stages,
    perContextTokenMs: (sparse ? indexTokenMs : kvTokenMs) / stages,
    perPrefillTokenMs: computeMs + wholePromptMs + attention.promptTokenMs + sums.perTokenMs + handOverMs.perTokenMs,
    perAttentionTokenPairMs: pairMs,
    batchMs:
      model.experts || beyondMs ? (tokens) => experts.beyondMs(tokens) + (beyondMs?.(tokens / stages) ?? 0) : null,
  };
  // Work takes the energy of its bytes and operations however long an engine's own kernels are at it.
  const { weights, experts: calledExperts, cache, arithmetic, promptAttention } = drawShares;
  const arithmeticMs = (sharedWorkMs + experts.workMs) / t;
  const cacheShare = cache / engine.memoryCoefficient;
  const work: StepTerms = {
    stepBaseMs: weights * readMs(shared - lookup, 1) * drafts,
    perSequenceMs:
      (arithmetic * (tokensPerSequence + draftTokens * draftCostRatio) * arithmeticMs +
        cacheShare * (tokensPerSequence * stateMs + (sparse ? sparse.topTokens * kvTokenMs : 0))) /
      stages,
    perContextTokenMs: cacheShare * time.perContextTokenMs,
    perPrefillTokenMs: arithmetic * arithmeticMs,
    perAttentionTokenPairMs: promptAttention * attention.pairWorkMs,
    batchMs: model.experts ? (tokens) => calledExperts * experts.readMs(tokens) : null,
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
