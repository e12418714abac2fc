import { apiError, type ApiError } from "../wire/api-error.ts";
import type { Endpoint } from "./endpoints.ts";
import { mediaTokens } from "../wire/media-tokens.ts";
import { addWritten, memberSpansWithin, replaceValue, type MemberSpan } from "../wire/json-span.ts";

/** What the gateway reads of an inference request; everything else in the body passes through untouched. */
export interface InferenceRequest {
  readonly model: string;
  readonly stream: boolean;
  /** Whether the caller sees usage in a stream: because it asked, or because the API sends it to everyone. */
  readonly includeUsage: boolean;
  readonly inputTokens: number;
  /** Limit on the tokens of one answer. */
  readonly maxOutputTokens: number | null;
  /** The engine is asked for the likeliest words, so the answer is the same each time (as far as engines keep to it). */
  readonly deterministic: boolean;
  /** Answers asked for side by side: `n`, times the prompts when there are several. */
  readonly choices: number;
  /** Where the text begins and ends in the body. */
  readonly contentStart: number;
  readonly contentEnd: number;
  /** Where the fields that may have to be exchanged stand in the body. */
  readonly modelSpan: MemberSpan;
  readonly streamOptionsSpan: MemberSpan | null;
  /** The body is a form: `ByteText`, and values stand in it as they are. */
  readonly form: boolean;
}

export type Parsed =
  | { readonly ok: true; readonly request: InferenceRequest }
  | { readonly ok: false; readonly error: ApiError };

/** Characters per token, for estimates only. Source: OpenAI's rule of thumb for English, seen 2025-11. */
export const charactersPerToken = 4;

/** Fields of a body the gateway acts on. A field given twice would let the engine read another value than we did. */
const readFields = [
  "messages",
  "prompt",
  "input",
  "n",
  "model",
  "stream",
  "stream_options",
  "max_tokens",
  "max_completion_tokens",
  "max_output_tokens",
];

/** Where the text may go by this name too; elsewhere the field is none of our business. */
const readFieldsAndContent = [...readFields, "content"];

/** Fields that limit the output, the one that counts first: a newer name goes before an older one. */
const limits = ["max_completion_tokens", "max_output_tokens", "max_tokens"] as const;

/** Largest limit on output that is read: what engines keep it in has 32 bits, and sums of money stay exact. */
const mostTokens = 2 ** 31 - 1;

/** Answers side by side, as OpenAI's API limits them: each of them is room that is set aside. */
const mostChoices = 128;

/** Reads the JSON body of a request to `endpoint`. */
export function parseInferenceRequest(body: string, { content: contents, asksForUsage }: Endpoint): Parsed {
  let fields: Record<string, unknown>;
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return refuse("invalid_json");
    fields = value as Record<string, unknown>;
  } catch {
    return refuse("invalid_json");
  }
  const { model, stream, stream_options: streamOptions } = fields;
  if (typeof model !== "string" || model === "") return refuse("invalid_request", "`model` must be a string.", "model");
  if (stream !== undefined && stream !== null && typeof stream !== "boolean") {
    return refuse("invalid_request", "`stream` must be true or false.", "stream");
  }
  const content = contents.find((name) => fields[name] !== undefined && fields[name] !== null) ?? contents[0]!;
  const text = fields[content];
  if (content === "messages" && (!Array.isArray(text) || text.length === 0)) {
    return refuse("invalid_request", "`messages` must be a list with at least one message.", "messages");
  }
  if (text === undefined || text === null) return refuse("invalid_request", `\`${content}\` is missing.`, content);
  const characters = countCharacters(text, 0);
  if (Number.isNaN(characters)) {
    return refuse("invalid_request", `\`${content}\` is nested more than ${deepestText} levels deep.`, content);
  }
  const limitName = limits.find((name) => fields[name] !== undefined && fields[name] !== null) ?? null;
  const limit = limitName === null ? null : fields[limitName];
  // A completion may be asked for its prompt's probabilities alone.
  const least = contents[0] === "prompt" ? 0 : 1;
  if (limit !== null && !(Number.isInteger(limit) && (limit as number) >= least && (limit as number) <= mostTokens)) {
    const detail = `\`${limitName}\` must be a whole number from ${least} to ${mostTokens}.`;
    return refuse("invalid_request", detail, limitName!);
  }
  // Elsewhere it is a field like any that is not known here.
  const choices = contents[0] === "input" ? 1 : (fields["n"] ?? 1);
  if (!(Number.isInteger(choices) && (choices as number) >= 1 && (choices as number) <= mostChoices))
    return refuse("invalid_request", `\`n\` must be a whole number from 1 to ${mostChoices}.`, "n");
  const spans = memberSpansWithin(body, contents.includes("content") ? readFieldsAndContent : readFields, deepestField);
  if (spans === null)
    return refuse("invalid_request", `A field of the body is nested more than ${deepestField} levels deep.`);
  const spanOf = (name: string) => spans.find(({ key }) => key === name)?.span;
  if (spans.some(({ key }, index) => spans.findIndex((other) => other.key === key) < index))
    return refuse("invalid_request", "A field of the body is given twice.");
  const contentSpan = spanOf(content);
  return {
    ok: true,
    request: {
      model,
      stream: stream === true,
      includeUsage: !asksForUsage || (isRecord(streamOptions) && streamOptions["include_usage"] === true),
      inputTokens: Math.max(1, Math.ceil(characters / charactersPerToken)),
      maxOutputTokens: limit as number | null,
      deterministic: fields["temperature"] === 0,
      choices: (choices as number) * (content === "prompt" && isListOfPrompts(text) ? text.length : 1),
      contentStart: contentSpan?.valueStart ?? 0,
      contentEnd: contentSpan?.valueEnd ?? 0,
      modelSpan: spanOf("model")!,
      streamOptionsSpan: spanOf("stream_options") ?? null,
      form: false,
    },
  };
}

