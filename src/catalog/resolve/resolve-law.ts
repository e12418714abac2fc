import { blocs } from "../fact/country-sets.ts";
import { countryCodes, isCountry } from "../fact/countries.ts";
import { allowedFrom, jurisdictionOf, residencyOf } from "../fact/jurisdictions.ts";
import { dataClasses } from "../fact/residency-rules.ts";
import type { Resolution, ScenarioPath } from "./resolution.ts";
import { checkCountry, unknownName } from "./resolve-reference.ts";
import type { Workload } from "../world/world-demand.ts";
import type { Jurisdiction, ResidencyRule } from "../world/world-places.ts";
import { catalogVersion } from "../fact/version.ts";

/** Countries a list of codes and group names stands for. */
function expandGroups(
  resolution: Resolution,
  path: ScenarioPath,
  names: readonly string[] | "*",
): readonly string[] | "*" {
  if (names === "*") return "*";
  const countries: string[] = [];
  for (const [index, name] of names.entries()) {
    if (Object.hasOwn(blocs, name)) countries.push(...blocs[name]!);
    else if (isCountry(name)) countries.push(name);
    else unknownName(resolution, [...path, index], "country or group", name, [...Object.keys(blocs), ...countryCodes]);
  }
  return countries;
}

/** Rules of the scenario by `origin class`. */
function ownRules(resolution: Resolution): ReadonlyMap<string, ResidencyRule> {
  const rules = new Map<string, ResidencyRule>();
  for (const [index, entry] of resolution.scenario.laws.residency.entries()) {
    const path: ScenarioPath = ["laws", "residency", index];
    const allowed = expandGroups(resolution, [...path, "allowed"], entry.allowed);
    for (const [position, origin] of entry.origins.entries()) {
      if (!checkCountry(resolution, [...path, "origins", position], origin)) continue;
      const key = `${origin} ${entry.dataClass}`;
      if (rules.has(key)) {
        const message = `there are two rules for ${entry.dataClass} data from ${origin}`;
        resolution.error("DSP_SCENARIO_CONFLICT", [...path, "origins", position], message, "keep one of them");
      }
      const { dataClass, law } = entry;
      // A rule the user wrote holds from the catalogue's day on: it is theirs, not a dated statute.
      rules.set(key, { dataClass, allowed: allowedFrom(origin, allowed), law, asOf: catalogVersion });
    }
  }
  return rules;
}

function checkDataClasses(
  resolution: Resolution,
  workloads: readonly Workload[],
  own: ReadonlyMap<string, unknown>,
): void {
  const known = new Set<string>([...dataClasses, ...[...own.keys()].map((key) => key.slice(key.indexOf(" ") + 1))]);
  for (const { id, dataClass } of workloads) {
    if (known.has(dataClass)) continue;
    const message = `no rule is known for ${dataClass} data, so it stays in its country`;
    const hint = `the catalogue knows ${dataClasses.join(", ")}; add rules under \`laws.residency\``;
    resolution.warn("DSP_SCENARIO_UNKNOWN_REFERENCE", ["workloads", id, "dataClass"], message, hint);
  }
}

/** The law of every country that holds a site or an area, for the data classes in use, by country code. */
export function resolveJurisdictions(
  resolution: Resolution,
  countries: Iterable<string>,
  workloads: readonly Workload[],
): readonly Jurisdiction[] {
  const { exportLicences, exportControl } = resolution.scenario.laws;
  for (const [index, country] of exportLicences.entries()) {
    checkCountry(resolution, ["laws", "exportLicences", index], country);
  }
  for (const country of Object.keys(exportControl))
    checkCountry(resolution, ["laws", "exportControl", country], country);
  const own = ownRules(resolution);
  checkDataClasses(resolution, workloads, own);
  const classes = [...new Set(workloads.map((workload) => workload.dataClass))].toSorted();
  return [...new Set(countries)].toSorted().map((country) => {
    const known = jurisdictionOf(country);
    const control = exportLicences.includes(country) ? "open" : (exportControl[country] ?? known.exportControl);
    return {
      country,
      continent: known.continent,
      residency: classes.map((dataClass) => own.get(`${country} ${dataClass}`) ?? residencyOf(country, dataClass)),
      exportControl: control,
      exportThreshold: control === known.exportControl ? known.exportThreshold : null,
    };
  });
}
