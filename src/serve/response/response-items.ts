import { elementSpans, memberSpans } from "../wire/json-span.ts";

/** Beginnings of ids by what is named, as the API has them; other kinds of items begin with `item_`. */
const idBeginnings = new Map(
  Object.entries({
    response: "resp_",
    message: "msg_",
    reasoning: "rs_",
    function_call: "fc_",
    function_call_output: "fco_",
    custom_tool_call: "ctc_",
    web_search_call: "ws_",
    file_search_call: "fs_",
    code_interpreter_call: "ci_",
    image_generation_call: "ig_",
    computer_call: "cu_",
    mcp_call: "mcp_",
    mcp_list_tools: "mcpl_",
    mcp_approval_request: "mcpr_",
  }),
);

/** How the id of a response or of an item begins: clients tell them apart by it. */
export function idBeginning(kind: unknown): string {
  return (typeof kind === "string" ? idBeginnings.get(kind) : undefined) ?? "item_";
}

/** Fields of a request to `/v1/responses` that are about state, and where its input stands. */
export interface ResponseWish {
  /** The body, read. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly previousId: string | null;
  /** `store` as it was sent; null = left to the usual, which is to keep. */
  readonly store: boolean | null;
  readonly background: boolean;
  /** A conversation is named. */
  readonly conversation: boolean;
  /** Its id; null when there is none or it is no id. */
  readonly conversationId: string | null;
  /** Input as items, JSON without the brackets around them; null when there is none that could be kept. */
  readonly items: string | null;
}

/** Reads a body; null when it is no JSON object, which the gateway itself refuses in words. */
export function readWish(body: string): ResponseWish | null {
  let fields: Record<string, unknown>;
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
    fields = value as Record<string, unknown>;
  } catch {
    return null;
  }
  const { previous_response_id: previous, store, background, conversation, input } = fields;
  return {
    fields,
    previousId: typeof previous === "string" ? previous : null,
    store: typeof store === "boolean" ? store : null,
    background: background === true,
    conversation: conversation !== undefined && conversation !== null,
    conversationId: conversationIdIn(conversation),
    items: typeof input === "string" || Array.isArray(input) ? itemsIn(body, typeof input === "string") : null,
  };
}

/** A conversation is named by its id, or by an object with it. */
function conversationIdIn(value: unknown): string | null {
  const id = typeof value === "object" && value !== null ? (value as { id?: unknown }).id : value;
  return typeof id === "string" ? id : null;
}

/** The items of `input` as they stand in the body, so that nothing of them is written anew; a text is one message. */
function itemsIn(body: string, isText: boolean): string | null {
  const spans = memberSpans(body, ["input"]);
  if (spans.length !== 1) return null;
  const { valueStart, valueEnd } = spans[0]!.span;
  const raw = body.slice(valueStart, valueEnd);
  return isText ? `{"type":"message","role":"user","content":${raw}}` : raw.slice(1, -1).trim();
}

/** Ids of items that are only referred to, `{"type":"item_reference","id":"…"}`; the type may be left out. */
export function referencesIn(items: string): string[] {
  return itemTexts(items).flatMap((text) => referenceIn(text) ?? []);
}

/** The items with what was referred to in its place. */
export function withReferences(items: string, found: ReadonlyMap<string, string>): string {
  return itemTexts(items)
    .map((text) => found.get(referenceIn(text) ?? "") ?? text)
    .join(",");
}

function referenceIn(item: string): string | null {
  // What was said is long, a reference is not.
  if (item.length > longestReference || !item.includes('"id"')) return null;
  const { id, type, role, content } = JSON.parse(item) as Record<string, unknown>;
  const refers = type === "item_reference" || ((type ?? null) === null && role === undefined && content === undefined);
  return refers && typeof id === "string" ? id : null;
}

const longestReference = 1_000;

/** The texts of items, one by one. */
export function itemTexts(items: string): string[] {
  return elementSpans(items).map(({ start, end }) => items.slice(start, end));
}

/** Items behind each other; either side may be empty. */
export function joinItems(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(",");
}

/** What an engine is told of state that is kept here: nothing. */
const exchanged: Readonly<Record<string, string>> = {
  input: "",
  previous_response_id: "null",
  conversation: "null",
  background: "false",
};

/**
 * The body with the conversation so far in front of its own input, and without the reference to it: an engine that has
 * never met the conversation then answers as one that has.
 */
export function withConversation(body: string, items: string): string {
  let text = body;
  // From back to front, so that earlier positions stay true.
  for (const { key, span } of memberSpans(body, Object.keys(exchanged)).toReversed()) {
    const value = key === "input" ? `[${items}]` : exchanged[key];
    text = text.slice(0, span.valueStart) + value + text.slice(span.valueEnd);
  }
  return text;
}

/** Items as `GET …/input_items` lists them: messages with parts, every item under an id. */
export function listedItems(items: string, responseId: string): object[] {
  const values = JSON.parse(`[${items}]`) as unknown[];
  return values.map((value, index) => {
    const item = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
    const id = typeof item["id"] === "string" ? item["id"] : `item_${responseId}_${index}`;
    const { role, content } = item;
    if (item["type"] !== undefined && item["type"] !== "message") return { ...item, id };
    const parts = typeof content === "string" ? [partOf(role, content)] : content;
    return { ...item, type: "message", id, status: item["status"] ?? "completed", role, content: parts };
  });
}

function partOf(role: unknown, text: string): object {
  return role === "assistant"
    ? { type: "output_text", text, annotations: [], logprobs: [] }
    : { type: "input_text", text };
}
