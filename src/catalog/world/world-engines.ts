/** What a world computes with: models, accelerators, servers and the pace of their engines. */

import type { Tier } from "./world-places.ts";

/** Number formats of weights and KV cache. */
export type Precision = "bf16" | "fp8" | "fp4" | "int8" | "int4";

/** How sure a figure is. */
export type Confidence = "measured" | "vendor" | "analyst" | "assumed";

/** A neural network as the engine sees it. Source: the model's published configuration. */
export interface Model {
  readonly id: string;
  readonly name: string;
  readonly totalParameters: number;
  /** Parameters that take part in one token (equal to `totalParameters` for a dense model). */
  readonly activeParameters: number;
  /** The input embedding where it is a matrix of its own: in memory, but looked up rather than read; absent = 0. */
  readonly lookupParameters?: number;
  readonly layers: number;
  readonly hiddenSize: number;
  readonly attentionHeads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly vocabulary: number;
  /** Routed experts and how many a token uses; absent for a dense model. */
  readonly experts?: { readonly count: number; readonly perToken: number; readonly parametersEach: number };
  /** Layers with attention over the whole context; the others keep a state of fixed size. Absent = `layers`. */
  readonly attentionLayers?: number;
  /** State of the other layers, bytes per sequence, read and written by every token; absent = 0. */
  readonly stateBytesPerSequence?: number;
  /** KV bytes per token at two bytes per element when it is not 2 × layers × kvHeads × headDim × 2 (MLA and the like). */
  readonly kvBytesPerTokenBf16?: number;
  /**
   * Floating-point operations of attention per layer and pair of tokens, all heads: of a prompt's tokens with each other, and
   * of a new token with the cache. Absent = 4 × attentionHeads × headDim for both; latent attention differs.
   */
  readonly attentionPairFlops?: { readonly prompt: number; readonly decode: number };
  /** Format of all but the routed experts where releases in fewer bits quantise only those; absent = as the experts. */
  readonly sharedPrecision?: Precision;
  /** Attention reads the `topTokens` that an index of keys of `indexKeyDim` bytes picks; absent = it reads all. */
  readonly sparseAttention?: { readonly indexKeyDim: number; readonly topTokens: number };
  readonly maxContextTokens: number;
}

/** All-reduce over a number of accelerators: time of the smallest message and of one of each size in `allReduceSizesMB`. */
export interface AllReduceGroup {
  readonly accelerators: number;
  readonly latencyUs: number;
  readonly timesUs: readonly number[];
}

/** An accelerator: rates are for dense arithmetic on one chip. */
export interface Accelerator {
  readonly id: string;
  readonly name: string;
  readonly kind: "gpu" | "asic" | "npu";
  readonly generation: string;
  readonly memoryGB: number;
  /** Bandwidth of weight streaming the engine model uses, GB/s: measured where known, else derated datasheet. */
  readonly memoryGBps: number;
  /** Arithmetic rates the engine model uses, TFLOP/s (or TOP/s) by format; an absent format is not native. */
  readonly tflops: Readonly<Partial<Record<Precision, number>>>;
  /** `measured` when rates are measured kernel rates, `vendor` when a datasheet was derated. */
  readonly rateConfidence: Confidence;
  /** Formats with measured rates where only some have them: weights in these are computed with measured rates alone. */
  readonly measuredFormats?: readonly Precision[];
  /** Link between accelerators of one server: all-reduce start-up and bandwidth (bytes/s as GB/s). */
  readonly link: {
    readonly kind: "nvlink" | "pcie" | "fabric" | "none";
    readonly latencyUs: number;
    readonly allReduceGBps: number;
    /** Measured per number of accelerators: the smallest message and one of each size in `allReduceSizesMB`. */
    readonly groups?: readonly AllReduceGroup[];
    /** By the id of the catalogue's engine where its own kernels take other times. */
    readonly groupsByEngine?: Readonly<Record<string, readonly AllReduceGroup[]>>;
  };
  /** Total processing performance as export law counts it (TFLOP/s × bit length, dense). */
  readonly totalProcessingPerformance: number;
  readonly dramGBps: number;
  readonly tdpWatts: number;
}

