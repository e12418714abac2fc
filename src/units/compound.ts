import { dimensionNames, prefixes, ratioUnit, units, type Dimension, type Unit } from "./table.ts";

/** A unit expression such as `USD/(Mbit/s)/month`, reduced to exponents, a factor to base units and its currency. */
export interface Compound {
  readonly dimensions: Readonly<Partial<Record<Dimension, number>>>;
  readonly factor: number;
  /** ISO 4217 code when money takes part; one expression holds at most one currency. */
  readonly currency: string | null;
}

/** One word of a unit expression, split into prefix and unit. */
export interface Atom {
  readonly prefix: string;
  readonly unit: Unit;
}

/** Why an expression is no unit: a word that is not known, or a form that is not allowed. */
export type CompoundFailure = { readonly kind: "word"; readonly word: string } | { readonly kind: "form" };

/** Deepest nesting of parentheses; real units need one. */
const maxDepth = 4;

const unitsWithRatio = [...units, ratioUnit];

const atoms: ReadonlyMap<string, Atom> = new Map(
  unitsWithRatio.flatMap((unit) => {
    const short = [unit.symbol, ...unit.aliases.filter((alias) => alias.length === 1 || alias === alias.toUpperCase())];
    const prefixed = short.flatMap((symbol) =>
      unit.prefixes.map((prefix) => [prefix + symbol, { prefix, unit }] as const),
    );
    const plain = [unit.symbol, ...unit.aliases].map((symbol) => [symbol, { prefix: "", unit }] as const);
    return [...prefixed, ...plain];
  }),
);

/** Every spelling of a unit, with and without prefix. */
export const spellings: readonly string[] = [...atoms.keys()].filter((word) => word !== ratioUnit.symbol);

/** The unit a word stands for; null when there is none. Case matters. */
export function findAtom(word: string): Atom | null {
  return atoms.get(word) ?? null;
}

const lowerSpellings: ReadonlySet<string> = new Set(spellings.map((word) => word.toLowerCase()));

function findCurrency(word: string): Compound | null {
  const match = /^(k|M|G|bn)?([A-Z]{3})$/.exec(word);
  // A unit in the wrong case (`KWH`) is a slip of the shift key, not a currency.
  if (match?.[2] === undefined || lowerSpellings.has(word.toLowerCase())) return null;
  const magnitude = match[1] === undefined ? 1 : match[1] === "bn" ? 1e9 : prefixes[match[1]]!;
  return { dimensions: { money: 1 }, factor: magnitude, currency: match[2] };
}

/** Money of one currency. */
export function moneyOf(currency: string): Compound {
  return { dimensions: { money: 1 }, factor: 1, currency };
}

/** `left × right^sign`; null when two currencies would meet. */
export function combine(left: Compound, right: Compound, sign: 1 | -1): Compound | null {
  if (left.currency !== null && right.currency !== null) return null;
  const dimensions: Partial<Record<Dimension, number>> = {};
  for (const name of dimensionNames) {
    const exponent = (left.dimensions[name] ?? 0) + sign * (right.dimensions[name] ?? 0);
    if (exponent !== 0) dimensions[name] = exponent;
  }
  const factor = sign === 1 ? left.factor * right.factor : left.factor / right.factor;
  return { dimensions, factor, currency: left.currency ?? right.currency };
}

/**
 * Parses a unit expression: a word, then any number of `/ word` or `/ (expression)`. With `start` the expression
 * continues what stands before it, as in `$0.07` + `/kWh`, and may be empty.
 */
export function parseCompound(text: string, start: Compound | null = null): Compound | CompoundFailure {
  const tokens = text.match(/[\p{L}%]+|\S/gu) ?? [];
  let position = 0;

  function factor(depth: number): Compound | CompoundFailure {
    const token = tokens[position++];
    if (token === undefined || depth > maxDepth) return { kind: "form" };
    if (token === "(") {
      const inside = chain(factor(depth + 1), depth + 1);
      return tokens[position++] === ")" ? inside : { kind: "form" };
    }
    const atom = findAtom(token);
    if (atom !== null) {
      const scale = atom.prefix === "" ? 1 : prefixes[atom.prefix]!;
      return { dimensions: atom.unit.dimensions, factor: atom.unit.factor * scale, currency: null };
    }
    return findCurrency(token) ?? (/^[\p{L}%]/u.test(token) ? { kind: "word", word: token } : { kind: "form" });
  }

  function chain(first: Compound | CompoundFailure, depth: number): Compound | CompoundFailure {
    let result = first;
    while (!("kind" in result) && tokens[position] === "/") {
      position += 1;
      const next = factor(depth);
      result = "kind" in next ? next : (combine(result, next, -1) ?? { kind: "form" });
    }
    return result;
  }

  const result = chain(start ?? factor(0), 0);
  return "kind" in result || position >= tokens.length ? result : { kind: "form" };
}

/** Whether two expressions measure the same thing. */
export function sameDimensions(a: Compound, b: Compound): boolean {
  return dimensionNames.every((name) => (a.dimensions[name] ?? 0) === (b.dimensions[name] ?? 0));
}
