import { problem, type ErrorCode, type ParsedScenario, type Problem } from "../scenario/index.ts";
import { slug } from "./metros.ts";
import type { City, Places } from "./places.ts";

/** Steps into a scenario, for example `["sites", 3, "powerLimit"]`. */
export type ScenarioPath = readonly (string | number)[];

/** What resolving needs of a parsed scenario. */
export type LocatedScenario = Pick<ParsedScenario, "scenario" | "locate">;

/** What every part of resolving shares: the input, the gazetteer, and the problems found so far. */
export interface Resolution extends LocatedScenario {
  readonly places: Places;
  /** Cities of a country, largest first. */
  citiesOf(country: string): readonly City[];
  /** The largest city of a country with this name or id, both as slugs; undefined when there is none. */
  cityNamed(country: string, key: string): City | undefined;
  readonly periodCount: number;
  error(code: ErrorCode, path: ScenarioPath, message: string, hint: string): void;
  warn(code: ErrorCode, path: ScenarioPath, message: string, hint: string): void;
  readonly problems: readonly Problem[];
}

export function startResolution(located: LocatedScenario, places: Places): Resolution {
  const problems: Problem[] = [];
  const add =
    (severity: Problem["severity"]) =>
    (code: ErrorCode, path: ScenarioPath, message: string, hint: string): void => {
      problems.push(problem(code, located.locate(path), message, hint, severity));
    };
  const index = cityIndex(places);
  return {
    scenario: located.scenario,
    locate: (path) => located.locate(path),
    places,
    citiesOf: (country) => index(country).cities,
    cityNamed: (country, key) => index(country).byName.get(key),
    periodCount: located.scenario.horizon.periods,
    problems,
    error: add("error"),
    warn: add("warning"),
  };
}

interface CountryCities {
  readonly cities: readonly City[];
  /** By id and by name; among cities of one name the largest, and an id before a name. */
  readonly byName: ReadonlyMap<string, City>;
}

/** Cities by country, made when a country is first asked for: a file may name thousands of them. */
function cityIndex(places: Places): (country: string) => CountryCities {
  const countries = new Map<string, CountryCities>();
  return (country) => {
    const made = countries.get(country);
    if (made !== undefined) return made;
    const cities = places.cities({ country });
    const byName = new Map<string, City>();
    for (const city of cities.toReversed()) byName.set(slug(city.name), city);
    for (const city of cities) byName.set(city.id, city);
    const fresh = { cities, byName };
    countries.set(country, fresh);
    return fresh;
  };
}
