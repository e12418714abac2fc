/** Mean radius of the Earth, km. Source: IUGG, 1980 (R1 of the GRS 80 ellipsoid). */
const earthRadiusKm = 6371.0088;

/** A place on Earth, degrees. */
export interface Coordinates {
  readonly latitude: number;
  readonly longitude: number;
}

/** Great-circle distance, km, by the haversine formula, which stays exact for places a few metres apart. */
export function distanceKm(a: Coordinates, b: Coordinates): number {
  const radians = Math.PI / 180;
  const latitude = Math.sin(((b.latitude - a.latitude) * radians) / 2);
  const longitude = Math.sin(((b.longitude - a.longitude) * radians) / 2);
  const chord =
    latitude * latitude + Math.cos(a.latitude * radians) * Math.cos(b.latitude * radians) * longitude * longitude;
  return 2 * earthRadiusKm * Math.asin(Math.min(1, Math.sqrt(chord)));
}
