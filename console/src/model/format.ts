/** How the console writes figures: three digits, always with their unit. A missing figure is a dash, never NaN. */
import { formatQuantity } from "../../../src/units/index.ts";

export const missing = "–";

type Figure = number | null | undefined;

function quantity(value: Figure, unit: string): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return missing;
  return formatQuantity(value, unit, { digits: 3 });
}

/** US dollars: `$41.2M`. */
export const usd = (value: Figure): string => quantity(value, "USD");
/** US dollars per year: `$41.2M/year`. */
export const usdPerYear = (value: Figure): string => quantity(value, "USD/year");
/** Two sums of dollars with as many digits as tell them apart: `$1.201bn` and `$1.1995bn`, where three would say the same. */
export function usdApart(one: Figure, other: Figure): readonly [string, string] {
  let shown: readonly [string, string] = [usd(one), usd(other)];
  for (let digits = 4; digits <= 6 && one !== other && shown[0] === shown[1]; digits++) {
    const write = (value: Figure): string =>
      usd(value) === missing ? missing : formatQuantity(value!, "USD", { digits });
    shown = [write(one), write(other)];
  }
  return shown;
}

export const milliseconds = (value: Figure): string => quantity(value, "ms");
/** Electric power, from kW. */
export const power = (kw: Figure): string => quantity(kw, "kW");
/** Traffic, from Gbit/s. */
export const traffic = (gbps: Figure): string => quantity(gbps, "Gbit/s");
export const distance = (km: Figure): string => quantity(km, "km");

/** Requests per second: `1.24k req/s`. */
export function perSecond(value: Figure): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return missing;
  const [factor, letter] = value >= 999_500 ? [1e6, "M"] : value >= 9_995 ? [1e3, "k"] : [1, ""];
  return `${Number((value / factor).toPrecision(3)).toLocaleString("en-US")}${letter} req/s`;
}

/** A ratio as percent. Close to the ends it keeps the digits that tell 99.95 % from 100 %. */
export function percent(ratio: Figure): string {
  if (ratio === null || ratio === undefined || !Number.isFinite(ratio)) return missing;
  const value = ratio * 100;
  const fromEnd = Math.min(Math.abs(value), Math.abs(100 - value));
  // Distances that would be rounded to 0.1 or 1 need no further digit: 99.90 %, not 99.900 %.
  const decimals = fromEnd < 5e-6 ? 0 : fromEnd < 0.0995 ? 3 : fromEnd < 0.995 ? 2 : 1;
  return `${value.toFixed(decimals)} %`;
}

/** A ratio as percent in three digits and no more than it needs: a figure the reader set, or a rough one. */
export function roundPercent(ratio: Figure): string {
  if (ratio === null || ratio === undefined || !Number.isFinite(ratio)) return missing;
  return `${Number((ratio * 100).toPrecision(3))} %`;
}

/** A plain count. */
export function count(value: Figure): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return missing;
  return value.toLocaleString("en-US", { maximumFractionDigits: 0 });
}

/** `1 area`, `12 areas`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** Time of day in UTC with seconds: the clock of the mesh, not of the reader. */
export function timeOfDay(epochMs: number): string {
  return Number.isFinite(epochMs) ? new Date(epochMs).toISOString().slice(11, 19) : missing;
}

/** US dollars of any size, down to millionths: a single answer costs less than a cent. */
export function smallUsd(value: Figure): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return missing;
  return value > 0 && value < 1e-6 ? "< $0.000001" : usd(value);
}

/** Money as the ledger keeps it, in billionths of a US dollar. */
export const nanoUsd = (value: Figure): string => smallUsd(value === null || value === undefined ? value : value / 1e9);

/** A large count in three digits: `12.3M`. */
export function shortCount(value: Figure): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return missing;
  return value.toLocaleString("en-US", { notation: "compact", maximumSignificantDigits: 3 });
}
