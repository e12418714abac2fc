import type { ByteText } from "../wire/ports.ts";
import { textTokensOf } from "./meter.ts";
import { parseObject, tellsError, usageIn, type EngineUsage } from "./stream-event.ts";

/** What the gateway must know of an answer that is no stream. */
export interface WholeAnswer {
  /** It is no JSON object where one is due, or tells of a failure; null = neither. */
  readonly fault: "malformed" | "engine-error" | null;
  readonly usage: EngineUsage | null;
  /** Estimated from its text where the engine states no output; 0 where it does. */
  readonly textTokens: number;
}

/** `mayBeText`: nobody promised JSON. */
export function readWhole(text: ByteText, mayBeText: boolean): WholeAnswer {
  const answer = parseObject(text);
  if (answer === null) return { fault: mayBeText ? null : "malformed", usage: null, textTokens: 0 };
  if (tellsError(answer)) return { fault: "engine-error", usage: null, textTokens: 0 };
  const usage = usageIn(answer);
  return { fault: null, usage, textTokens: usage?.outputTokens == null ? textTokensOf(answer) : 0 };
}
