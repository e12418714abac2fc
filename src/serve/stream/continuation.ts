import { textOf } from "../wire/byte-text.ts";
import { addMember, memberSpans, replaceValue, type MemberSpan } from "../wire/json-span.ts";
import type { ByteText } from "../wire/ports.ts";

/** The beginning of an answer that broke off. */
export interface Said {
  readonly text: string;
  /** Events with content, which is what stands for tokens here. */
  readonly tokens: number;
}

/**
 * What a broken chat stream had said, read from the events that reached the client; null when it cannot be continued:
 * more than one choice, anything but plain text (tool calls, reasoning), or an answer that had already finished.
 */
export function saidSoFar(events: ByteText): Said | null {
  let bytes = "";
  let tokens = 0;
  for (const block of events.split(/\r?\n\r?\n/)) {
    const data = dataOf(block);
    if (data === "") continue;
    let event: { choices?: { index?: number; delta?: Record<string, unknown>; finish_reason?: unknown }[] };
    try {
      event = JSON.parse(data) as typeof event;
    } catch {
      return null;
    }
    for (const { index, delta, finish_reason: finish } of event.choices ?? []) {
      if (index !== 0 || typeof finish === "string") return null;
      for (const [name, value] of Object.entries(delta ?? {})) {
        if (name === "role" || value === null || value === "") continue;
        if (name !== "content" || typeof value !== "string") return null;
        bytes += value;
        tokens++;
      }
    }
  }
  return tokens === 0 ? null : { text: textOf(bytes), tokens };
}

/** What an event says; comments and other fields may stand in front of it. */
function dataOf(block: ByteText): string {
  if (block.startsWith("data:") && !/[\r\n]/.test(block)) return block.slice(5).trim();
  const lines = block.split(/\r\n|\r|\n/).filter((line) => line.startsWith("data:"));
  return lines
    .map((line) => line.slice(5))
    .join("\n")
    .trim();
}

/**
 * The body that asks an engine to go on where `said` ends, as vLLM and SGLang understand it: the beginning as the last
 * message, marked as unfinished. Null when the limit on output tokens is used up or the body offers tools or choices.
 */
export function continuationBody(body: string, said: Said): string | null {
  const limits = ["max_tokens", "max_completion_tokens"];
  const spans = memberSpans(body, ["messages", "n", "tools", "functions", "continue_final_message", ...limits]);
  const isOneChoice = ({ valueStart, valueEnd }: MemberSpan) =>
    /^(?:1|null)$/.test(body.slice(valueStart, valueEnd).trim());
  const allowed = spans.every(
    ({ key, span }) => key === "messages" || limits.includes(key) || (key === "n" && isOneChoice(span)),
  );
  if (!allowed) return null;
  let text = body;
  // From back to front, so that earlier positions stay true.
  for (const { key, span } of spans.toReversed()) {
    const value: unknown = JSON.parse(body.slice(span.valueStart, span.valueEnd));
    if (Array.isArray(value)) text = replaceValue(text, span, [...value, { role: "assistant", content: said.text }]);
    else if (typeof value === "number" && limits.includes(key)) {
      if (value <= said.tokens) return null;
      text = replaceValue(text, span, value - said.tokens);
    }
  }
  return addMember(addMember(text, "add_generation_prompt", false), "continue_final_message", true);
}

/** Id of the answer that events belong to; null when they name none. */
export function answerId(events: ByteText): string | null {
  return /"id": ?"([^"\\]+)"/.exec(events)?.[1] ?? null;
}
