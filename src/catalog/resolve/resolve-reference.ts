import { nearest } from "../../scenario/index.ts";
import { countryCodes, isCountry } from "../fact/countries.ts";
import type { Resolution, ScenarioPath } from "./resolution.ts";

/** Hint with the nearest known name, or with the first few known ones when nothing is near. */
function didYouMean(written: string, known: readonly string[]): string {
  const best = nearest(written, known);
  if (best !== null) return `did you mean \`${best}\`?`;
  const few = known.slice(0, 8).map((name) => `\`${name}\``);
  return known.length > few.length ? `known are ${few.join(", ")} and more` : `known are ${few.join(", ")}`;
}

/** Reports a name that refers to nothing. */
export function unknownName(
  resolution: Resolution,
  path: ScenarioPath,
  what: string,
  written: string,
  known: readonly string[],
): void {
  resolution.error(
    "DSP_SCENARIO_UNKNOWN_REFERENCE",
    path,
    `there is no ${what} \`${written}\``,
    didYouMean(written, known),
  );
}

/** Codes in use elsewhere that ISO 3166-1 does not have; the nearest by spelling would be another country. */
const otherCodes: Readonly<Record<string, string>> = { UK: "GB", EL: "GR", SP: "ES", SW: "SE" };

/** Whether a country code exists; reports it when not. */
export function checkCountry(resolution: Resolution, path: ScenarioPath, country: string): boolean {
  if (isCountry(country)) return true;
  const meant = otherCodes[country];
  const hint = meant === undefined ? didYouMean(country, countryCodes) : `write \`${meant}\` (ISO 3166-1)`;
  resolution.error("DSP_SCENARIO_UNKNOWN_REFERENCE", path, `there is no country \`${country}\``, hint);
  return false;
}
