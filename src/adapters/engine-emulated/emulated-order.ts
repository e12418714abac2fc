import type { EngineRequest } from "../../serve/index.ts";
import type { FinishReason } from "./emulated-form.ts";

/** Answers made side by side at most, as OpenAI's API has it, seen 2026-11. */
const mostChoices = 128;

/** What an emulated engine is asked for. */
export interface EmulatedOrder {
  readonly requestId: string;
  readonly model: string;
  readonly stream: boolean;
  /** Prompts in the request, and answers to each of them. */
  readonly prompts: number;
  readonly answers: number;
  /** Of all prompts together. */
  readonly uncachedTokens: number;
  readonly cachedTokens: number;
  /** Of one answer. */
  readonly outputTokens: number;
  readonly finish: FinishReason;
}

/** Reads a request; null when its `n` is no count. Every answer is as long as the workload plans, or as the caller allows. */
export function readOrder(request: EngineRequest): EmulatedOrder | null {
  const { inputTokens, maxOutputTokens, planned, requestId, stream, path } = request;
  const { model, n, prompt } = JSON.parse(request.body) as { model: string; n?: unknown; prompt?: unknown };
  const answers = n ?? 1;
  if (typeof answers !== "number" || !Number.isInteger(answers) || answers < 1 || answers > mostChoices) return null;
  // A list of numbers is one prompt in tokens.
  const several = path === "/v1/completions" && Array.isArray(prompt) && typeof prompt[0] !== "number";
  const prompts = several ? Math.max(1, prompt.length) : 1;
  const usual = Math.max(1, Math.round(planned.outputTokens));
  const outputTokens = Math.min(usual, maxOutputTokens ?? usual);
  // At least one token of a prompt is always computed, as in real engines: the last one's logits are needed.
  const cachedTokens = Math.max(0, Math.min(inputTokens - prompts, Math.floor(inputTokens * planned.prefixHitRatio)));
  return {
    requestId,
    model,
    stream,
    prompts,
    answers,
    uncachedTokens: inputTokens - cachedTokens,
    cachedTokens,
    outputTokens,
    finish: outputTokens < usual ? "length" : "stop",
  };
}
