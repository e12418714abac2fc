/** What a world is asked for: workloads, their callers, and demand by area. */

import type { Precision } from "./world-engines.ts";
import type { Tier } from "./world-places.ts";

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
