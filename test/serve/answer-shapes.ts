// The shape of what the gateway itself answers, as strict JSON Schema: every field promised, no field besides.
import type { AnswerKind } from "./gateway-answers.ts";

type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: "string" };
const count: Schema = { type: "integer", minimum: 0 };
const id = (prefix: string): Schema => ({ type: "string", pattern: `^${prefix}` });
const is = (value: unknown): Schema => ({ const: value });
const oneOf = (...values: readonly unknown[]): Schema => ({ enum: values });
const maybe = (schema: Schema): Schema => ({ anyOf: [schema, { type: "null" }] });
const list = (items: Schema): Schema => ({ type: "array", items });

/** An object with these fields and no others; fields that end in `?` may be left out. */
function object(fields: Readonly<Record<string, Schema>>): Schema {
  const named = Object.entries(fields).map(([name, schema]) => [name.replace(/\?$/, ""), schema] as const);
  return {
    type: "object",
    additionalProperties: false,
    required: Object.keys(fields).filter((name) => !name.endsWith("?")),
    properties: Object.fromEntries(named),
  };
}

const usage = object({
  prompt_tokens: count,
  completion_tokens: count,
  total_tokens: count,
  prompt_tokens_details: object({ cached_tokens: count }),
});
const finish = oneOf("stop", "length");
const answer = (name: string, choice: Schema, fields: Readonly<Record<string, Schema>>) =>
  object({ id: text, object: is(name), created: count, model: text, choices: list(choice), ...fields });

const message = object({ role: is("assistant"), content: text, refusal: { type: "null" } });
const none: Schema = { type: "null" };
const choiceOf = (fields: Readonly<Record<string, Schema>>, finished: Schema) =>
  object({ index: is(0), logprobs: none, finish_reason: finished, ...fields });

const outputText = object({ type: is("output_text"), text, annotations: list({}), logprobs: list({}) });
const status = oneOf("in_progress", "completed", "incomplete");
const item = object({ type: is("message"), id: id("msg_"), status, role: is("assistant"), content: list(outputText) });
const responseUsage = object({
  input_tokens: count,
  input_tokens_details: object({ cached_tokens: count, cache_write_tokens: count }),
  output_tokens: count,
  output_tokens_details: object({ reasoning_tokens: count }),
  total_tokens: count,
});
const response = object({
  id: id("resp_"),
  object: is("response"),
  created_at: count,
  status,
  error: none,
  incomplete_details: maybe(object({ reason: is("max_output_tokens") })),
  instructions: none,
  metadata: object({}),
  model: text,
  output: list(item),
  parallel_tool_calls: is(true),
  previous_response_id: maybe(id("resp_")),
  temperature: is(1),
  tool_choice: is("auto"),
  tools: list({}),
  top_p: is(1),
  "conversation?": object({ id: id("conv_") }),
  "usage?": responseUsage,
});
const queuedResponse = object({
  id: id("resp_"),
  object: is("response"),
  created_at: count,
  status: is("queued"),
  background: is(true),
  error: none,
  incomplete_details: none,
  instructions: none,
  max_output_tokens: count,
  metadata: object({}),
  model: text,
  output: { type: "array", maxItems: 0 },
  parallel_tool_calls: is(true),
  previous_response_id: maybe(id("resp_")),
  store: is(true),
  temperature: is(1),
  tool_choice: is("auto"),
  tools: list({}),
  top_p: is(1),
});
const event = (type: string, fields: Readonly<Record<string, Schema>>) =>
  object({ type: is(type), sequence_number: count, ...fields });
const place = { item_id: id("msg_"), output_index: is(0), content_index: is(0) };
const responseEvent: Schema = {
  oneOf: [
    ...["created", "in_progress", "completed", "incomplete"].map((name) => event(`response.${name}`, { response })),
    ...["added", "done"].map((name) => event(`response.output_item.${name}`, { output_index: is(0), item })),
    ...["added", "done"].map((name) => event(`response.content_part.${name}`, { ...place, part: outputText })),
    event("response.output_text.delta", { ...place, delta: text, logprobs: list({}) }),
    event("response.output_text.done", { ...place, text, logprobs: list({}) }),
  ],
};

const model = object({ id: text, object: is("model"), created: count, owned_by: is("disperse") });
const file = object({
  id: id("file-"),
  object: is("file"),
  bytes: count,
  created_at: count,
  "expires_at?": count,
  filename: text,
  purpose: text,
  status: is("processed"),
});
const problem = object({ code: text, message: text, param: maybe(text), line: maybe(count) });
const batch = object({
  id: id("batch_"),
  object: is("batch"),
  endpoint: text,
  "errors?": object({ object: is("list"), data: list(problem) }),
  input_file_id: id("file-"),
  completion_window: text,
  status: oneOf("validating", "failed", "in_progress", "finalizing", "completed", "expired", "cancelling", "cancelled"),
  "output_file_id?": id("file-"),
  "error_file_id?": id("file-"),
  created_at: count,
  "in_progress_at?": count,
  expires_at: count,
  "finalizing_at?": count,
  "completed_at?": count,
  "failed_at?": count,
  "expired_at?": count,
  "cancelling_at?": count,
  "cancelled_at?": count,
  request_counts: object({ total: count, completed: count, failed: count }),
  metadata: maybe({ type: "object", additionalProperties: text }),
});
const page = (entry: Schema) =>
  object({
    object: is("list"),
    data: list(entry),
    first_id: maybe(text),
    last_id: maybe(text),
    has_more: { type: "boolean" },
  });

const itemPage = object({
  object: is("list"),
  data: list(
    object({
      type: is("message"),
      id: text,
      status: oneOf("completed", "incomplete"),
      role: oneOf("user", "assistant"),
      content: list({ anyOf: [outputText, object({ type: is("input_text"), text })] }),
    }),
  ),
  first_id: text,
  last_id: text,
  has_more: { type: "boolean" },
});

export const answerShapes: Readonly<Record<AnswerKind, Schema>> = {
  error: object({ error: object({ message: text, type: text, param: maybe(text), code: maybe(text) }) }),
  models: object({ object: is("list"), data: list(model) }),
  model,
  chat: answer("chat.completion", choiceOf({ message }, finish), { usage }),
  "chat chunk": answer(
    "chat.completion.chunk",
    choiceOf({ delta: object({ "role?": is("assistant"), "content?": text }) }, maybe(finish)),
    { "usage?": usage },
  ),
  completion: answer("text_completion", choiceOf({ text }, finish), { usage }),
  "completion chunk": answer("text_completion", choiceOf({ text }, maybe(finish)), { "usage?": usage }),
  response,
  "response event": responseEvent,
  "kept response": response,
  "queued response": queuedResponse,
  "deleted response": object({ id: id("resp_"), object: is("response"), deleted: is(true) }),
  "input items": itemPage,
  "conversation items": itemPage,
  conversation: object({
    id: id("conv_"),
    object: is("conversation"),
    created_at: count,
    metadata: { type: "object" },
  }),
  "deleted conversation": object({ id: id("conv_"), object: is("conversation.deleted"), deleted: is(true) }),
  "input tokens": object({ object: is("response.input_tokens"), input_tokens: count }),
  file,
  files: page(file),
  "deleted file": object({ id: id("file-"), object: is("file"), deleted: is(true) }),
  batch,
  batches: page(batch),
};
