/**
 * The world: a scenario after every selector, file and catalogue reference has been resolved to plain numbers in
 * canonical units. It is the one input of `plan`, `simulate` and `serve`, is plain JSON, and travels inside a plan
 * document so that the plan can be checked, simulated and served without the files it came from.
 *
 * Conventions: money is in US dollars, time of day in UTC, angles in degrees, data volumes in decimal bytes (1 GB =
 * 1e9 bytes), a year has 8760 hours and a month is a twelfth of it. Lists are referred to by position.
 */

/** The three places inference runs in. */
export type Tier = "core" | "regional" | "edge";

/** The tiers from the farthest from users to the nearest. */
export const tiers: readonly Tier[] = ["core", "regional", "edge"];

/** Number formats of weights and KV cache. */
export type Precision = "bf16" | "fp8" | "fp4" | "int8" | "int4";

/** How sure a figure is. */
export type Confidence = "measured" | "vendor" | "analyst" | "assumed";

export interface World {
  readonly format: "disperse/world/v1";
  readonly name: string;
  readonly description: string;
  /** Version of the catalogue the figures came from. */
  readonly catalogVersion: string;
  /** What the plan seeks; least cost when left out. */
  readonly objective?: "min-cost" | "max-npv";
  readonly periods: readonly Period[];
  readonly finance: FinanceTerms;
  readonly models: readonly Model[];
  readonly modules: readonly ServerModule[];
  readonly engines: readonly EngineProfile[];
  readonly accessTypes: readonly AccessType[];
  readonly jurisdictions: readonly Jurisdiction[];
  readonly owners: readonly Owner[];
  readonly sites: readonly Site[];
  readonly areas: readonly Area[];
  readonly workloads: readonly Workload[];
  readonly demand: readonly DemandRow[];
  readonly training: readonly TrainingDemand[];
  readonly limits: PlanLimits;
  readonly network: NetworkModel;
}

/** A planning period; all its years look the same. */
export interface Period {
  readonly id: string;
  /** Calendar year in which it begins, for example 2027. */
  readonly startYear: number;
  readonly lengthYears: number;
}

export interface FinanceTerms {
  /** Weighted average cost of capital, per year, as a ratio (0.08 = 8 %). */
  readonly waccRatio: number;
  /** Share of accelerator capex due each year for maintenance and support. */
  readonly maintenanceRatioPerYear: number;
  /** Multiplier on accelerator capex, for example 1.3 for an HBM price shock. */
  readonly acceleratorPriceFactor: number;
  /** Factor on the price of every module per period, on top of `acceleratorPriceFactor`; absent = 1 in all. */
  readonly modulePriceFactorPerPeriod?: readonly number[];
  /** Price of memory per period relative to the catalogue's date; acts on `memoryShareRatio`; absent = 1 in all. */
  readonly memoryPriceFactorPerPeriod?: readonly number[];
  /**
   * Where an earlier plan is planned again: what a module or a site that was not there costs on top, as a share of its
   * price; absent = 0.
   */
  readonly movePriceRatio?: number;
}

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
  /** Link between accelerators of one server: all-reduce start-up and bandwidth (bytes/s as GB/s). */
  readonly link: {
    readonly kind: "nvlink" | "pcie" | "fabric" | "none";
    readonly latencyUs: number;
    readonly allReduceGBps: number;
    /** Measured per number of accelerators: the smallest message and one of each size in `allReduceSizesMB`. */
    readonly groups?: readonly {
      readonly accelerators: number;
      readonly latencyUs: number;
      readonly timesUs: readonly number[];
    }[];
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
  /** 90th percentile when the chip or the model was left out of the fit, the worse of the two. */
  readonly heldOutP90Error: number;
  /** Pairs of accelerator and model that were measured. */
  readonly measured: readonly (readonly [accelerator: string, model: string])[];
}

/** Last mile of the user: a lognormal round-trip time added to the wide-area one. */
export interface AccessType {
  readonly id: string;
  readonly name: string;
  readonly medianMs: number;
  /** Standard deviation of ln(RTT). */
  readonly sigma: number;
}

