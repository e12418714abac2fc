import type { Resolution, ScenarioPath } from "./resolution.ts";

/** Nobody lives farther than this from every city of a country, but on a few islands and in deserts. */
const remoteKm = 300;
const earthRadiusKm = 6371;

/**
 * Coordinates that can hardly lie in the stated country: its law and its prices would be applied somewhere else. Signs lost,
 * latitude and longitude swapped, or another country's code. All are warnings.
 */
export function checkPlaces(resolution: Resolution): void {
  for (const [list, entries] of [
    ["sites", resolution.scenario.sites],
    ["areas", resolution.scenario.areas],
  ] as const) {
    for (const [index, entry] of entries.entries()) {
      if (entry.form !== "inline" || entry.latitude === null || entry.longitude === null) continue;
      const { id, country, latitude, longitude } = entry;
      checkPlace(resolution, [list, index, "latitude"], id, country, { latitude, longitude });
    }
  }
}

interface Coordinates {
  readonly latitude: number;
  readonly longitude: number;
}

function checkPlace(resolution: Resolution, path: ScenarioPath, id: string, country: string, at: Coordinates): void {
  const cities = resolution.citiesOf(country);
  const [first] = cities;
  if (first === undefined || cities.some((city) => roughlyKm(at, city) <= remoteKm)) return;
  let nearest = first;
  for (const city of cities) if (roughlyKm(at, city) < roughlyKm(at, nearest)) nearest = city;
  const swapped = { latitude: at.longitude, longitude: at.latitude };
  const guesses: readonly (readonly [string, Coordinates])[] = [
    ["latitude and longitude look swapped", swapped],
    ["a minus sign of the longitude looks lost or added", { ...at, longitude: -at.longitude }],
    ["a minus sign of the latitude looks lost or added", { ...at, latitude: -at.latitude }],
  ];
  const guess = guesses.find(([, place]) => cities.some((city) => roughlyKm(place, city) <= remoteKm));
  const km = Math.round(roughlyKm(at, nearest) / 10) * 10;
  const where = `${at.latitude}, ${at.longitude}`;
  const message = `\`${id}\` at ${where} lies about ${km} km from ${nearest.name}, the nearest city of ${country}, whose law and prices it gets`;
  const hint = guess === undefined ? "check the coordinates and the country" : `${guess[0]}: check the coordinates`;
  resolution.warn("DSP_SCENARIO_OUT_OF_RANGE", path, message, hint);
}

/** On a sphere, by the chord between two points, which holds at the poles and across the date line too. */
function roughlyKm(a: Coordinates, b: Coordinates): number {
  const [p, q] = [onSphere(a), onSphere(b)];
  const chord = Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
  return 2 * earthRadiusKm * Math.asin(Math.min(1, chord / 2));
}

function onSphere({ latitude, longitude }: Coordinates): readonly [number, number, number] {
  const [north, east] = [(latitude * Math.PI) / 180, (longitude * Math.PI) / 180];
  return [Math.cos(north) * Math.cos(east), Math.cos(north) * Math.sin(east), Math.sin(north)];
}
