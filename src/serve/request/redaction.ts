import { stringEnd } from "../wire/json-span.ts";

/** What can be taken out of a request's text before it leaves. */
export const redactionKinds = ["email", "card", "iban", "phone"] as const;

export type RedactionKind = (typeof redactionKinds)[number];

/** How often each kind was found. */
export type RedactionCounts = Readonly<Partial<Record<RedactionKind, number>>>;

interface Pattern {
  readonly pattern: RegExp;
  readonly placeholder: string;
  /** How much of what matched is one indeed, characters; check digits tell numbers of cards and accounts from others. */
  readonly lengthOf?: (match: string) => number;
}

// Every repetition has a bound, so that no text can make a search take longer than its length times a constant.
const patterns: Readonly<Record<RedactionKind, Pattern>> = {
  email: {
    pattern: /[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}/g,
    placeholder: "[e-mail address]",
  },
  iban: {
    pattern: /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b/g,
    placeholder: "[account number]",
    lengthOf: ibanLength,
  },
  card: {
    pattern: /(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d.]*\d)/g,
    placeholder: "[card number]",
    lengthOf: (match) => (hasLuhnCheck(match) ? match.length : 0),
  },
  phone: {
    pattern: /(?<![\w+])(?<!\d[ -])(?:\+|00)[1-9](?:[ ()./-]{0,2}\d){6,13}(?!\d)/g,
    placeholder: "[telephone number]",
  },
};

/** In this order, because what one pattern leaves another could take for its own. */
const order = ["email", "iban", "card", "phone"] as const satisfies readonly RedactionKind[];

/**
 * Takes what `kinds` name out of every text between two positions of a JSON body; all other bytes stay as they are. Finds
 * what follows the patterns and nothing else: names, for one, it does not know. Addresses of pictures inside the body
 * (`data:…`) are passed over.
 */
export function redactJson(
  body: string,
  start: number,
  end: number,
  kinds: readonly RedactionKind[],
): { readonly body: string; readonly counts: RedactionCounts } {
  const counts: Partial<Record<RedactionKind, number>> = {};
  let out = "";
  let copied = 0;
  for (let at = body.indexOf('"', start); at >= 0 && at < end; at = body.indexOf('"', at)) {
    const stop = stringEnd(body, at);
    const raw = body.slice(at + 1, stop - 1);
    if (!raw.startsWith("data:")) {
      const text = raw.includes("\\") ? (JSON.parse(`"${raw}"`) as string) : raw;
      const clean = redactText(text, kinds, counts);
      if (clean !== text) {
        out += body.slice(copied, at) + JSON.stringify(clean);
        copied = stop;
      }
    }
    at = stop;
  }
  return { body: out + body.slice(copied), counts };
}

/** Takes what `kinds` name out of a text and adds to `counts`. */
export function redactText(
  text: string,
  kinds: readonly RedactionKind[],
  counts: Partial<Record<RedactionKind, number>>,
): string {
  let clean = text;
  for (const kind of order) {
    if (!kinds.includes(kind)) continue;
    const { pattern, placeholder, lengthOf } = patterns[kind];
    clean = clean.replace(pattern, (match) => {
      const length = lengthOf ? lengthOf(match) : match.length;
      if (length === 0) return match;
      counts[kind] = (counts[kind] ?? 0) + 1;
      return placeholder + match.slice(length);
    });
  }
  return clean;
}

/** Luhn's check digit (ISO/IEC 7812-1). */
function hasLuhnCheck(match: string): boolean {
  const digits = match.replace(/\D/g, "");
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0 && /[1-9]/.test(digits);
}

/** An account number ends where its check digits say: words in capitals behind it match the pattern as well. */
function ibanLength(match: string): number {
  for (let length = match.length; length >= 15; length--) {
    const ends = length === match.length || match[length] === " ";
    if (ends && hasIbanCheck(match.slice(0, length))) return length;
  }
  return 0;
}

/** Check digits of an account number (ISO 13616): letters count from 10, and the whole leaves 1 when divided by 97. */
function hasIbanCheck(match: string): boolean {
  const plain = match.replaceAll(" ", "");
  let rest = 0;
  for (const sign of plain.slice(4) + plain.slice(0, 4)) {
    const value = Number.parseInt(sign, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}