/** What one buys: a server with accelerators. The integer unit of the plan. */
export interface ServerModule {
  readonly id: string;
  readonly name: string;
  readonly accelerator: Accelerator;
  readonly acceleratorCount: number;
  readonly priceUsd: number;
  /** Wall power of the server under load, before PUE. */
  readonly powerKw: number;
  readonly idlePowerKw: number;
  readonly lifeYears: number;
  /** From order to service. */
  readonly leadTimeYears: number;
  readonly tiers: readonly Tier[];
  /** Largest number that can be bought in each period over all sites; null = no limit. */
  readonly supplyPerPeriod: readonly (number | null)[];
  /** Price by the period of purchase, before all factors; absent = `priceUsd` in all. */
  readonly pricePerPeriodUsd?: readonly number[];
  /** Share of the price that is memory; absent = 0. */
  readonly memoryShareRatio?: number;
  /** Least use at the peak of what is bought for a site, of what the plan may use; absent = 0. */
  readonly minUtilizationRatio?: number;
}

/** What an engine takes for a step; see `perf` for the formula. */
export interface EngineCoefficients {
  readonly stepFixedMs: number;
  readonly stepPerLayerUs: number;
  /** Extra per layer of a mixture of experts: routing, sorting, gathering; absent = 0. */
  readonly stepPerExpertLayerUs?: number;
  readonly stepPerSequenceUs: number;
  readonly memoryCoefficient: number;
  /** The same for the weights of routed experts, which are read in small pieces; absent = `memoryCoefficient`. */
  readonly expertMemoryCoefficient?: number;
  readonly computeCoefficient: number;
  /** The same for routed experts, whose products are many and narrow; absent = `computeCoefficient`. */
  readonly expertComputeCoefficient?: number;
  readonly communicationCoefficient: number;
  /** Time outside the steps per request: parsing, tokenising, scheduling. */
  readonly requestOverheadMs: number;
  /** Extra until the first token per layer of a mixture of experts: prompts run outside captured graphs; absent = 0. */
  readonly promptPerExpertLayerMs?: number;
}

/** An inference engine: coefficients and settings. Source per profile in the catalogue. */
export interface EngineProfile extends EngineCoefficients {
  readonly id: string;
  /** Engine of the catalogue whose kernels one of the scenario runs; absent = its own. */
  readonly like?: string;
  readonly name: string;
  /** Coefficients that differ on chips of a generation (`Accelerator.generation`); absent = the same everywhere. */
  readonly byGeneration?: Readonly<Record<string, Partial<EngineCoefficients>>>;
  /** Stages a model is cut into by layers, each on its own accelerators; absent = 1. */
  readonly pipelineParallel?: number;
  /** Tokens guessed ahead and checked in one step; absent = none. */
  readonly speculative?: SpeculativeDecoding;
  /** Prompts and answers on separate units; absent = one unit does both. */
  readonly split?: SplitUnits;
  readonly maxBatchedTokens: number;
  readonly maxSequences: number;
  readonly memoryUtilization: number;
  /** Memory the engine keeps for itself: fixed part and part per batched token. */
  readonly overheadGB: number;
  readonly overheadBytesPerBatchedToken: number;
  readonly kvBlockTokens: number;
  readonly confidence: Confidence;
  /** How well a profile of the scenario is known; those of the catalogue are described there. */
  readonly calibration?: EngineCalibration;
}

/** Prefill/decode disaggregation: units that each hold the model, some for prompts, some for answers. */
export interface SplitUnits {
  readonly prefillUnits: number;
  readonly decodeUnits: number;
  /** Rate of copying the cache from unit to unit; absent = over the accelerators' own links. */
  readonly transferGBps?: number;
  readonly transferLatencyUs?: number;
}

/** A draft proposes tokens, the model checks all of them in one step and keeps those it agrees with. */
export interface SpeculativeDecoding {
  /** Tokens proposed per step. */
  readonly draftTokens: number;
  /** Mean tokens a sequence gains per step, the model's own included: from 1 to draftTokens + 1. */
  readonly tokensPerStep: number;
  /** Time to propose one token, as a share of a step of the model without drafts; absent = one layer and the output matrix. */
  readonly draftCostRatio?: number;
}

/** How well an engine profile is known. Errors are relative, of the time per output token. */
export interface EngineCalibration {
  readonly rows: number;
  readonly p90Error: number;
  /** 90th percentile when a chip, a model, a release or whoever measured was left out of the fit, the worst of them. */
  readonly heldOutP90Error: number;
  /** Pairs of accelerator and model that were measured. */
  readonly measured: readonly (readonly [accelerator: string, model: string])[];
}
