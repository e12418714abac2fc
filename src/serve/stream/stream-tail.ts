import { errorBody, type ApiError } from "../wire/api-error.ts";
import { asciiJson } from "../wire/byte-text.ts";
import { addMember, memberSpans, replaceValue } from "../wire/json-span.ts";
import type { StreamErrorForm } from "./endpoints.ts";
import type { Metered } from "./meter.ts";
import type { ByteText } from "../wire/ports.ts";
import type { AnswerHead } from "./sse-stream.ts";

/**
 * The event that ends a stream in place of what should have followed. Chat and completions know only an object with
 * `error`; APIs that name their events have one called `error`, with its number. Clients raise both.
 */
export function errorEvent(error: ApiError, form: StreamErrorForm, lastSequence: number): ByteText {
  if (form === "object") return `data: ${errorBody(error)}\n\n`;
  const { code, message, param } = error;
  return `event: error\ndata: ${asciiJson({ type: "error", code, message, param, sequence_number: lastSequence + 1 })}\n\n`;
}

/** Puts a usage event in front of the closing sentinel of a chat or completions stream. */
export function withUsageEvent(events: ByteText, head: AnswerHead | null, counts: UsageCounts): ByteText {
  const { id, object, created, model } = head ?? { id: "", object: "chat.completion.chunk", created: 0, model: "" };
  const event = asciiJson({ id, object, created, model, choices: [], usage: usageObject(counts) });
  const done = events.lastIndexOf("data: [DONE]");
  const at = done < 0 ? events.length : done;
  return `${events.slice(0, at)}data: ${event}\n\n${events.slice(at)}`;
}

/** Puts usage into a whole answer whose engine stated none. */
export function withUsageMember(body: ByteText, counts: UsageCounts): ByteText {
  const [stated] = memberSpans(body, ["usage"]);
  const usage = usageObject(counts);
  return stated ? replaceValue(body, stated.span, usage) : addMember(body, "usage", usage);
}

type UsageCounts = Pick<Metered, "inputTokens" | "outputTokens">;

function usageObject({ inputTokens, outputTokens }: UsageCounts): object {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
  };
}
