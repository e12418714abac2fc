import type { Site, Workload } from "../../catalog/index.ts";
import { charactersPerToken, type InferenceRequest } from "./chat-request.ts";
import type { EngineUsage } from "./stream-event.ts";

/** Token counts of one attempt and where they come from. */
export interface Metered {
  readonly tokenSource: "engine" | "counted" | "estimated";
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
}

/** What is known of an attempt's tokens besides the engine's own word. */
export interface Counted {
  /** Input tokens estimated from the request's text. */
  readonly inputTokens: number;
  /** Events with content of a stream: one token each. */
  readonly contentEvents: number;
  /** Output tokens estimated from the text of an answer that was no stream. */
  readonly textTokens: number;
  /** Most output tokens the caller allowed, over all choices; null = no limit. */
  readonly maxOutputTokens: number | null;
}

/**
 * Settles the counts of an attempt. The engine's own numbers win, a zero among them included; what it did not state
 * is counted in its stream, or estimated from the text. More output than the caller allowed is not believed. An answer
 * without output, as of embeddings, states none and needs none.
 */
export function meterTokens(usage: EngineUsage | null, counted: Counted): Metered {
  const { contentEvents, textTokens, maxOutputTokens } = counted;
  const own = contentEvents > 0 ? contentEvents : textTokens;
  const stated = usage?.outputTokens ?? (usage !== null && own === 0 ? 0 : null);
  const believed = stated !== null && stated <= (maxOutputTokens ?? Number.POSITIVE_INFINITY);
  const inputTokens = usage?.inputTokens ?? counted.inputTokens;
  const complete = usage !== null && usage.inputTokens !== null && believed;
  return {
    tokenSource: complete ? "engine" : contentEvents > 0 ? "counted" : "estimated",
    inputTokens,
    cachedTokens: Math.min(usage?.cachedTokens ?? 0, inputTokens),
    outputTokens: believed ? stated : Math.min(own, maxOutputTokens ?? own),
  };
}

/** What an attempt has seen of tokens. */
export interface Seen {
  readonly usage: EngineUsage | null;
  readonly contentEvents: number;
  readonly textTokens: number;
}

/** The counts of an attempt at a request. */
export function countsOf(seen: Seen, { inputTokens, maxOutputTokens, choices }: InferenceRequest): Metered {
  const { usage, contentEvents, textTokens } = seen;
  const limit = maxOutputTokens === null ? null : maxOutputTokens * choices;
  return meterTokens(usage, { inputTokens, contentEvents, textTokens, maxOutputTokens: limit });
}

/** Counts of sound and pictures whose engine states none: those of a request of mean length, so that it costs as much. */
export function meanCounts({ inputTokens, outputTokens }: Workload): Metered {
  const [input, output] = [Math.round(inputTokens.mean), Math.round(outputTokens.mean)];
  return { tokenSource: "estimated", inputTokens: input, cachedTokens: 0, outputTokens: output };
}

/** Tokens of a whole answer, estimated from its text: choices of chat and completions, output of responses. */
export function textTokensOf(answer: Record<string, unknown>): number {
  const texts = (value: unknown, depth = 0): number => {
    if (typeof value === "string") return value.length;
    if (typeof value !== "object" || value === null || depth > deepestText) return 0;
    if (Array.isArray(value)) return value.reduce((sum: number, part) => sum + texts(part, depth + 1), 0);
    const part = value as Record<string, unknown>;
    // Thinking goes by two names, under which some engines write it twice.
    const thinking = texts(part["reasoning_content"] ?? part["reasoning"], depth + 1);
    return textNames.reduce((sum, name) => sum + texts(part[name], depth + 1), thinking);
  };
  const characters = texts(answer["choices"]) + texts(answer["output"]);
  return Math.ceil(characters / charactersPerToken);
}

/** Where an answer has its text, besides its thinking. */
const textNames = ["message", "content", "text", "refusal", "tool_calls", "function", "arguments"];

/** No API nests text deeper; what does was made to be a burden. */
const deepestText = 32;

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
