import type { AnswerForm, AnswerIdentity, AnswerUsage, FinishReason } from "./emulated-form.ts";
import { emulatedText, emulatedWord } from "./emulated-words.ts";

/** The Responses API: one message with one text, told in named and numbered events. */
export const responseForm: AnswerForm = {
  opening(identity) {
    const response = responseOf(identity, "in_progress", [], null);
    return [
      event("response.created", 0, { response }),
      event("response.in_progress", 1, { response }),
      event("response.output_item.added", 2, { output_index: 0, item: itemOf(identity, "in_progress", []) }),
      event("response.content_part.added", 3, { ...placeOf(identity), part: textPart("") }),
    ].join("");
  },
  word(identity, index) {
    const fields = { ...placeOf(identity), delta: emulatedWord(index), logprobs: [] };
    return event("response.output_text.delta", openingEvents + index, fields);
  },
  // The API knows one answer to a request, so its end is the end of the stream.
  ending: () => "",
  closing(identity, usage, finish) {
    const next = openingEvents + usage.outputTokens;
    const text = endlessText(usage.outputTokens);
    const ended = statusOf(finish);
    const item = itemOf(identity, ended, [textPart(text)]);
    return [
      event("response.output_text.done", next, { ...placeOf(identity), text, logprobs: [] }),
      event("response.content_part.done", next + 1, { ...placeOf(identity), part: textPart(text) }),
      event("response.output_item.done", next + 2, { output_index: 0, item }),
      event(`response.${ended}`, next + 3, { response: responseOf(identity, ended, [item], usage) }),
    ].join("");
  },
  whole(identity, usage, finish) {
    const status = statusOf(finish);
    const item = itemOf(identity, status, [textPart(emulatedText(usage.outputTokens))]);
    return JSON.stringify(responseOf(identity, status, [item], usage));
  },
};

type Status = "in_progress" | "completed" | "incomplete";

const openingEvents = 4;

const statusOf = (finish: FinishReason): Status => (finish === "stop" ? "completed" : "incomplete");

const event = (type: string, sequence: number, fields: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence, ...fields })}\n\n`;

const messageId = ({ id }: AnswerIdentity): string => id.replace(/^resp_/, "msg_");
const placeOf = (identity: AnswerIdentity) => ({ item_id: messageId(identity), output_index: 0, content_index: 0 });
const textPart = (text: string) => ({ type: "output_text", text, annotations: [], logprobs: [] });

function itemOf(identity: AnswerIdentity, status: Status, content: readonly object[]): object {
  return { type: "message", id: messageId(identity), status, role: "assistant", content };
}

/** As streamed: the words exactly as they came, the last space included. */
function endlessText(count: number): string {
  return Array.from({ length: count }, (_, index) => emulatedWord(index)).join("");
}

function responseOf(
  { id, model, createdS }: AnswerIdentity,
  status: Status,
  output: readonly object[],
  usage: AnswerUsage | null,
): object {
  return {
    id,
    object: "response",
    created_at: createdS,
    status,
    error: null,
    incomplete_details: status === "incomplete" ? { reason: "max_output_tokens" } : null,
    instructions: null,
    metadata: {},
    model,
    output,
    parallel_tool_calls: true,
    previous_response_id: null,
    temperature: 1,
    tool_choice: "auto",
    tools: [],
    top_p: 1,
    ...(usage && { usage: usageOf(usage) }),
  };
}

function usageOf(usage: AnswerUsage): object {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: { cached_tokens: usage.cachedTokens, cache_write_tokens: 0 },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}
