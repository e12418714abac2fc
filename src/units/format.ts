import { findAtom } from "./compound.ts";
import { currencySymbols, prefixes } from "./table.ts";

/** Units that are words, not symbols, and so have a plural. */
const calendarUnits: ReadonlySet<string> = new Set(["day", "week", "month", "year"]);

export interface FormatOptions {
  /** Significant digits, 1 to 17; 4 when left out. */
  readonly digits?: number;
}

/**
 * Writes a number of `unit` for people, with the prefix that leaves one to three digits before the point: 3750 of
 * `Gbit/s` is `3.75 Tbit/s`, 40000 of `USD` is `$40k`, 0.08 of `ratio` is `8 %`. What it writes, `parseQuantity` reads
 * back. A number that is not finite becomes `n/a`.
 */
export function formatQuantity(value: number, unit: string, options: FormatOptions = {}): string {
  if (!Number.isFinite(value)) return "n/a";
  const digits = options.digits ?? 4;
  const split = /^([\p{L}%]+)(.*)$/u.exec(unit);
  const first = split?.[1] ?? unit;
  const per = split?.[2] ?? "";
  if (/^[A-Z]{3}$/.test(first) && findAtom(first) === null) return formatMoney(value, first, per, digits);
  const atom = findAtom(first);
  if (atom === null) return `${rounded(value, digits)} ${unit}`;
  if (atom.unit.symbol === "ratio") return `${rounded(value * 100, digits)} %${per}`;
  const base = value * (prefixes[atom.prefix] ?? 1);
  // Binary prefixes and the two spellings of micro would only offer the same steps twice.
  const steps = ["", ...atom.unit.prefixes.filter((prefix) => !prefix.endsWith("i") && prefix !== "µ")];
  if (value === 0) return `0 ${first}${per}`;
  const [scaled, prefix] = scale(
    base,
    steps.map((step) => [step, prefixes[step] ?? 1] as const),
    digits,
  );
  const plural = calendarUnits.has(atom.unit.symbol) && scaled !== "1" ? "s" : "";
  return `${scaled} ${prefix}${atom.unit.symbol}${plural}${per}`;
}

function formatMoney(value: number, currency: string, per: string, digits: number): string {
  const steps = [
    ["", 1],
    ["k", 1e3],
    ["M", 1e6],
    ["bn", 1e9],
  ] as const;
  const [scaled, magnitude] = scale(Math.abs(value), steps, digits);
  const sign = value < 0 ? "-" : "";
  const symbol = Object.entries(currencySymbols).find(([, code]) => code === currency)?.[0];
  return symbol === undefined
    ? `${sign}${scaled}${magnitude} ${currency}${per}`
    : `${sign}${symbol}${scaled}${magnitude}${per}`;
}

/** The largest step that leaves at least 1 before the point after rounding; the smallest step when none does. */
function scale(value: number, steps: readonly (readonly [string, number])[], digits: number): [string, string] {
  const ascending = steps.toSorted((a, b) => a[1] - b[1]);
  const plain = ascending.find(([, factor]) => factor === 1)!;
  const fits = ascending.findLast(([, factor]) => Math.abs(Number(rounded(value / factor, digits))) >= 1);
  const [name, factor] = value === 0 ? plain : (fits ?? ascending[0]!);
  return [rounded(value / factor, digits), name];
}

function rounded(value: number, digits: number): string {
  return String(Number(value.toPrecision(digits)));
}
