import type { ByteText } from "./ports.ts";

/** Token counts an engine states in a `usage` object; null where it states none. Zero is a count, not an absence. */
export interface EngineUsage {
  readonly inputTokens: number | null;
  readonly cachedTokens: number | null;
  readonly outputTokens: number | null;
}

/** What one read from an engine brought, judged event by event. */
export interface StreamRead {
  /** Complete events fit for the client, in order and untouched. */
  readonly forward: ByteText;
  /** The first content of the stream is among them. */
  readonly firstContent: boolean;
  /** Events with content, for counting tokens when the engine states no usage. */
  readonly contentEvents: number;
  readonly done: boolean;
  /** The stream is beyond repair from here on; `forward` still holds what came before. */
  readonly broken: "malformed" | "engine-error" | "too-long" | null;
}

const nothing: StreamRead = { forward: "", firstContent: false, contentEvents: 0, done: false, broken: null };

/** Without its first quote: quotes are everywhere, and a search is as fast as its first character is rare. */
const usageKey = 'usage":';
const finishPattern = /"finish_reason": ?"|"type": ?"response\.(?:completed|incomplete)"/;

/**
 * Cuts an engine's event stream into complete events and keeps the few facts the gateway needs of them.
 *
 * Only events before the first content, and those with usage, are parsed: at thousands of tokens per second a full
 * parse of every event would cost more than everything else the gateway does. Later events are checked for their
 * outline (one JSON object or the closing sentinel), which is what a cut or garbled write breaks.
 */
export class SseStream {
  /** What the engine stated last; null before. */
  usage: EngineUsage | null = null;
  /** The last reads with complete events; looked at only when a stream ends without its sentinel. */
  #recent: ByteText = "";
  #earlier: ByteText = "";
  /** Position of the next `usage` object in the text being read; Infinity when there is none. */
  #usageAt = Number.POSITIVE_INFINITY;
  #rest: ByteText = "";
  #separator = "";
  #hasContent = false;
  readonly #keepUsage: boolean;
  readonly #maxEventBytes: number;

  /** `keepUsage`: the caller asked for the usage event; otherwise it is taken out of the stream. */
  constructor(options: { keepUsage: boolean; maxEventBytes: number }) {
    this.#keepUsage = options.keepUsage;
    this.#maxEventBytes = options.maxEventBytes;
  }

  /** The engine said why it stopped, so an end without the sentinel is still a complete answer. */
  get finished(): boolean {
    return finishPattern.test(this.#recent) || finishPattern.test(this.#earlier);
  }

  read(bytes: ByteText): StreamRead {
    const text = this.#rest === "" ? bytes : this.#rest + bytes;
    if (this.#separator === "") {
      const lineEnd = text.indexOf("\n");
      if (lineEnd < 0) return this.#keep(text, nothing);
      // A stream keeps to one kind of line end, so the first line tells how events are separated.
      this.#separator = text.charCodeAt(lineEnd - 1) === carriageReturn ? "\r\n\r\n" : "\n\n";
    }
    const separator = this.#separator;
    let end = text.indexOf(separator);
    if (end < 0) return this.#keep(text, nothing);

    this.#usageAt = nextUsage(text, 0);
    this.#earlier = this.#recent;
    this.#recent = text;
    let start = 0;
    let kept = "";
    let keptFrom = 0;
    let contentEvents = 0;
    let firstContent = false;
    let done = false;
    let broken: StreamRead["broken"] = null;
    for (; end >= 0; end = text.indexOf(separator, start)) {
      const next = end + separator.length;
      const kind = this.#judge(text, start, end);
      if (kind === "malformed" || kind === "engine-error") {
        broken = kind;
        break;
      }
      if (kind === "content") {
        contentEvents++;
        if (!this.#hasContent) {
          this.#hasContent = true;
          firstContent = true;
        }
      } else if (kind === "done") done = true;
      else if (kind === "usage-only" && !this.#keepUsage) {
        kept += text.slice(keptFrom, start);
        keptFrom = next;
      }
      start = next;
      if (done) break;
    }
    const forward = kept === "" && keptFrom === 0 ? text.slice(0, start) : kept + text.slice(keptFrom, start);
    const read = { forward, firstContent, contentEvents, done, broken };
    return broken !== null || done ? read : this.#keep(text.slice(start), read);
  }

  #keep(rest: ByteText, read: StreamRead): StreamRead {
    this.#rest = rest;
    return rest.length > this.#maxEventBytes ? { ...read, broken: "too-long" } : read;
  }

