import type { ByteText } from "../wire/ports.ts";

/** What one event of an engine's stream is to the gateway. */
export type EventKind =
  | "content"
  | "preamble"
  | "usage-only"
  | "usage-wrong"
  | "empty"
  | "last"
  | "sentinel"
  | "malformed"
  | "engine-error";

/** Token counts an engine states in a `usage` object; null where it states none. Zero is a count, not an absence. */
export interface EngineUsage {
  readonly inputTokens: number | null;
  readonly cachedTokens: number | null;
  readonly outputTokens: number | null;
}

/** Types of events that end an answer in the APIs that name their events: responses, transcription, speech, images. */
const lastTypes = new Set([
  "response.completed",
  "response.incomplete",
  "transcript.text.done",
  "speech.audio.done",
  "image_generation.completed",
  "image_edit.completed",
]);

/** Payloads that begin like this are no errors; all others are parsed. `id` leads in nearly every engine's events. */
const usualType = /\{"type": ?"(response\.output[a-z_.]*)"/y;

/** What an unparsed payload after the first content is, by how it begins; null when only parsing can tell. */
export function kindByStart(text: ByteText, from: number): EventKind | null {
  if (text.startsWith('{"id"', from) || text.startsWith('{"choices"', from)) return "content";
  // Most events of a stream are of the same type as the one before.
  if (latestBegin !== "" && text.startsWith(latestBegin, from)) return latestKind;
  usualType.lastIndex = from;
  const [begin, type] = usualType.exec(text) ?? [];
  if (begin === undefined || type === undefined) return null;
  latestBegin = begin;
  latestKind = kindOfType(type);
  return latestKind;
}

let latestBegin = "";
let latestKind: EventKind = "content";

function kindOfType(type: string): EventKind {
  if (lastTypes.has(type)) return "last";
  // APIs that name their events add output with `….delta`, and pictures with `….partial_image`.
  return /\.(?:delta|partial_image)$/.test(type) ? "content" : "preamble";
}

/** What a parsed event is; usage events of chat streams carry nothing else. */
export function kindOf(event: Record<string, unknown>, usage: EngineUsage | null, afterContent: boolean): EventKind {
  const { type, choices } = event;
  if (tellsError(event) || type === "error" || type === "response.failed") return "engine-error";
  if (typeof type === "string") return kindOfType(type);
  if (isObject(event["usage"]) && Array.isArray(choices) && choices.length === 0) {
    return usage === null ? "usage-wrong" : "usage-only";
  }
  return afterContent || hasContent(event) ? "content" : "preamble";
}

/**
 * Whether an event or a whole answer tells of a failure, whatever its status: proxies put the error beside the choices so far,
 * and who has begun to answer with 200 has no other place for it. A kept response has its error as a part of what it is.
 */
export function tellsError({ error, object, choices }: Record<string, unknown>): boolean {
  if (object === "error" || (Array.isArray(choices) && choices.some(isCalledOff))) return true;
  if (object === "response") return false;
  return isObject(error) ? Object.keys(error).length > 0 : typeof error === "string" && error !== "";
}

/**
 * Finish reasons of a choice that its engine has let go of before the end: vLLM and SGLang say `abort` when they are paused or
 * stopped, TensorRT-LLM `cancelled`. No client knows these reasons, and takes what there is for the whole answer.
 */
export const calledOffReasons: readonly string[] = ["abort", "cancelled"];

function isCalledOff(choice: unknown): boolean {
  return isObject(choice) && calledOffReasons.some((reason) => choice["finish_reason"] === reason);
}

/** The status that an error inside an answer says it would have had, had the answer not begun already; null when it says none. */
export function statusToldIn(event: Record<string, unknown>): number | null {
  const { error, code } = event;
  const told = Number((isObject(error) ? error["code"] : null) ?? code ?? Number.NaN);
  return Number.isInteger(told) && told >= 400 && told < 600 ? told : null;
}

export function parseObject(text: ByteText): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/**
 * Whether usage that stands beside choices counts nothing yet: Ollama writes zeros into every event of a completion but the last.
 */
export function countsNothing({ choices }: Record<string, unknown>, usage: EngineUsage): boolean {
  return usage.inputTokens === 0 && usage.outputTokens === 0 && Array.isArray(choices) && choices.length > 0;
}

/** Usage of an event or a whole answer: on the outside, or inside `response` as the Responses API has it. */
export function usageIn(value: Record<string, unknown>): EngineUsage | null {
  return usageOf(value["usage"] ?? (value["response"] as Record<string, unknown> | null | undefined)?.["usage"]);
}

/** Reads OpenAI's `usage` in both its spellings; null when `value` is no such object or states what is no count. */
function usageOf(value: unknown): EngineUsage | null {
  if (!isObject(value)) return null;
  const details = value["prompt_tokens_details"] ?? value["input_tokens_details"];
  const inputTokens = count(value["prompt_tokens"] ?? value["input_tokens"]);
  const outputTokens = count(value["completion_tokens"] ?? value["output_tokens"]);
  if (inputTokens === undefined || outputTokens === undefined) return null;
  const cachedTokens = count(isObject(details) ? details["cached_tokens"] : null) ?? null;
  return { inputTokens, outputTokens, cachedTokens };
}

/** A count; null where there is none, undefined where something else stands in its place. */
function count(value: unknown): number | null | undefined {
  if (value === null || value === undefined) return null;
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** Whether an event carries something the user would see: text, reasoning, a refusal, a tool call, sound, a picture. */
function hasContent(event: Record<string, unknown>): boolean {
  const { choices } = event;
  if (!Array.isArray(choices)) return false;
  return choices.some((choice: Record<string, unknown> | null) => {
    // A finish reason without content still ends the wait: an empty answer is an answer.
    if (typeof choice?.["finish_reason"] === "string") return true;
    return choice !== null && addsText(choice);
  });
}

/** Whether a choice of a stream adds anything to its answer. */
export function addsText(choice: Record<string, unknown>): boolean {
  if (typeof choice["text"] === "string") return choice["text"] !== "";
  const delta = choice["delta"];
  if (typeof delta !== "object" || delta === null) return false;
  return Object.entries(delta).some(
    ([name, value]) =>
      name !== "role" && value !== null && value !== "" && !(Array.isArray(value) && value.length === 0),
  );
}
