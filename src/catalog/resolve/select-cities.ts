import { nearest, type AreaEntry } from "../../scenario/index.ts";
import { otherNames } from "../fact/city-names.ts";
import { continentOf } from "../fact/countries.ts";
import { slug } from "../fact/metros.ts";
import type { City } from "../fact/places.ts";
import type { Resolution, ScenarioPath } from "./resolution.ts";
import { checkCountry } from "./resolve-reference.ts";

/** Which cities to take; the same selector serves areas and sites. */
export type CitySelector = Extract<AreaEntry, { form: "select" }>["select"]["cities"];

/** What is common to selectors over places. */
interface PlaceSelector {
  readonly countries: readonly string[] | "*";
  readonly continents: readonly string[] | "*";
  readonly exclude: readonly string[];
  readonly limit: number | null;
}

interface NamedPlace {
  readonly id: string;
  readonly name: string;
  readonly country: string;
}

/** Key under which names are compared: letter case, accents and punctuation do not count. */
const nameKey = slug;

/**
 * Places a selector takes, in the order of `candidates`. Reports unknown countries, exclusions that exclude nothing, and
 * an empty result.
 */
export function selectPlaces<P extends NamedPlace>(
  resolution: Resolution,
  path: ScenarioPath,
  selector: PlaceSelector,
  candidates: readonly P[],
): readonly P[] {
  const { countries, continents } = selector;
  let known = true;
  if (countries !== "*") {
    for (const [index, country] of countries.entries()) {
      known = checkCountry(resolution, [...path, "countries", index], country) && known;
    }
  }
  const excluded = new Map(selector.exclude.map((name, index) => [nameKey(name), index]));
  const unused = new Set(excluded.keys());
  const chosen: P[] = [];
  for (const place of candidates) {
    if (countries !== "*" && !countries.includes(place.country)) continue;
    if (continents !== "*" && !continents.includes(continentOf(place.country))) continue;
    const key = [place.id, nameKey(place.name), ...otherNames(place)].find((name) => excluded.has(name));
    if (key !== undefined) {
      unused.delete(key);
      continue;
    }
    if (selector.limit !== null && chosen.length >= selector.limit) break;
    chosen.push(place);
  }
  for (const key of unused) {
    const index = excluded.get(key)!;
    const written = selector.exclude[index]!;
    const near = nearest(
      key,
      chosen.map((place) => nameKey(place.name)),
    );
    const hint = near ? `did you mean \`${near}\`?` : "remove it";
    const message = `\`${written}\` is not among the places that are selected, so nothing is left out`;
    resolution.warn("DSP_SCENARIO_UNKNOWN_REFERENCE", [...path, "exclude", index], message, hint);
  }
  if (chosen.length === 0 && known) {
    const hint = "loosen `countries`, `continents`, `populationAbove` or `exclude`";
    resolution.error("DSP_SCENARIO_NOTHING_SELECTED", path, "no place meets this selection", hint);
  }
  return chosen;
}

/** Cities a selector takes, largest first; a city of exactly `populationAbove` inhabitants is taken. */
export function selectCities(resolution: Resolution, path: ScenarioPath, selector: CitySelector): readonly City[] {
  const cities = resolution.places.cities({ populationAtLeast: selector.populationAbove });
  return selectPlaces(resolution, path, selector, cities);
}

/** The largest city of a country with a name (or the city with an id); null after reporting when there is none. */
export function findCity(resolution: Resolution, path: ScenarioPath, country: string, written: string): City | null {
  const key = nameKey(written);
  const found = resolution.cityNamed(country, key);
  if (found) return found;
  const inCountry = resolution.citiesOf(country);
  // A name often stands for the start of the official one: "Frankfurt" for "Frankfurt am Main".
  const longer = inCountry.find((city) => nameKey(city.name).startsWith(`${key}-`));
  const nameOf = new Map(inCountry.slice(0, 2_000).map((city) => [nameKey(city.name), city.name]));
  const alike = nearest(key, [...nameOf.keys()]);
  const near = longer?.name ?? nameOf.get(alike ?? "");
  const hint = near
    ? `did you mean \`${near}\`? Or give \`latitude\` and \`longitude\``
    : "give `latitude` and `longitude`";
  resolution.error("DSP_SCENARIO_UNKNOWN_REFERENCE", path, `there is no city \`${written}\` in ${country}`, hint);
  return null;
}
