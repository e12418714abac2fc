import { problem, type ErrorCode, type ParsedScenario, type Problem } from "../../scenario/index.ts";
import { gazetteerName } from "../fact/city-names.ts";
import { slug } from "../fact/metros.ts";
import type { City, Places } from "../fact/places.ts";

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
  return {
    scenario: located.scenario,
    locate: (path) => located.locate(path),
    places,
    citiesOf: (country) => places.cities({ country }),
    cityNamed: cityFinder(places),
    periodCount: located.scenario.horizon.periods,
    problems,
    error: add("error"),
    warn: add("warning"),
  };
}

/** Most cities that a file names have as many inhabitants; a country has ten times as many smaller places. */
const wellKnownInhabitants = 15_000;

/**
 * Finds cities by id or name: among cities of one name the largest, and an id before a name. An index is made when a
 * country is first asked for, of its larger cities first: a file may name thousands of them.
 */
function cityFinder(places: Places): (country: string, key: string) => City | undefined {
  const indexes = new Map<string, { readonly byId: Map<string, City>; readonly byName: Map<string, City> }>();
  const index = (country: string, populationAtLeast: number) => {
    const key = `${country} ${populationAtLeast}`;
    const made = indexes.get(key);
    if (made !== undefined) return made;
    const cities = places.cities({ country, populationAtLeast });
    const fresh = { byId: new Map<string, City>(), byName: new Map<string, City>() };
    for (const city of cities.toReversed()) {
      fresh.byId.set(city.id, city);
      fresh.byName.set(slug(city.name), city);
    }
    indexes.set(key, fresh);
    return fresh;
  };
  return (country, key) => {
    const larger = index(country, wellKnownInhabitants);
    // A name that looks like an id gives way to a smaller place's id.
    const named = key.includes(`-${country.toLowerCase()}`) ? undefined : larger.byName.get(key);
    const found = larger.byId.get(key) ?? named;
    if (found !== undefined) return found;
    const all = index(country, 0);
    const official = gazetteerName(country, key);
    // A place that has this very name comes first.
    return (
      all.byId.get(key) ?? all.byName.get(key) ?? (official === undefined ? undefined : larger.byName.get(official))
    );
  };
}
