import type { ByteText } from "../wire/ports.ts";
import {
  addsText,
  calledOffReasons,
  countsNothing,
  kindByStart,
  kindOf,
  parseObject,
  usageIn,
  type EngineUsage,
  type EventKind,
} from "./stream-event.ts";

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

export interface SseStreamOptions {
  /** The caller asked for the usage event; otherwise it is taken out of the stream. */
  readonly keepUsage: boolean;
  readonly maxEventBytes: number;
  /** Answers asked for side by side (`n`); each has its own finish reason. */
  readonly choices?: number;
}

/** What the events of an answer have in common; for events the gateway adds. */
export interface AnswerHead {
  readonly id: string;
  readonly object: string;
  readonly created: number;
  readonly model: string;
}

const nothing: StreamRead = { forward: "", firstContent: false, contentEvents: 0, done: false, broken: null };

/**
 * The end of `usage":`, which is looked for instead of all of it: V8 finds texts of up to six characters by their first
 * one, many times as fast as longer ones, and few letters of an event are a `g`. Of `"error":` likewise.
 */
const usageKey = { begin: "usa", end: 'ge":' };
const errorKey = { begin: '"er', end: 'ror":' };
/**
 * The end of `"finish_reason":"`, as engines write it that leave no spaces, and as others do. Most events have a null there, so that
 * it is found quickest by what stands before a reason.
 */
const reasonKeys = { dense: 'son":"', spaced: 'son": "' } as const;
const finishPattern = /"finish_reason": ?"/g;
const byteOrderMark = "\xef\xbb\xbf";

/**
 * Cuts an engine's event stream into complete events and keeps the few facts the gateway needs of them.
 *
 * Only events before the first content, those with usage, and those that begin unlike any event of an answer are
 * parsed: at thousands of tokens per second a full parse of every event would cost more than everything else the
 * gateway does. Others are checked for their outline (one line with one JSON object, or the closing sentinel), which
 * is what a cut or garbled write breaks.
 */
export class SseStream {
  /** What the engine stated last; null before. */
  usage: EngineUsage | null = null;
  /** The event that told of a failure, as it came; null when there was none, or it said no more than that. */
  error: ByteText | null = null;
  /** Read from the first event that has it; null before. */
  head: AnswerHead | null = null;
  /** The last reads with complete events; looked at only when a stream ends without its sentinel or without usage. */
  #recent: ByteText = "";
  #earlier: ByteText = "";
  /** Position of the next usage, error or answer called off in the text being read, whose event is to be parsed; Infinity when there is none. */
  #noteAt = Number.POSITIVE_INFINITY;
  /** How this engine writes where a finish reason begins; known with its first content. */
  #reasonKey: string = reasonKeys.dense;
  #rest: ByteText = "";
  /** A carriage return was seen, so lines may end in any of the three ways. */
  #returns = false;
  #begun = false;
  /** Position after the blank line that ends the event found last, where its first line ends, and how many it has. */
  #next = 0;
  #lineEnd = 0;
  #lines: 1 | 2 | "more" = 1;
  #hasContent = false;
  #finishes = 0;
  readonly #options: SseStreamOptions;

  constructor(options: SseStreamOptions) {
    this.#options = options;
  }

