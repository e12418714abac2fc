import { describe, expect, it } from "vitest";
import { testArea, tinyWorld } from "../../../test/worlds/tiny-world.ts";
import { clientArrivals } from "./arrivals-clients.ts";
import { PoissonArrivals } from "./arrivals-poisson.ts";
import type { Arrivals } from "./arrivals.ts";
import { demandRate, type DemandLevel } from "../chance/demand-rate.ts";

const hourMs = 3_600_000;

const world = tinyWorld({
  areas: [testArea({ id: "east", utcOffsetHours: 9 }), testArea({ id: "west", utcOffsetHours: -5 })],
  demand: [0, 1].map((area) => ({ area, workload: 0, access: 0, peakPerS: [2], meanPerS: [0.8] })),
});

const rateAt = (level: DemandLevel) => demandRate(world, 0, { level, rateFactor: 1, startHourUtc: 0 });

function collect(arrivals: Arrivals) {
  const timesMs: number[] = [];
  const perRow = [0, 0];
  let isSensible = true;
  for (; arrivals.nextMs < Number.POSITIVE_INFINITY; arrivals.step()) {
    timesMs.push(arrivals.nextMs);
    perRow[arrivals.row]!++;
    isSensible &&= arrivals.inputTokens > 0 && arrivals.cachedTokens < arrivals.inputTokens;
  }
  expect(isSensible).toBe(true);
  return { timesMs, perRow };
}

/** Variance over mean of the counts per second: 1 for a Poisson stream. */
function dispersion(timesMs: readonly number[], seconds: number): number {
  const counts = new Float64Array(seconds);
  for (const timeMs of timesMs) counts[Math.floor(timeMs / 1000)]!++;
  const mean = timesMs.length / seconds;
  return counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / seconds / mean;
}

const poisson = (level: DemandLevel, toMs: number) =>
  collect(new PoissonArrivals(world, rateAt(level), { fromMs: 0, toMs }, 3, "test"));
const clients = (gapVariation: number, level: DemandLevel, toMs: number) =>
  collect(clientArrivals(world, rateAt(level), toMs, { clientsPerRow: 4, gapVariation }, 3));

describe("demand rate", () => {
  it("has the row's mean over a day and its peak at the busiest hour of the place", () => {
    const rate = rateAt("curve");
    expect(rate.expected(0, 0, 24 * hourMs) / 86_400).toBeCloseTo(0.8, 3);
    // 20:00 nine hours east of Greenwich is 11:00 UTC.
    expect(rate.shareAt(0, 11 * hourMs)).toBeCloseTo(1, 3);
    expect(rate.shareAt(1, 11 * hourMs)).toBeLessThan(0.5);
  });

  it("is flat at the peak and at the mean", () => {
    expect(rateAt("peak").expected(0, 5 * hourMs, 6 * hourMs)).toBeCloseTo(7200, 6);
    expect(rateAt("mean").expected(0, 5 * hourMs, 6 * hourMs)).toBeCloseTo(2880, 6);
  });
});

describe("arrivals", () => {
  it("send what the demand expects, where it expects it, in order", () => {
    const expected = [0, 1].map((row) => rateAt("curve").expected(row, 0, 6 * hourMs));
    for (const { timesMs, perRow } of [poisson("curve", 6 * hourMs), clients(1, "curve", 6 * hourMs)]) {
      expect(timesMs.every((timeMs, i) => i === 0 || timeMs >= timesMs[i - 1]!)).toBe(true);
      for (const row of [0, 1]) {
        expect(Math.abs(perRow[row]! - expected[row]!)).toBeLessThan(5 * Math.sqrt(expected[row]!));
      }
    }
  });

  it("are Poisson when clients are, and burst when they do", () => {
    const seconds = 10_000;
    expect(dispersion(poisson("peak", seconds * 1000).timesMs, seconds)).toBeCloseTo(1, 1);
    expect(dispersion(clients(1, "peak", seconds * 1000).timesMs, seconds)).toBeCloseTo(1, 1);
    expect(dispersion(clients(4, "peak", seconds * 1000).timesMs, seconds)).toBeGreaterThan(2);
  });
});
