import { apiError, type ApiError } from "./api-error.ts";
import { stringEnd } from "./json-span.ts";

/**
 * Texts (names of fields are texts), lists and objects a JSON body may hold. The longest conversations hold some ten thousand. Each takes
 * the parser a tenth of a microsecond to more than one, during which nobody else is served: a body of the largest size could hold
 * millions. Numbers take a fiftieth of that, and there may be any number of them.
 */
export const mostParts = 100_000;

/** Whether a JSON text holds more texts, lists and objects than that; of other texts it says anything. Stops as soon as it knows. */
export function hasMoreParts(text: string, most: number): boolean {
  // A part takes at least one character.
  if (text.length <= most) return false;
  let quote = after(text, '"', 0);
  let brace = after(text, "{", 0);
  let bracket = after(text, "[", 0);
  for (let parts = 0; ;) {
    const at = Math.min(quote, brace, bracket);
    if (at === Number.POSITIVE_INFINITY) return false;
    if (++parts > most) return true;
    const end = at === quote ? stringEnd(text, at) : at + 1;
    if (quote < end) quote = after(text, '"', end);
    if (brace < end) brace = after(text, "{", end);
    if (bracket < end) bracket = after(text, "[", end);
  }
}

export function tooManyParts(): ApiError {
  const detail = `The body holds more than ${mostParts} texts, lists and objects; names of fields are texts.`;
  return apiError("invalid_request", { detail, hint: "Send it in several requests." });
}

/** Position of the next such character; there may be millions of others before it, which V8 passes over quickest. */
function after(text: string, character: string, from: number): number {
  const found = text.indexOf(character, from);
  return found < 0 ? Number.POSITIVE_INFINITY : found;
}