/** Wide-area round trip: lognormal with median `scaleMs × km^exponent + floorMs` and a spread by distance. */
export interface NetworkModel {
  readonly sameCountry: { readonly scaleMs: number; readonly exponent: number };
  readonly sameContinent: { readonly scaleMs: number; readonly exponent: number };
  readonly betweenContinents: { readonly scaleMs: number; readonly exponent: number };
  readonly floorMs: number;
  /** Spread (sigma of ln RTT) at given distances, linear between them. */
  readonly spread: readonly { readonly km: number; readonly sigma: number }[];
}

/** A country's law as far as placement is concerned. */
export interface Jurisdiction {
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly continent: string;
  /** Where data of a class that originates here may be processed. A class without a rule may not leave the country. */
  readonly residency: readonly ResidencyRule[];
  /** Accelerators that may not be installed here; `licence` counts as not allowed unless the scenario grants it. */
  readonly exportControl: "open" | "licence" | "restricted";
  /** Chips below both limits may be installed under `licence` and `restricted` as well. Null = none may. */
  readonly exportThreshold: { readonly totalProcessingPerformance: number; readonly dramGBps: number } | null;
}

export interface ResidencyRule {
  readonly dataClass: string;
  /** Countries (ISO codes) or `*` for anywhere. Always includes the origin. */
  readonly allowed: readonly string[] | "*";
  /** The law and its article, for the explanation of a refusal. */
  readonly law: string;
  readonly asOf: string;
}

export interface Owner {
  readonly id: string;
  readonly kind: "hyperscaler" | "enterprise" | "sovereign" | "micro-dc";
  readonly waccRatio: number;
  /** Most of the owner's own money that may be invested per period; null = no limit. */
  readonly capexBudgetUsd: readonly (number | null)[];
  /** Borrowed beside it, already part of `waccRatio`; absent = none. */
  readonly debt?: {
    /** Share of every investment that is borrowed. */
    readonly shareRatio: number;
    readonly ratePerYear: number;
    /** Least ratio of revenue minus running cost to debt service; null = no limit. */
    readonly leastCoverage: number | null;
  };
  /** Most modules of a kind the owner gets per period; absent = as supplied. */
  readonly allotments?: readonly { readonly module: number; readonly perPeriod: readonly number[] }[];
}

export interface Site {
  readonly id: string;
  readonly name: string;
  readonly tier: Tier;
  readonly country: string;
  readonly latitude: number;
  readonly longitude: number;
  /** Position in `World.owners`. */
  readonly owner: number;
  /** Power that may be drawn from the grid (facility, after PUE), per period. */
  readonly powerLimitKw: readonly number[];
  readonly pue: number;
  readonly electricityUsdPerKwh: number;
  /** One-off cost of opening: land, shell fit-out, connection. */
  readonly openingCapexUsd: number;
  /** Cost per year of being open: staff, rent, ports. */
  readonly fixedOpexUsdPerYear: number;
  /** Building cost per kW of IT load. */
  readonly buildUsdPerKw: number;
  readonly buildLifeYears: number;
  /** Price of traffic that leaves the site towards users. */
  readonly egressUsdPerGB: number;
  readonly portGbps: number;
  /** `forced` must be open, `forbidden` must not, `existing` is open already and pays no opening capex. */
  readonly status: "candidate" | "existing" | "forced" | "forbidden";
  /**
   * Modules already there, by position in `World.modules`. `dueRatio`: share of them whose price is still paid off as if they
   * were bought now; absent = 0, all of it is spent.
   */
  readonly installed: readonly { readonly module: number; readonly count: number; readonly dueRatio?: number }[];
  /** True: an earlier plan has opened it; the opening cost is still paid off, but only while the site stays open. */
  readonly standing?: boolean;
  /** Additions to the power limit that can be bought, each once; absent = none. */
  readonly upgrades?: readonly {
    readonly addedKw: number;
    readonly priceUsd: number;
    readonly leadTimeYears: number;
  }[];
  /** An `existing` site may be closed at this cost, paid once; negative where closing brings money in. Absent = it may not. */
  readonly closingCostUsd?: number;
  /** Position of the period from which the site must be closed. */
  readonly closedFromPeriod?: number;
  /** Position of the site it hangs on. */
  readonly parent?: number;
  /** True: the site may be open only where its parent is. */
  readonly needsParent?: boolean;
  /** Capacity of the link to the parent; absent = no limit. */
  readonly backhaulGbps?: number;
  /** Price of the link to the parent per Gbit/s of its peak; absent = 0. */
  readonly backhaulUsdPerGbpsYear?: number;
  /** Least use at the peak of what is bought, of what the plan may use; absent = 0. */
  readonly minUtilizationRatio?: number;
}

