import { asciiJson, textOf } from "../wire/byte-text.ts";
import { addMember, memberSpans, replaceValue } from "../wire/json-span.ts";
import type { ByteText } from "../wire/ports.ts";
import { parseObject } from "../stream/stream-event.ts";

type Fields = Readonly<Record<string, unknown>>;

/** An event of the Responses API, with its number. */
export function numbered(type: string, sequence: number, fields: Fields): ByteText {
  return `event: ${type}\ndata: ${asciiJson({ type, sequence_number: sequence, ...fields })}\n\n`;
}

/** The event that ends a stream about `response`. One that was cancelled ends as no answer does. */
export function endingEvent(response: Fields, sequence: number): ByteText {
  const { status } = response;
  if (status === "completed" || status === "incomplete" || status === "failed")
    return numbered(`response.${status}`, sequence, { response });
  return errorEvent("response_cancelled", "The response was cancelled.", sequence);
}

export function errorEvent(code: string, message: string, sequence: number): ByteText {
  return numbered("error", sequence, { code, message, param: null });
}

/** What became of an engine's stream. */
export type StreamEnd =
  | { readonly kind: "response"; readonly response: Fields }
  | { readonly kind: "error"; readonly message: string };

/**
 * Events of an engine as those of another response: under its id, numbered anew. The engine's first event is left out,
 * because that one is told before any engine was asked, and its last is handed over, because what it tells is kept first.
 */
export class OwnEvents {
  readonly #own: (response: Fields) => Fields;
  end: StreamEnd | null = null;

  /** `own` gives a response of the engine the name and the fields it has here. */
  constructor(own: (response: Fields) => Fields) {
    this.#own = own;
  }

  /** `events`: complete ones, as the gateway passes streams on; they get the numbers from `next` on. */
  take(events: ByteText, next: number): ByteText[] {
    const told: ByteText[] = [];
    for (const block of events.split(/\r?\n\r?\n/)) {
      const lines = block.split(/\r?\n/).filter((line) => line.startsWith("data:"));
      const data = lines.map((line) => line.slice(5).trim()).join(" ");
      const event = data === "" || this.end !== null ? null : parseObject(data);
      const type = event?.["type"];
      if (event === null || typeof type !== "string" || type === "response.created") continue;
      if (type === "error") {
        const { message } = (parseObject(textOf(data)) ?? {}) as { message?: unknown };
        this.end = { kind: "error", message: typeof message === "string" ? message : "The stream broke off." };
      } else if (type === "response.completed" || type === "response.incomplete") {
        const { response } = (parseObject(textOf(data)) ?? {}) as { response?: Fields };
        this.end = { kind: "response", response: this.#own(response ?? {}) };
      } else told.push(`event: ${type}\ndata: ${this.#renumbered(data, next + told.length)}\n\n`);
    }
    return told;
  }

  /** Nothing but the number and a response is exchanged: everything else stays as the engine wrote it. */
  #renumbered(data: ByteText, sequence: number): ByteText {
    let text = data;
    let has = false;
    for (const { key, span } of memberSpans(data, ["sequence_number", "response"]).toReversed()) {
      if (key === "sequence_number") {
        has = true;
        text = replaceValue(text, span, sequence);
      } else {
        const response = parseObject(textOf(data.slice(span.valueStart, span.valueEnd))) ?? {};
        text = text.slice(0, span.valueStart) + asciiJson(this.#own(response)) + text.slice(span.valueEnd);
      }
    }
    return has ? text : addMember(text, "sequence_number", sequence);
  }
}

/** The events with which a response that is complete could have been streamed: each text comes in one piece. */
export function eventsOf(response: Fields): ByteText[] {
  const events: ByteText[] = [];
  const tell = (type: string, fields: Fields) => events.push(numbered(type, events.length, fields));
  const begun = { ...response, status: "in_progress", output: [], usage: null };
  tell("response.created", { response: begun });
  tell("response.in_progress", { response: begun });
  const { output } = response;
  for (const [index, item] of ((Array.isArray(output) ? output : []) as Fields[]).entries()) {
    const place = { item_id: item["id"], output_index: index };
    const { content } = item;
    const parts = item["type"] === "message" && Array.isArray(content) ? (content as Fields[]) : [];
    const isCall = item["type"] === "function_call";
    const empty = parts.length > 0 ? { content: [] } : isCall ? { arguments: "" } : {};
    tell("response.output_item.added", { output_index: index, item: { ...item, status: "in_progress", ...empty } });
    for (const [at, part] of parts.entries()) tellPart(tell, { ...place, content_index: at }, part);
    if (isCall) {
      tell("response.function_call_arguments.delta", { ...place, delta: item["arguments"] });
      tell("response.function_call_arguments.done", {
        ...place,
        name: item["name"],
        arguments: item["arguments"],
      });
    }
    tell("response.output_item.done", { output_index: index, item });
  }
  events.push(endingEvent(response, events.length));
  return events;
}

function tellPart(tell: (type: string, fields: Fields) => void, place: Fields, part: Fields): void {
  const isText = part["type"] === "output_text";
  const [kind, name] = isText ? ["output_text", "text"] : ["refusal", "refusal"];
  const known = isText || part["type"] === "refusal";
  tell("response.content_part.added", { ...place, part: known ? { ...part, [name!]: "" } : part });
  if (known) {
    const more = isText ? { logprobs: part["logprobs"] ?? [] } : {};
    tell(`response.${kind}.delta`, { ...place, delta: part[name!], ...more });
    tell(`response.${kind}.done`, { ...place, [name!]: part[name!], ...more });
  }
  tell("response.content_part.done", { ...place, part });
}