/**
 * The body for an engine: its own name for the model, and usage asked for on every stream, because a stream without
 * usage could not be metered. Exchanges are made from back to front, so that spans stay true.
 */
export function engineBody(request: InferenceRequest, body: string, engineModel: string): string {
  const { modelSpan, streamOptionsSpan } = request;
  if (request.form && engineModel === request.model) return body;
  if (request.form) return body.slice(0, modelSpan.valueStart) + engineModel + body.slice(modelSpan.valueEnd);
  const options = request.stream && !request.includeUsage ? streamOptionsSpan : null;
  const rename = engineModel !== request.model;
  let text = body;
  if (rename && options && modelSpan.valueStart > options.valueStart) text = replaceValue(text, modelSpan, engineModel);
  if (options) {
    const given: unknown = JSON.parse(body.slice(options.valueStart, options.valueEnd));
    text = replaceValue(text, options, { ...(isRecord(given) ? given : {}), include_usage: true });
  }
  if (rename && !(options && modelSpan.valueStart > options.valueStart))
    text = replaceValue(text, modelSpan, engineModel);
  if (request.stream && !request.includeUsage && !options) text = addWritten(text, usageAsked);
  return text;
}

const usageAsked = '"stream_options":{"include_usage":true}';

/** Schemas nest deeper than texts, but not so deep: an engine may break over what does, and so would the next that is asked. */
const deepestField = 128;
/** No API nests text deeper; what does was made to be a burden. */
const deepestText = 32;

/**
 * Characters of all text in a content field; pictures and sound count as the text that would cost as much. NaN when it is
 * nested deeper than any text is.
 */
function countCharacters(content: unknown, depth: number): number {
  if (typeof content === "string") return content.length;
  if (typeof content === "number") return charactersPerToken;
  if (depth > deepestText) return Number.NaN;
  if (Array.isArray(content)) return content.reduce((sum: number, part) => sum + countCharacters(part, depth + 1), 0);
  if (!isRecord(content)) return 0;
  const { type } = content;
  const media = typeof type === "string" && type !== "text" ? mediaTokens(content) : null;
  if (media !== null) return media * charactersPerToken;
  return countCharacters(content["content"] ?? content["text"] ?? content["arguments"], depth + 1);
}

/** Several prompts, as texts or as tokens; a list of numbers is one prompt in tokens. */
function isListOfPrompts(prompt: unknown): prompt is unknown[] {
  return Array.isArray(prompt) && prompt.length > 0 && typeof prompt[0] !== "number";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refuse(code: "invalid_json" | "invalid_request", detail?: string, param?: string): Parsed {
  return { ok: false, error: apiError(code, { ...(detail && { detail }), ...(param && { param }) }) };
}
