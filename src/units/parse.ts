import { moneyOf, parseCompound, sameDimensions, type Compound, type CompoundFailure } from "./compound.ts";
import { dimensionName, sameButForCase } from "./dimension.ts";
import { failure, success, type Result, type UnitProblem } from "./result.ts";
import { currencySymbols, magnitudes } from "./table.ts";

/** What is due: the unit of the resulting number, an example for hints, and what money of other currencies is worth. */
export interface UnitSpec {
  /** For example `ms`, `USD/kWh`, `Gbit/s`; `ratio` for percentages as a number (0.08 for 8 %). */
  readonly unit: string;
  readonly example?: string;
  /** US dollars per unit of currency, by ISO 4217 code. */
  readonly usdPerUnit?: Readonly<Record<string, number>>;
}

/** Longest text taken for a quantity; the longest sensible one has 40 characters. */
const maxLength = 80;

const numberPattern = /^[+-]?\d+(?:_\d+)*(?:\.\d+)?(?:[eE][+-]?\d+)?/;

/**
 * Parses a quantity such as `15 ms`, `$40k`, `7.5 USD/(Mbit/s)/month` to a number in the unit of `expected`. The number
 * is always finite. A number without a unit, another dimension, an unknown unit or currency is a failure with a hint.
 */
export function parseQuantity(text: string, expected: UnitSpec): Result<number, UnitProblem> {
  const due = parseCompound(expected.unit);
  if ("kind" in due)
    return failure("DSP_UNIT_UNKNOWN", `the unit \`${expected.unit}\` is not known`, "see docs/reference/units.md");
  const example = `write for example \`${expected.example ?? exampleOf(expected.unit)}\``;
  const source = text.trim().replaceAll(/\s+/g, " ");
  if (source.length > maxLength) return failure("DSP_UNIT_SYNTAX", "this is too long for a quantity", example);

  const parts = splitMoney(source);
  const digits = numberPattern.exec(parts.rest)?.[0];
  if (digits === undefined)
    return failure(
      "DSP_UNIT_BAD_NUMBER",
      `\`${source}\` does not begin with a number`,
      badNumberHint(parts.rest, example),
    );
  const after = parts.rest.slice(digits.length);
  if (/^[.,_\d]/.test(after))
    return failure("DSP_UNIT_BAD_NUMBER", `\`${source}\` holds no clear number`, badNumberHint(parts.rest, example));
  const number = finite(Number(digits.replaceAll("_", "")) * parts.sign, digits);
  if (number === null)
    return failure("DSP_UNIT_OUT_OF_RANGE", `\`${digits}\` is beyond what can be computed with`, example);

  const { magnitude, unit } = splitMagnitude(after, parts.currency !== null);
  const isBareMoney = due.currency !== null && Object.hasOwn(magnitudes, unit);
  if (parts.currency === null && (unit === "" || isBareMoney)) {
    const remedy = `write for example \`${withUnitOf(digits, expected)}\`: the unit is part of the value`;
    return failure("DSP_UNIT_BARE_NUMBER", `\`${source}\` has no unit`, remedy);
  }
  // `ratio` is how results are counted, not something to write: percentages are.
  const isRatio = /\bratio\b/.test(unit);
  const found: Compound | CompoundFailure = isRatio
    ? { kind: "word", word: "ratio" }
    : parseCompound(unit, parts.currency === null ? null : moneyOf(parts.currency));
  if ("kind" in found) return unknownUnit(source, found, due, example);
  if (!sameDimensions(found, due)) return wrongDimension(source, found, due, expected.unit, example);

  const exchange = exchangeFactor(found, due, expected.usdPerUnit ?? {});
  if (!exchange.ok) return exchange;
  const value = finite(rescale(number * magnitude, found.factor, due.factor) * exchange.value, digits);
  if (value === null)
    return failure("DSP_UNIT_OUT_OF_RANGE", `\`${source}\` is beyond what can be computed with`, example);
  return success(value);
}

const numberMagnitudes: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["k", 1e3],
  ["M", 1e6],
]);

/** Parses a plain number, which may have underscores or a magnitude: `100_000`, `1.5e6`, `3.7M`, `100k`. */
export function parseNumber(text: string): Result<number, UnitProblem> {
  const source = text.trim();
  const digits = numberPattern.exec(source)?.[0];
  const magnitude = digits === undefined ? undefined : numberMagnitudes.get(source.slice(digits.length));
  if (digits === undefined || magnitude === undefined) {
    return failure(
      "DSP_UNIT_BAD_NUMBER",
      `\`${source.slice(0, maxLength)}\` is not a number`,
      "write a plain number without a unit, for example `1.5`, `100000` or `100k`",
    );
  }
  const value = finite(Number(digits.replaceAll("_", "")) * magnitude, digits);
  return value === null
    ? failure("DSP_UNIT_OUT_OF_RANGE", `\`${digits}\` is beyond what can be computed with`, "write a smaller number")
    : success(value);
}

/** Divides when the number gets smaller: 7 / 100 is 0.07, while 7 × 0.01 is 0.07000000000000001. */
function rescale(value: number, from: number, to: number): number {
  return from >= to ? value * (from / to) : value / (to / from);
}

/** Null for what overflows, and for what vanishes although it was written as something. */
function finite(value: number, digits: string): number | null {
  if (!Number.isFinite(value)) return null;
  return value === 0 && /[1-9]/.test(digits.split(/[eE]/)[0]!) ? null : value;
}

