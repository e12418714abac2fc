import type { Site, Workload } from "../catalog/index.ts";
import type { EngineUsage } from "./sse-stream.ts";

/** Token counts of one attempt and where they come from. */
export interface Metered {
  readonly tokenSource: "engine" | "counted" | "estimated";
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
}

/**
 * Settles the counts of an attempt. The engine's own numbers win, a zero among them included; what it did not state
 * is counted in its stream (one token per content event), and the input estimated from the text.
 */
export function meterTokens(usage: EngineUsage | null, estimatedInput: number, contentEvents: number): Metered {
  const inputTokens = usage?.inputTokens ?? estimatedInput;
  const outputTokens = usage?.outputTokens ?? contentEvents;
  const complete = usage !== null && usage.inputTokens !== null && usage.outputTokens !== null;
  return {
    tokenSource: complete ? "engine" : contentEvents > 0 ? "counted" : "estimated",
    inputTokens,
    cachedTokens: Math.min(usage?.cachedTokens ?? 0, inputTokens),
    outputTokens,
  };
}

const nanoPerUsd = 1e9;
const bytesPerGB = 1e9;

const tokensPerMTok = 1e6;

/**
 * The workload's price is per request of mean length, so each token costs an equal part of it. Returns the price of a
 * million tokens in integer nano-USD, from which every charge can be computed again.
 */
export function priceNanoUsdPerMTok(workload: Workload): number {
  const meanTokens = workload.inputTokens.mean + workload.outputTokens.mean;
  if (!(meanTokens > 0)) return 0;
  return Math.round((workload.priceUsdPerRequest * nanoPerUsd * tokensPerMTok) / meanTokens);
}

/** What the caller owes for tokens at a price per million, integer nano-USD. */
export function chargeNanoUsd(priceNanoUsdPerMTok: number, tokens: number): number {
  return Math.round((priceNanoUsdPerMTok * tokens) / tokensPerMTok);
}

/** What the site's owner pays for the bytes that left it, integer nano-USD. */
export function egressNanoUsd(site: Site, responseBytes: number): number {
  return Math.round((responseBytes / bytesPerGB) * site.egressUsdPerGB * nanoPerUsd);
}
