import type { NetworkModel } from "../catalog/index.ts";
import { normalCdf, normalQuantile } from "./normal.ts";

/**
 * A lognormal round-trip time. The spread is over paths: two users equally far away do not share their route, and the
 * model knows only the distance.
 */
export interface LatencyDistribution {
  readonly medianMs: number;
  /** Standard deviation of ln(RTT); 0 = always the median. */
  readonly sigma: number;
}

/** How two places relate; borders add detours that distance does not show. */
export type Relation = "sameCountry" | "sameContinent" | "betweenContinents";

/**
 * Round trip between two places `km` apart, ms: median `scaleMs × km^exponent + floorMs`, spread by distance.
 *
 * A constant factor over the speed of light would be wrong where the edge lives: measured inflation is 7 at 100 km and
 * below 2 beyond 4,000 km. Few measured pairs lie close together across a border, so the fits of the two outer
 * relations fall below the domestic one there; crossing a border is never taken to be faster than not crossing it.
 */
export function wideAreaRtt(model: NetworkModel, km: number, relation: Relation): LatencyDistribution {
  const distance = Math.max(0, km);
  const domestic = model.sameCountry.scaleMs * distance ** model.sameCountry.exponent;
  const own = model[relation].scaleMs * distance ** model[relation].exponent;
  return { medianMs: Math.max(domestic, own) + model.floorMs, sigma: spreadAt(model.spread, distance) };
}

function spreadAt(spread: NetworkModel["spread"], km: number): number {
  let previous = spread[0];
  if (previous === undefined) return 0;
  for (const point of spread) {
    if (km <= point.km) {
      const width = point.km - previous.km;
      return width > 0 ? previous.sigma + ((km - previous.km) / width) * (point.sigma - previous.sigma) : point.sigma;
    }
    previous = point;
  }
  return previous.sigma;
}

/**
 * Round trip of a user: the wide area plus the last mile. The sum of two lognormals is taken as the lognormal of the same
 * mean and variance (Fenton 1960, Wilkinson), which is exact when one of them vanishes and errs by a few per cent in
 * the quantiles between 0.5 and 0.99 at the spreads used here.
 */
export function userRtt(wan: LatencyDistribution, access: LatencyDistribution): LatencyDistribution {
  const wanMean = meanMs(wan);
  const accessMean = meanMs(access);
  const mean = wanMean + accessMean;
  if (!(mean > 0)) return { medianMs: 0, sigma: 0 };
  const variance = wanMean ** 2 * Math.expm1(wan.sigma ** 2) + accessMean ** 2 * Math.expm1(access.sigma ** 2);
  const squared = Math.log1p(variance / mean ** 2);
  return { medianMs: mean * Math.exp(-squared / 2), sigma: Math.sqrt(squared) };
}

/** Mean of the distribution, ms; above the median because the tail is long. */
export function meanMs(d: LatencyDistribution): number {
  return d.medianMs * Math.exp(d.sigma ** 2 / 2);
}

/** The time that a share `p` of round trips stays within, ms; `p` strictly between 0 and 1. */
export function quantileMs(d: LatencyDistribution, p: number): number {
  return d.sigma > 0 ? sampleMs(d, normalQuantile(p)) : d.medianMs;
}

/** Share of round trips that take at most `ms`; 0 for a budget that is not positive. */
export function probabilityWithin(d: LatencyDistribution, ms: number): number {
  if (!(ms > 0)) return 0;
  if (!(d.sigma > 0) || !(d.medianMs > 0)) return d.medianMs <= ms ? 1 : 0;
  return normalCdf(Math.log(ms / d.medianMs) / d.sigma);
}

/** One round trip, ms, from a standard normal deviate that the caller draws. */
export function sampleMs(d: LatencyDistribution, standardNormal: number): number {
  return d.medianMs * Math.exp(d.sigma * standardNormal);
}