/** Where users are. */
export interface Area {
  readonly id: string;
  readonly name: string;
  readonly country: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly population: number;
  /** Solar offset used for the daily curve, hours east of UTC. */
  readonly utcOffsetHours: number;
}

export interface Workload {
  readonly id: string;
  readonly name: string;
  /** Position in `World.models`. */
  readonly model: number;
  readonly weightPrecision: Precision;
  readonly kvPrecision: Precision;
  /** Position in `World.engines`. */
  readonly engine: number;
  readonly inputTokens: TokenLength;
  readonly outputTokens: TokenLength;
  /** Share of input tokens found in the prefix cache. */
  readonly prefixHitRatio: number;
  /** First token as the user sees it: network + queue + prefill, for this share of requests. */
  readonly ttft: { readonly budgetMs: number; readonly attainmentRatio: number };
  /** Longest mean time per output token; null = no limit. */
  readonly tpotBudgetMs: number | null;
  readonly dataClass: string;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly priceUsdPerRequest: number;
  readonly unservedUsdPerRequest: number;
  /** Bytes between a site and its parent per request; absent = 0. */
  readonly backhaulBytes?: number;
  /** Longest time to first token after the loss of a site; absent = as the budget. */
  readonly failoverBudgetMs?: number;
  /** What the gateway takes out of a request's text before it leaves, and for whom; absent = nothing. */
  readonly redaction?: Redaction;
  /** Who sends the requests, for simulations; absent = one account of normal priority. */
  readonly callers?: readonly Callers[];
  /** Tiers this workload may run in. */
  readonly tiers: readonly Tier[];
}

/** Accounts that are alike. */
export interface Callers {
  /** Their name; with a number behind it where there are several. */
  readonly account: string;
  readonly accounts: number;
  /** Of the workload's requests, all of them together. */
  readonly shareRatio: number;
  readonly priority: "high" | "normal" | "low";
  /** Share of the tokens among accounts of the same priority under overload. */
  readonly weight: number;
}

/** Patterns taken out of requests: always, or only of those that leave the user's country. */
export interface Redaction {
  readonly kinds: readonly ("email" | "card" | "iban" | "phone")[];
  readonly when: "always" | "leaving-country";
}

/** Token count of a request: mean and coefficient of variation (standard deviation / mean), lognormal. */
export interface TokenLength {
  readonly mean: number;
  readonly cv: number;
}

/** Requests of one workload from one area over one kind of access. Rates per period. */
export interface DemandRow {
  readonly area: number;
  readonly workload: number;
  readonly access: number;
  readonly peakPerS: readonly number[];
  readonly meanPerS: readonly number[];
}

/** Sustained training compute; placed at core sites only. */
export interface TrainingDemand {
  readonly id: string;
  /** Useful bf16 PFLOP/s per period. */
  readonly pflops: readonly number[];
  /** Model FLOPs utilisation: useful share of the accelerator's arithmetic rate. */
  readonly mfuRatio: number;
  readonly precision: Precision;
  /** Places the run may be in: ISO codes or `*`. */
  readonly countries: readonly string[] | "*";
  readonly unservedUsdPerPflopYear: number;
  /** What it earns; absent = nothing. */
  readonly priceUsdPerPflopYear?: number;
  /** All of it at one site. */
  readonly singleCampus?: boolean;
}

export interface PlanLimits {
  /** Share of a module's rate the plan may use at the peak. */
  readonly headroomRatio: number;
  /** Share of a site's port the plan may use at the peak; absent = all of it. */
  readonly portHeadroomRatio?: number;
  readonly maxSites: number | null;
  readonly budgetUsd: readonly (number | null)[];
  /** Power limits over sets of sites. */
  readonly zones: readonly {
    readonly id: string;
    readonly sites: readonly number[];
    readonly powerLimitKw: readonly number[];
  }[];
  /** Least shares of what stands; absent = none. */
  readonly shares?: readonly {
    readonly id: string;
    readonly leastRatio: number;
    readonly of: "power" | "modules" | "compute";
    /** Sites that count, and those among which the share is measured. */
    readonly sites: readonly number[];
    readonly among: readonly number[];
  }[];
  /** What may be lost without losing service: any one site, or any one site or zone; absent = nothing. */
  readonly resilience?: "site" | "zone";
}
