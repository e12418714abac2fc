import type { Resolution } from "./resolution.ts";
import { checkCountry } from "./resolve-reference.ts";

/** Prices by country: every country is known and stands there once. */
export function checkCountryPrices(resolution: Resolution): void {
  const seen = new Set<string>();
  for (const [index, { country }] of resolution.scenario.countryPrices.entries()) {
    const path = ["countryPrices", index, "country"];
    if (!checkCountry(resolution, path, country)) continue;
    if (seen.has(country)) {
      const message = `the prices of ${country} are given twice`;
      resolution.error("DSP_SCENARIO_DUPLICATE_ID", path, message, "keep one of them");
    }
    seen.add(country);
  }
}
