import type { NetworkModel } from "../world/world-places.ts";

/**
 * Round-trip time against great-circle distance, from ping measurements between servers in 243 cities (source
 * `wondernetwork`; confidence of every coefficient: measured, own fit).
 *
 * Per relation the median absolute error of ln(RTT) was minimised with each distance band (100, 200, 500, 1k, 2k, 4k, 8k,
 * 12k km) weighted alike, because most measured pairs are intercontinental and an unweighted fit would be wrong at the
 * distances an edge lives from. Median error 20 % (same country), 25 % (same continent), 15 % (between continents);
 * 14,714 pairs. The spread is (p90 − p10) / 2.563 of ln(measured / fitted) per band; between cities within 100 km only
 * 22 pairs were measured, so the first two points are weak.
 */
export const networkModel: NetworkModel = {
  sameCountry: { scaleMs: 0.442, exponent: 0.61 },
  sameContinent: { scaleMs: 0.229, exponent: 0.741 },
  betweenContinents: { scaleMs: 0.123, exponent: 0.793 },
  floorMs: 0.5,
  spread: [
    { km: 0, sigma: 0.55 },
    { km: 400, sigma: 0.55 },
    { km: 750, sigma: 0.44 },
    { km: 1450, sigma: 0.34 },
    { km: 2900, sigma: 0.31 },
    { km: 6500, sigma: 0.26 },
    { km: 9300, sigma: 0.21 },
    { km: 14_000, sigma: 0.16 },
  ],
};