/** A currency mark behind the number, as most of Europe writes it: `0.2 €/kWh`, `5k€`. */
const trailingMark = /^([+-]?)(\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)\s?(k|M|G|bn|B|T)?\s?([$€£¥₹])(?=$|\s?\/)/;

/** Takes a sign and a currency mark off: `-$40k`, `EUR 1.2M`, `0.2 €/kWh`. */
function splitMoney(text: string): { sign: 1 | -1; currency: string | null; rest: string } {
  const trailing = trailingMark.exec(text);
  if (trailing !== null) {
    const [all, sign, digits, magnitude = "", mark] = trailing;
    const rest = `${digits}${magnitude}${text.slice(all.length)}`;
    return { sign: sign === "-" ? -1 : 1, currency: currencySymbols[mark!]!, rest };
  }
  const match = /^([+-]?)(?:([$€£¥₹])|([A-Z]{3})\s)\s*/.exec(text);
  if (match === null) return { sign: 1, currency: null, rest: text };
  const currency = match[2] === undefined ? match[3]! : currencySymbols[match[2]]!;
  return { sign: match[1] === "-" ? -1 : 1, currency, rest: text.slice(match[0].length) };
}

/** Takes a magnitude off the front of what follows the number: `k` of `$40k/year`, `M` of `1.2M EUR`. */
function splitMagnitude(after: string, isMoney: boolean): { magnitude: number; unit: string } {
  const match = isMoney ? /^\s?(k|M|G|bn|B|T)(?=\s*\/|$)/.exec(after) : /^(k|M|G|bn|B|T)\s+(?=\p{L})/u.exec(after);
  if (match === null) return { magnitude: 1, unit: after.trim() };
  return { magnitude: magnitudes[match[1]!]!, unit: after.slice(match[0].length).trim() };
}

function exchangeFactor(
  found: Compound,
  due: Compound,
  usdPerUnit: Readonly<Record<string, number>>,
): Result<number, UnitProblem> {
  if (found.currency === due.currency || found.currency === null || due.currency === null) return success(1);
  const usd = (code: string): number | undefined =>
    code === "USD" ? 1 : Object.hasOwn(usdPerUnit, code) ? usdPerUnit[code] : undefined;
  const [from, to] = [usd(found.currency), usd(due.currency)];
  if (from !== undefined && to !== undefined) return success(from / to);
  const missing = from === undefined ? found.currency : due.currency;
  return failure(
    "DSP_UNIT_NO_EXCHANGE_RATE",
    `there is no exchange rate for ${missing}`,
    `add it to the scenario: \`exchangeRates: { ${missing}: 1.08 USD }\` with the rate you want to count with`,
  );
}

function badNumberHint(rest: string, example: string): string {
  if (/^[+-]?\d+,\d/.test(rest))
    return "write a decimal point as `.` and thousands with `_` or not at all, for example `1_500` or `1.5`";
  if (/^[+-]?\.\d/.test(rest)) return "write the digit before the point, for example `0.5`";
  return example;
}

function unknownUnit(
  source: string,
  problem: CompoundFailure,
  due: Compound,
  example: string,
): Result<never, UnitProblem> {
  if (problem.kind === "form")
    return failure(
      "DSP_UNIT_SYNTAX",
      `\`${source}\` is not a quantity`,
      `${example}: a number, a unit, then \`/\` and further units`,
    );
  const meant = sameButForCase(problem.word, due);
  const message = `the unit \`${problem.word}\` is not known`;
  if (meant !== null)
    return failure(
      "DSP_UNIT_UNKNOWN",
      `${message}; case matters`,
      `did you mean \`${source.replace(problem.word, () => meant)}\`?`,
    );
  return failure("DSP_UNIT_UNKNOWN", message, example);
}

function wrongDimension(
  source: string,
  found: Compound,
  due: Compound,
  dueUnit: string,
  example: string,
): Result<never, UnitProblem> {
  const is = dimensionName(found) ?? "something else";
  const message = `\`${source}\` is ${is}, but ${dimensionName(due) ?? `a quantity in ${dueUnit}`} is due`;
  return failure("DSP_UNIT_WRONG_DIMENSION", message, `${mixedUp(source, found, due)}${example}`);
}

/** The mistakes that are worth a word of their own: bits for bytes, metres for minutes. */
function mixedUp(source: string, found: Compound, due: Compound): string {
  if ("bit" in found.dimensions && "byte" in due.dimensions) return "b stands for bits and B for bytes (8 bits); ";
  if ("byte" in found.dimensions && "bit" in due.dimensions) return "B stands for bytes (8 bits) and b for bits; ";
  if ("length" in found.dimensions && "time" in due.dimensions && source.endsWith("m"))
    return "m stands for metre, min for minutes, ms for milliseconds; ";
  return "";
}

/** The number the user wrote with the unit of the example; a percentage is left alone, for 0.08 may have meant 8 %. */
function withUnitOf(digits: string, expected: UnitSpec): string {
  const example = expected.example ?? exampleOf(expected.unit);
  const unit = /^\d[\d_.]*(\s.*)$/.exec(example)?.[1];
  return unit === undefined || unit.includes("%") ? example : digits + unit;
}

function exampleOf(unit: string): string {
  const shown = unit.replace(/^ratio/, "%");
  return `10 ${shown}`;
}
