import { describe, expect, it } from "vitest";
import { geonamesPlaces } from "../../adapters/places-geonames/index.ts";
import { citiesOfSeveralNames, gazetteerName, otherNames } from "./city-names.ts";
import { slug } from "./metros.ts";

describe("cities of several names", () => {
  it("are in the gazetteer under the first one, as large cities, and under none of the others", () => {
    const cities = geonamesPlaces().cities({ populationAtLeast: 15_000 });
    const named = new Map(cities.toReversed().map((city) => [`${city.country} ${slug(city.name)}`, city]));
    for (const { country, name, others } of citiesOfSeveralNames) {
      expect(named.get(`${country} ${slug(name)}`)?.population, name).toBeGreaterThan(90_000);
      for (const other of others) expect(named.has(`${country} ${slug(other)}`), other).toBe(false);
    }
  });

  it("are found by the others in their country alone", () => {
    expect(gazetteerName("DE", slug("Köln"))).toBeUndefined();
    expect(gazetteerName("DE", slug("COLOGNE"))).toBe("koln");
    expect(gazetteerName("FR", "cologne")).toBeUndefined();
    expect(otherNames({ country: "AT", name: "Vienna" })).toEqual(["wien"]);
  });
});
