/**
 * The units Disperse knows. The list is closed: a unit that is not here is an error with a hint, never a guess. Bits
 * and bytes are different dimensions on purpose, so that a link rate can never pass for a memory size.
 */

/** What a unit can measure. Money is a dimension of its own; its currency is kept beside it. */
export const dimensionNames = [
  "time",
  "energy",
  "bit",
  "byte",
  "money",
  "ratio",
  "length",
  "token",
  "request",
  "operation",
  "parameter",
] as const;

export type Dimension = (typeof dimensionNames)[number];

export interface Unit {
  /** How it is written; prefixes go before it. */
  readonly symbol: string;
  /** Other spellings, taken without a prefix unless they are short forms of the symbol. */
  readonly aliases: readonly string[];
  /** Exponents by dimension: a watt is energy per time. */
  readonly dimensions: Readonly<Partial<Record<Dimension, number>>>;
  /** Value of one unit in base units: second, joule, bit, byte, ratio, metre, token, request, operation, parameter. */
  readonly factor: number;
  /** Decimal (and for bytes binary) prefixes it may carry. */
  readonly prefixes: readonly string[];
  readonly doc: string;
  readonly example: string;
}

/** Factors of prefixes. Case matters: m is a thousandth, M a million. Source: SI brochure, 9th edition; IEC 80000-13. */
export const prefixes: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  µ: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

const big = ["k", "M", "G", "T", "P", "E"];

/** Hours of a year: 365 days. The whole project counts so; a month is a twelfth of it. */
export const hoursPerYear = 8760;

const unit = (
  symbol: string,
  dimensions: Unit["dimensions"],
  factor: number,
  unitPrefixes: readonly string[],
  aliases: readonly string[],
  doc: string,
  example: string,
): Unit => ({ symbol, aliases, dimensions, factor, prefixes: unitPrefixes, doc, example });

export const units: readonly Unit[] = [
  unit("s", { time: 1 }, 1, ["n", "u", "µ", "m"], ["second", "seconds"], "Second.", "15 ms"),
  unit("min", { time: 1 }, 60, [], ["minute", "minutes"], "Minute.", "5 min"),
  unit("h", { time: 1 }, 3600, [], ["hour", "hours"], "Hour.", "1 h"),
  unit("day", { time: 1 }, 86_400, [], ["days"], "Day, 24 hours.", "20 req/day"),
  unit("week", { time: 1 }, 604_800, [], ["weeks"], "Week, 7 days.", "8 weeks"),
  unit(
    "month",
    { time: 1 },
    (hoursPerYear * 3600) / 12,
    [],
    ["months"],
    "Month, a twelfth of a year (730 hours).",
    "6 months",
  ),
  unit("year", { time: 1 }, hoursPerYear * 3600, [], ["years"], "Year, 365 days (8760 hours).", "5 years"),
  unit("W", { energy: 1, time: -1 }, 1, ["k", "M", "G", "T"], [], "Watt.", "5 MW"),
  unit("Wh", { energy: 1 }, 3600, ["k", "M", "G", "T"], [], "Watt-hour.", "0.07 USD/kWh"),
  unit("J", { energy: 1 }, 1, ["m", "k", "M", "G"], [], "Joule.", "0.4 J/tok"),
  unit("bit", { bit: 1 }, 1, big, ["b", "bits"], "Bit; network rates are counted in bits.", "3.75 Tbit/s"),
  unit(
    "B",
    { byte: 1 },
    1,
    [...big, "Ki", "Mi", "Gi", "Ti"],
    ["byte", "bytes"],
    "Byte; memory and volumes are counted in bytes.",
    "24 GB",
  ),
  unit("%", { ratio: 1 }, 0.01, [], ["percent"], "Percent.", "122 %"),
  unit("m", { length: 1 }, 1, ["k"], ["metre", "metres"], "Metre.", "100 km"),
  unit("tok", { token: 1 }, 1, ["k", "M", "G", "T"], ["token", "tokens"], "Token.", "512 tok"),
  unit("req", { request: 1 }, 1, ["k", "M", "G"], ["request", "requests"], "Request.", "0.5 req/s"),
  unit("FLOP", { operation: 1 }, 1, ["M", "G", "T", "P", "E"], ["OP"], "Arithmetic operation.", "5 PFLOP/s"),
  unit("param", { parameter: 1 }, 1, ["k", "M", "G", "T"], ["params"], "Parameter of a model.", "7.6G param"),
];

/** A ratio as a number (0.08 for 8 %): the canonical form of percentages. It is not something a user writes. */
export const ratioUnit: Unit = unit("ratio", { ratio: 1 }, 1, [], [], "Ratio.", "8 %");

/** Symbols of currencies; every other currency is written as its ISO 4217 code. */
export const currencySymbols: Readonly<Record<string, string>> = {
  $: "USD",
  "€": "EUR",
  "£": "GBP",
  "¥": "JPY",
  "₹": "INR",
};

/** Suffixes of money and of counted things: `$40k`, `EUR 1.2M`, `$2bn`. */
export const magnitudes: Readonly<Record<string, number>> = { k: 1e3, M: 1e6, G: 1e9, bn: 1e9, B: 1e9, T: 1e12 };
