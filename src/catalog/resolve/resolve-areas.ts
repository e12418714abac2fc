import type { Resolution, ScenarioPath } from "./resolution.ts";
import { checkCountry } from "./resolve-reference.ts";
import { findCity, selectCities } from "./select-cities.ts";
import type { Area } from "../world/world-places.ts";

/** Solar offset of a longitude, hours: 15 degrees are one hour. Never minus zero. */
function solarOffsetHours(longitude: number): number {
  return Math.round(longitude / 15) || 0;
}

/**
 * Areas one by one and from selectors. A city two selectors take counts once; a written area with a selected city's id is an error.
 */
export function resolveAreas(resolution: Resolution): readonly Area[] {
  const areas: Area[] = [];
  const taken = new Set<string>();
  for (const [index, entry] of resolution.scenario.areas.entries()) {
    const path: ScenarioPath = ["areas", index];
    if (entry.form === "select") {
      let doubles = 0;
      for (const city of selectCities(resolution, [...path, "select", "cities"], entry.select.cities)) {
        if (taken.has(city.id)) {
          doubles++;
          continue;
        }
        taken.add(city.id);
        areas.push({ ...city, utcOffsetHours: solarOffsetHours(city.longitude) });
      }
      if (doubles > 0) {
        const message = `${doubles} of the selected cities are areas already; each counts once`;
        resolution.warn("DSP_SCENARIO_DUPLICATE_ID", path, message, "narrow one of the selections");
      }
      continue;
    }
    if (taken.has(entry.id)) {
      const message = `\`${entry.id}\` is the id of a selected city already`;
      resolution.error("DSP_SCENARIO_DUPLICATE_ID", [...path, "id"], message, "give the area another id");
      continue;
    }
    taken.add(entry.id);
    if (!checkCountry(resolution, [...path, "country"], entry.country)) continue;
    const city = entry.city === null ? null : findCity(resolution, [...path, "city"], entry.country, entry.city);
    const place = entry.latitude !== null && entry.longitude !== null ? entry : city;
    const population = entry.population ?? city?.population ?? null;
    // An area without a place or without inhabitants is refused when the scenario is parsed, an unknown city just above.
    if (place?.latitude == null || place.longitude == null || population === null) continue;
    if (population === 0) {
      const message = `the area \`${entry.id}\` has no inhabitants, so demand by population gives it none`;
      resolution.warn(
        "DSP_SCENARIO_OUT_OF_RANGE",
        [...path, "population"],
        message,
        "state its inhabitants, or remove it",
      );
    }
    areas.push({
      id: entry.id,
      name: entry.name ?? city?.name ?? entry.id,
      country: entry.country,
      latitude: place.latitude,
      longitude: place.longitude,
      population,
      utcOffsetHours: entry.utcOffset ?? solarOffsetHours(place.longitude),
    });
  }
  return areas;
}
