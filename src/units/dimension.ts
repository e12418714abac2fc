import { findAtom, sameDimensions, spellings, type Compound } from "./compound.ts";
import { dimensionNames, type Dimension } from "./table.ts";

const compoundNames: readonly (readonly [string, Compound["dimensions"]])[] = [
  ["power", { energy: 1, time: -1 }],
  ["a data rate in bits", { bit: 1, time: -1 }],
  ["a data rate in bytes", { byte: 1, time: -1 }],
  ["a request rate", { request: 1, time: -1 }],
  ["a token rate", { token: 1, time: -1 }],
  ["an arithmetic rate", { operation: 1, time: -1 }],
  ["a ratio per time", { ratio: 1, time: -1 }],
  ["money per time", { money: 1, time: -1 }],
  ["money per energy", { money: 1, energy: -1 }],
  ["money per data volume", { money: 1, byte: -1 }],
  ["money per request", { money: 1, request: -1 }],
  ["money per power", { money: 1, energy: -1, time: 1 }],
];

const baseNames: Readonly<Record<Dimension, string>> = {
  time: "a time",
  energy: "an energy",
  bit: "a number of bits",
  byte: "a number of bytes",
  money: "money",
  ratio: "a ratio",
  length: "a length",
  token: "a number of tokens",
  request: "a number of requests",
  operation: "a number of operations",
  parameter: "a number of parameters",
};

const of = (exponents: Compound["dimensions"]): Compound => ({ dimensions: exponents, factor: 1, currency: null });

/** What an expression measures, in words; null when there is no common word for it. */
export function dimensionName(compound: Compound): string | null {
  const known = compoundNames.find(([, exponents]) => sameDimensions(of(exponents), compound));
  if (known !== undefined) return known[0];
  const present = dimensionNames.filter((name) => (compound.dimensions[name] ?? 0) !== 0);
  const only = present[0];
  return only !== undefined && present.length === 1 && compound.dimensions[only] === 1 ? baseNames[only] : null;
}

/**
 * The spelling a writer who mistook the case most likely meant: equal but for case, one that takes part in `expected`
 * first.
 */
export function sameButForCase(word: string, expected: Compound): string | null {
  const candidates = spellings.filter((known) => known !== word && known.toLowerCase() === word.toLowerCase());
  const fits = (candidate: string): boolean =>
    Object.keys(findAtom(candidate)!.unit.dimensions).some((name) => name in expected.dimensions);
  return candidates.find(fits) ?? candidates[0] ?? null;
}
