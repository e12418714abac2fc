import { isAskedFor, slug, type City, type CityQuestion, type Places } from "../../catalog/index.ts";
import { readGeonames, type GeonamesRecord } from "./geonames-records.ts";

/**
 * Records as cities with ids, largest first. An id depends on the larger places of the same name in the same country
 * alone, so the answer to a question about a country or about large places needs no others.
 */
function citiesOf(records: readonly GeonamesRecord[]): readonly City[] {
  const sorted = records.toSorted((a, b) => b.population - a.population || a.cityId - b.cityId);
  const taken = new Set<string>();
  return sorted.map((record) => {
    const plain = `${slug(record.name) || "place"}-${record.country.toLowerCase()}`;
    // The largest of several places with one name keeps the plain id; the others carry their GeoNames number.
    const id = taken.has(plain) ? `${plain}-${record.cityId}` : plain;
    taken.add(id);
    return {
      id,
      name: record.name,
      country: record.country,
      latitude: record.latitude,
      longitude: record.longitude,
      population: record.population,
    };
  });
}

/** Nothing changes an installed package while a process runs, so each question is answered once. */
const answers = new Map<string, readonly City[]>();

function ask(question: CityQuestion = {}): readonly City[] {
  const key = `${question.country ?? "*"} ${question.populationAtLeast ?? 0}`;
  const known = answers.get(key);
  if (known !== undefined) return known;
  const answer = citiesOf(readGeonames((place) => isAskedFor(place, question)));
  answers.set(key, answer);
  return answer;
}

/** Gazetteer over GeoNames: about 135,000 places with 1,000 inhabitants or more. */
export function geonamesPlaces(): Places {
  return { cities: ask };
}