  /** The engine said of every choice why it stopped, so an end without the sentinel is still a complete answer. */
  get finished(): boolean {
    const { choices = 1 } = this.#options;
    if (choices > 1) return this.#finishes >= choices;
    return (this.#earlier + this.#recent).search(finishPattern) >= 0;
  }

  /** Events that only told a finish reason, which `contentEvents` counted as a token each. */
  get emptyFinishes(): number {
    let empty = 0;
    for (const line of (this.#earlier + this.#recent).split(/[\r\n]+/)) {
      if (!line.startsWith("data:") || line.search(finishPattern) < 0) continue;
      const { choices } = (parseObject(line.slice(5)) ?? {}) as { choices?: Record<string, unknown>[] };
      if (Array.isArray(choices) && choices.every((choice) => choice !== null && !addsText(choice))) empty++;
    }
    return empty;
  }

  /** Number of the last event of a stream that numbers its events; -1 when it does not. */
  get lastSequence(): number {
    const numbers = (this.#earlier + this.#recent).match(/"sequence_number": ?\d+/g);
    return numbers === null ? -1 : Number(/\d+/.exec(numbers.at(-1)!)![0]);
  }

  read(bytes: ByteText): StreamRead {
    let text = this.#rest === "" ? bytes : this.#rest + bytes;
    if (!this.#begun) {
      if (text.length < byteOrderMark.length && byteOrderMark.startsWith(text)) return this.#keep(text, nothing);
      this.#begun = true;
      if (text.startsWith(byteOrderMark)) text = text.slice(byteOrderMark.length);
    }
    this.#returns ||= bytes.includes("\r");
    let end = this.#endOfEvent(text, 0);
    if (end < 0) return this.#keep(text, nothing);

    if (!this.#hasContent) this.#reasonKey = leavesSpaces(text) ? reasonKeys.spaced : reasonKeys.dense;
    this.#noteAt = this.#nextNote(text, 0);
    this.#earlier = this.#recent;
    this.#recent = text;
    let start = 0;
    let kept = "";
    let keptFrom = 0;
    let contentEvents = 0;
    let firstContent = false;
    let done = false;
    let broken: StreamRead["broken"] = null;
    for (; end >= 0; end = this.#endOfEvent(text, start)) {
      const kind = this.#judge(text, start, end);
      if (kind === "malformed" || kind === "engine-error") {
        broken = kind;
        break;
      }
      if (kind === "content") contentEvents++;
      else if (kind === "sentinel" || kind === "last") done = true;
      else if (kind === "usage-wrong" || kind === "empty" || (kind === "usage-only" && !this.#options.keepUsage)) {
        kept += text.slice(keptFrom, start);
        keptFrom = this.#next;
      }
      if ((kind === "content" || kind === "last") && !this.#hasContent) {
        this.#hasContent = true;
        firstContent = true;
      }
      start = this.#next;
      if (done) break;
    }
    if ((this.#options.choices ?? 1) > 1) this.#finishes += text.slice(0, start).match(finishPattern)?.length ?? 0;
    const forward = kept === "" && keptFrom === 0 ? text.slice(0, start) : kept + text.slice(keptFrom, start);
    const read = { forward, firstContent, contentEvents, done, broken };
    return broken !== null || done ? read : this.#keep(text.slice(start), read);
  }

  #keep(rest: ByteText, read: StreamRead): StreamRead {
    this.#rest = rest;
    return rest.length > this.#options.maxEventBytes ? { ...read, broken: "too-long" } : read;
  }

  /** Position of the end of the event that begins at `start`, blank line not included; -1 while it is not complete. */
  #endOfEvent(text: ByteText, start: number): number {
    if (this.#returns) {
      blankLine.lastIndex = start;
      const blank = blankLine.exec(text);
      this.#lines = "more";
      if (blank === null) return -1;
      this.#next = blankLine.lastIndex;
      return blank.index;
    }
    let end = text.indexOf("\n", start);
    if (end < 0) return -1;
    this.#lineEnd = end;
    this.#lines = 1;
    if (text.charCodeAt(end + 1) !== lineFeed) {
      end = text.indexOf("\n", end + 1);
      this.#lines = 2;
      if (end >= 0 && text.charCodeAt(end + 1) !== lineFeed) {
        end = text.indexOf("\n\n", end + 1);
        this.#lines = "more";
      }
    }
    this.#next = end + 2;
    return end;
  }

  #judge(text: ByteText, start: number, end: number): EventKind {
    if (!text.startsWith("data:", start)) return this.#judgeNamed(text, start, end);
    const from = text.charCodeAt(start + 5) === space ? start + 6 : start + 5;
    const first = text.charCodeAt(from);
    if (first === openBracket && text.startsWith("[DONE]", from)) return "sentinel";
    if (this.#lines !== 1 || first !== openBrace || text.charCodeAt(end - 1) !== closeBrace) {
      return this.#judgeLines(text, start, end);
    }
    return this.#judgePayload(text, from, end);
  }

  /** The form of the Responses API: a line with the event's name, a line with its data. */
  #judgeNamed(text: ByteText, start: number, end: number): EventKind {
    const data = this.#lineEnd;
    const usual = this.#lines === 2 && text.startsWith("event: ", start) && text.startsWith("\ndata: {", data);
    if (!usual || text.startsWith("error", start + 7) || text.charCodeAt(end - 1) !== closeBrace) {
      return this.#judgeLines(text, start, end);
    }
    return this.#judgePayload(text, data + 7, end);
  }

  #judgePayload(text: ByteText, from: number, end: number): EventKind {
    const hasNote = this.#noteAt < end;
    const usual = this.#hasContent && !hasNote ? kindByStart(text, from) : null;
    if (usual !== null) return usual;
    if (hasNote) this.#noteAt = this.#nextNote(text, end);
    return this.#judgeEvent(text.slice(from, end));
  }

  /** The general case: comments, several lines per event, other fields. Rare, so it may be slow. */
  #judgeLines(text: ByteText, start: number, end: number): EventKind {
    if (this.#noteAt < end) this.#noteAt = this.#nextNote(text, end);
    const data: string[] = [];
    for (const line of text.slice(start, end).split(/\r\n|\r|\n/)) {
      if (line.startsWith("data:")) data.push(line.charCodeAt(5) === space ? line.slice(6) : line.slice(5));
      // `error` as an event name is how some engines announce that generation has failed.
      else if (/^event: ?error$/.test(line)) return "engine-error";
      else if (line !== "" && !line.startsWith(":") && !/^(?:event|id|retry)(?::|$)/.test(line)) return "malformed";
    }
    if (data.length === 0) return "preamble";
    const payload = data.join("\n");
    // By the rules of event streams nothing was sent, but clients would look for JSON in it.
    if (payload.trim() === "") return "empty";
    return payload.trim() === "[DONE]" ? "sentinel" : this.#judgeEvent(payload);
  }

  #nextNote(text: ByteText, from: number): number {
    return Math.min(
      nextMember(text, from, usageKey),
      nextMember(text, from, errorKey),
      nextCalledOff(text, from, this.#reasonKey),
    );
  }

  #judgeEvent(payload: ByteText): EventKind {
    const event = parseObject(payload);
    if (event === null) return "malformed";
    const usage = usageIn(event);
    if (usage && !countsNothing(event, usage)) this.usage = usage;
    this.head ??= headOf(event);
    const kind = kindOf(event, usage, this.#hasContent);
    if (kind === "engine-error") this.error = payload;
    return kind;
  }
}

/** A blank line in any of the three ways lines may end. A lone return at the very end may be half of a line end. */
const blankLine = /\r\n\r\n|\n\n|\n\r\n|\r\n\n|\r\r\n?|\r\n\r(?=[^\n])|\n\r(?=[^\n])/g;

/** Whether a space stands behind the name of the first field. */
function leavesSpaces(text: ByteText): boolean {
  return text.charCodeAt(text.indexOf('":') + 2) === space;
}

/** Position of the next finish reason that `tellsError` takes for an answer called off. */
function nextCalledOff(text: ByteText, from: number, key: string): number {
  for (let at = text.indexOf(key, from); at >= 0; at = text.indexOf(key, at + 1)) {
    const reason = at + key.length;
    if (calledOffReasons.some((known) => text.startsWith(known, reason))) return at;
  }
  return Number.POSITIVE_INFINITY;
}

/** Position of the next member that is an object: some engines write a null into every event but the last. */
function nextMember(text: ByteText, from: number, { begin, end }: { begin: string; end: string }): number {
  for (let at = text.indexOf(end, from + begin.length); at >= 0; at = text.indexOf(end, at + 1)) {
    if (!text.startsWith(begin, at - begin.length)) continue;
    const value = at + end.length;
    const first = text.charCodeAt(value);
    if (first === openBrace || (first === space && text.charCodeAt(value + 1) === openBrace)) return at - begin.length;
  }
  return Number.POSITIVE_INFINITY;
}

function headOf({ id, object, created, model }: Record<string, unknown>): AnswerHead | null {
  if (typeof id !== "string" || typeof object !== "string") return null;
  return {
    id,
    object,
    created: typeof created === "number" ? created : 0,
    model: typeof model === "string" ? model : "",
  };
}

const lineFeed = 0x0a;
const space = 0x20;
const openBracket = 0x5b;
const openBrace = 0x7b;
const closeBrace = 0x7d;