  #judge(text: ByteText, start: number, end: number): EventKind {
    if (!text.startsWith("data:", start)) return this.#judgeLines(text.slice(start, end));
    const from = text.charCodeAt(start + 5) === space ? start + 6 : start + 5;
    const first = text.charCodeAt(from);
    if (first === openBracket && text.startsWith("[DONE]", from)) return "done";
    if (first !== openBrace || text.charCodeAt(end - 1) !== closeBrace) {
      return this.#judgeLines(text.slice(start, end));
    }
    return this.#judgePayload(text, from, end);
  }

  #judgePayload(text: ByteText, from: number, end: number): EventKind {
    if (text.startsWith('{"error"', from)) return "engine-error";
    if (this.#hasContent && this.#usageAt >= end) return "content";
    if (this.#usageAt < end) this.#usageAt = nextUsage(text, end);
    const event = parseObject(text.slice(from, end));
    if (event === null) return "malformed";
    if (event["error"] !== undefined && event["error"] !== null && event["choices"] === undefined)
      return "engine-error";
    const usage = usageOf(event["usage"] ?? (event["response"] as Record<string, unknown> | undefined)?.["usage"]);
    if (usage) this.usage = usage;
    if (usage && Array.isArray(event["choices"]) && event["choices"].length === 0) return "usage-only";
    return this.#hasContent || hasContent(event) ? "content" : "preamble";
  }

  /** The general case: comments, several lines per event, other fields. Rare, so it may be slow. */
  #judgeLines(block: ByteText): EventKind {
    const data: string[] = [];
    for (const line of block.split(/\r?\n/)) {
      if (line.startsWith("data:")) data.push(line.charCodeAt(5) === space ? line.slice(6) : line.slice(5));
      // `error` as an event name is how some engines announce that generation has failed.
      else if (/^event: ?error$/.test(line)) return "engine-error";
      else if (line !== "" && !line.startsWith(":") && !/^(?:event|id|retry)(?::|$)/.test(line)) return "malformed";
    }
    if (data.length === 0) return "preamble";
    const payload = data.join("\n");
    if (payload.trim() === "[DONE]") return "done";
    if (parseObject(payload) === null) return "malformed";
    this.#usageAt = 0;
    return this.#judgePayload(payload, 0, payload.length);
  }
}

type EventKind = "content" | "preamble" | "usage-only" | "done" | "malformed" | "engine-error";

/** Position of the next `usage` that is an object: some engines write a null into every event but the last. */
function nextUsage(text: ByteText, from: number): number {
  for (let at = text.indexOf(usageKey, from); at >= 0; at = text.indexOf(usageKey, at + usageKey.length)) {
    const value = at + usageKey.length;
    const first = text.charCodeAt(value);
    if (first === openBrace || (first === space && text.charCodeAt(value + 1) === openBrace)) return at;
  }
  return Number.POSITIVE_INFINITY;
}

const carriageReturn = 0x0d;
const space = 0x20;
const openBracket = 0x5b;
const openBrace = 0x7b;
const closeBrace = 0x7d;

function parseObject(text: ByteText): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** Reads OpenAI's `usage` in both its spellings; null when `value` is no such object. */
export function usageOf(value: unknown): EngineUsage | null {
  if (typeof value !== "object" || value === null) return null;
  const usage = value as Record<string, unknown>;
  const details = (usage["prompt_tokens_details"] ?? usage["input_tokens_details"]) as Record<string, unknown> | null;
  return {
    inputTokens: count(usage["prompt_tokens"] ?? usage["input_tokens"]),
    outputTokens: count(usage["completion_tokens"] ?? usage["output_tokens"]),
    cachedTokens: count(details?.["cached_tokens"]),
  };
}

function count(value: unknown): number | null {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

/** Whether an event carries something the user would see: text, reasoning, a refusal or a tool call. */
function hasContent(event: Record<string, unknown>): boolean {
  // The Responses API names its events; those that add output end in `.delta`.
  if (typeof event["type"] === "string") return event["type"].endsWith(".delta");
  const { choices } = event;
  if (!Array.isArray(choices)) return false;
  return choices.some((choice: Record<string, unknown> | null) => {
    if (typeof choice?.["text"] === "string") return choice["text"] !== "";
    const delta = choice?.["delta"];
    if (typeof delta !== "object" || delta === null) return false;
    // A finish reason without content still ends the wait: an empty answer is an answer.
    if (typeof choice?.["finish_reason"] === "string") return true;
    return Object.entries(delta).some(
      ([name, value]) =>
        name !== "role" && value !== null && value !== "" && !(Array.isArray(value) && value.length === 0),
    );
  });
}
