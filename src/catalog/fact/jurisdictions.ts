import { continentOf, countryCodes } from "./countries.ts";
import { unitedStates } from "./country-sets.ts";
import { exportRules, openRule } from "./export-rules.ts";
import { dataClasses, residencyLaws, usCountriesOfConcern, type LawRow } from "./residency-rules.ts";
import type { Jurisdiction, ResidencyRule } from "../world/world-places.ts";

/** Destinations of a rule, origin first, without doubles, in a fixed order. */
export function allowedFrom(origin: string, allowed: readonly string[] | "*"): readonly string[] | "*" {
  if (allowed === "*") return "*";
  return [origin, ...[...new Set(allowed)].filter((country) => country !== origin).toSorted()];
}

/** The law on a class of data in a country; undefined when the catalogue knows none. */
export function lawOn(origin: string, dataClass: string): LawRow | undefined {
  return residencyLaws.findLast(
    (row) => row.origins.includes(origin) && (row.classes as readonly string[]).includes(dataClass),
  );
}

function destinations(origin: string, row: LawRow): readonly string[] | "*" {
  // "Anywhere but a few" is written out, because a rule's list says where data may go and never where it may not.
  if (unitedStates.includes(origin) && row.allowed === "*") {
    return allowedFrom(
      origin,
      countryCodes.filter((country) => !usCountriesOfConcern.includes(country)),
    );
  }
  return allowedFrom(origin, row.allowed);
}

/**
 * Rule of a country for a class of data. Public data may go anywhere; a class without a known law stays in the country.
 */
export function residencyOf(origin: string, dataClass: string): ResidencyRule {
  if (dataClass === "public") {
    return { dataClass, allowed: "*", law: "public data is not restricted", asOf: "2026-01-31" };
  }
  const row = lawOn(origin, dataClass);
  if (!row) return { dataClass, allowed: [origin], law: "no rule known, so data stays", asOf: "2026-01-31" };
  return { dataClass, allowed: destinations(origin, row), law: row.law, asOf: row.date };
}

/** Everything the catalogue knows about the law of a country. */
export function jurisdictionOf(country: string): Jurisdiction {
  const rule = exportRules[country] ?? openRule;
  return {
    country,
    continent: continentOf(country),
    residency: dataClasses.map((dataClass) => residencyOf(country, dataClass)),
    exportControl: rule.control,
    exportThreshold: rule.threshold && {
      totalProcessingPerformance: rule.threshold.totalProcessingPerformance.value,
      dramGBps: rule.threshold.dramGBps.value,
    },
  };
}

/** Countries for which at least one law is recorded. */
export function countriesWithLaw(): readonly string[] {
  return [...new Set(residencyLaws.flatMap((row) => row.origins))].toSorted();
}
