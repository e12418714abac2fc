import type { Tier } from "../../catalog/index.ts";

/**
 * How an attempt ended. Charged are `served` ones, and `client-left` ones as far as content was delivered. `cached`: the
 * answer of an earlier attempt was given again, no engine had a part in it, and it is free.
 */
export const attemptOutcomes = [
  "served",
  "cached",
  "client-left",
  "upstream-failed",
  "timeout",
  "refused",
  "superseded",
] as const;

export type AttemptOutcome = (typeof attemptOutcomes)[number];

/**
 * One attempt at one engine, metered once. Money is in integer nano-USD (1e-9 USD), so that sums are exact.
 * Carries no prompt and no answer.
 */
export interface LedgerRow {
  readonly requestId: string;
  /** 1 for the first attempt of a request. */
  readonly attempt: number;
  readonly epochMs: number;
  /** Id of the key, never the key; null when the gateway runs without keys. */
  readonly keyId: string | null;
  /** Who pays; stays when the key is exchanged. Null when the gateway runs without keys. */
  readonly accountId: string | null;
  readonly workload: string;
  readonly model: string;
  readonly area: string;
  readonly areaCountry: string;
  readonly dataClass: string;
  readonly site: string;
  readonly siteCountry: string;
  readonly tier: Tier;
  readonly pool: string;
  readonly owner: string;
  /** The rule that allowed the site: a law, or that data stayed in its country. */
  readonly rule: string;
  /** True when timing and text came from an emulated engine. */
  readonly emulated: boolean;
  readonly outcome: AttemptOutcome;
  readonly status: number;
  /** Where the token counts come from: stated by the engine, counted in its stream, or estimated from text. */
  readonly tokenSource: "engine" | "counted" | "estimated";
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** From the start of the attempt; null when no content came. */
  readonly ttftMs: number | null;
  readonly durationMs: number;
  /** Price of a million tokens, input or output, that the charge was computed with; integer nano-USD. */
  readonly priceNanoUsdPerMTok: number;
  /** What the caller owes: price times tokens when the attempt is charged, else 0. */
  readonly chargeNanoUsd: number;
  /** What the site's owner pays for the bytes that left it. */
  readonly egressNanoUsd: number;
}

/**
 * Every column in the order in which a row is written down, and what its values are like: `label`, text and the like,
 * few different ones in many rows; `number`, another one in every row, null where unknown.
 */
export const ledgerColumns = {
  requestId: "id",
  attempt: "number",
  epochMs: "number",
  keyId: "label",
  accountId: "label",
  workload: "label",
  model: "label",
  area: "label",
  areaCountry: "label",
  dataClass: "label",
  site: "label",
  siteCountry: "label",
  tier: "label",
  pool: "label",
  owner: "label",
  rule: "label",
  emulated: "label",
  outcome: "label",
  status: "number",
  tokenSource: "label",
  inputTokens: "number",
  cachedTokens: "number",
  outputTokens: "number",
  requestBytes: "number",
  responseBytes: "number",
  ttftMs: "number",
  durationMs: "number",
  priceNanoUsdPerMTok: "label",
  chargeNanoUsd: "number",
  egressNanoUsd: "number",
} as const satisfies Record<keyof LedgerRow, "id" | "label" | "number">;
