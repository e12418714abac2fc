import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { networkModel } from "../catalog/index.ts";
import {
  distanceKm,
  meanMs,
  normalQuantile,
  probabilityWithin,
  quantileMs,
  sampleMs,
  userRtt,
  wideAreaRtt,
  type LatencyDistribution,
} from "./index.ts";

const distribution: fc.Arbitrary<LatencyDistribution> = fc.record({
  medianMs: fc.double({ min: 0.1, max: 400, noNaN: true }),
  sigma: fc.double({ min: 0, max: 1.2, noNaN: true }),
});
const relation = fc.constantFrom("sameCountry", "sameContinent", "betweenContinents" as const);
const km = fc.double({ min: 0, max: 20_000, noNaN: true });
const share = fc.double({ min: 0.5, max: 0.99, noNaN: true });

describe("distance", () => {
  it("knows Paris to New York and half the Earth", () => {
    const paris = { latitude: 48.8566, longitude: 2.3522 };
    expect(distanceKm(paris, { latitude: 40.7128, longitude: -74.006 })).toBeCloseTo(5837, -1);
    expect(distanceKm({ latitude: 0, longitude: 0 }, { latitude: 0, longitude: 180 })).toBeCloseTo(20_015, 0);
    expect(distanceKm(paris, paris)).toBe(0);
  });
});

describe("wide-area round trip", () => {
  it("never gets shorter with distance, at the median and at the quantiles objectives use", () => {
    fc.assert(
      fc.property(relation, km, km, share, (kind, a, b, p) => {
        const [near, far] = a < b ? [a, b] : [b, a];
        const closer = quantileMs(wideAreaRtt(networkModel, near, kind), p);
        expect(quantileMs(wideAreaRtt(networkModel, far, kind), p)).toBeGreaterThanOrEqual(closer * (1 - 1e-9));
      }),
    );
  });

  it("is never faster across a border than within one", () => {
    fc.assert(
      fc.property(relation, km, (kind, distance) => {
        const domestic = wideAreaRtt(networkModel, distance, "sameCountry").medianMs;
        expect(wideAreaRtt(networkModel, distance, kind).medianMs).toBeGreaterThanOrEqual(domestic);
      }),
    );
  });

  it("stays above the time light takes in fibre", () => {
    // 1 ms of round trip per 100 km of glass.
    for (const distance of [50, 200, 1000, 5000, 15_000]) {
      expect(wideAreaRtt(networkModel, distance, "betweenContinents").medianMs).toBeGreaterThan(distance / 100);
    }
  });
});

describe("round trip of a user", () => {
  it("keeps the mean and the variance of the sum", () => {
    fc.assert(
      fc.property(distribution, distribution, (wan, access) => {
        const sum = userRtt(wan, access);
        const variance = (d: LatencyDistribution) => meanMs(d) ** 2 * Math.expm1(d.sigma ** 2);
        expect(meanMs(sum)).toBeCloseTo(meanMs(wan) + meanMs(access), 6);
        const expected = variance(wan) + variance(access);
        expect(Math.abs(variance(sum) - expected)).toBeLessThan(1e-6 * (1 + expected));
      }),
    );
  });

  it("is the other part when one takes no time", () => {
    const access = { medianMs: 7, sigma: 0.4 };
    const sum = userRtt({ medianMs: 0, sigma: 0 }, access);
    expect(sum.medianMs).toBeCloseTo(7, 9);
    expect(sum.sigma).toBeCloseTo(0.4, 9);
    expect(userRtt({ medianMs: 0, sigma: 0 }, { medianMs: 0, sigma: 0 })).toEqual({ medianMs: 0, sigma: 0 });
  });

  it("gives quantiles within 6 % of a sampled sum", () => {
    const wan = { medianMs: 9, sigma: 0.55 };
    const access = { medianMs: 6, sigma: 0.4 };
    const sum = userRtt(wan, access);
    // A grid of quantile pairs stands for independent draws without randomness.
    const grid = Array.from({ length: 300 }, (_, i) => normalQuantile((i + 0.5) / 300));
    const sums = grid.flatMap((x) => grid.map((y) => sampleMs(wan, x) + sampleMs(access, y))).toSorted((a, b) => a - b);
    for (const p of [0.5, 0.9, 0.95, 0.99]) {
      const sampled = sums[Math.floor(p * sums.length)]!;
      expect(Math.abs(quantileMs(sum, p) / sampled - 1)).toBeLessThan(0.06);
    }
  });

  it("has a share within a budget that is the inverse of the quantile and rises with the budget", () => {
    fc.assert(
      fc.property(distribution, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (d, p) => {
        if (d.sigma > 0.01) expect(probabilityWithin(d, quantileMs(d, p))).toBeCloseTo(p, 6);
        expect(probabilityWithin(d, 50)).toBeLessThanOrEqual(probabilityWithin(d, 60));
        expect(probabilityWithin(d, 0)).toBe(0);
        expect(probabilityWithin(d, -3)).toBe(0);
      }),
    );
  });
});
