import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  egressCapacityTbps,
  egressUsd,
  egressUsdPerYear,
  exabytesPerMonth,
  portLoadGbps,
  splitOverNodes,
} from "./index.ts";

describe("egress arithmetic", () => {
  it("divides 75 Tbit/s of one gigawatt into twenty ports of 3.75, and still 75 in all", () => {
    const split = splitOverNodes(egressCapacityTbps(1, 75), 20);
    expect(split).toEqual({ perNodeTbps: 3.75, totalTbps: 75 });
  });

  it("never changes the total by splitting it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.double({ min: 0, max: 1e4, noNaN: true }), (nodes, total) => {
        const split = splitOverNodes(total, nodes);
        expect(split.totalTbps).toBe(total);
        expect(split.perNodeTbps * nodes).toBeCloseTo(total, 6);
      }),
    );
    expect(() => splitOverNodes(75, 0)).toThrow(RangeError);
    expect(() => splitOverNodes(75, 2.5)).toThrow(RangeError);
  });

  it("turns 75 Tbit/s flat out into 24.6 EB a month, 14.8 billion USD of cloud egress or 0.09 of transit", () => {
    expect(exabytesPerMonth(75)).toBeCloseTo(24.64, 2);
    expect(egressUsdPerYear(75, { usdPerGB: 0.05 }) / 1e9).toBeCloseTo(14.78, 2);
    expect(egressUsdPerYear(75, { usdPerMbpsMonth: 0.1 }) / 1e9).toBeCloseTo(0.09, 9);
  });

  it("keeps bits and bytes apart", () => {
    expect(portLoadGbps(1000, 125_000)).toBe(1);
    expect(egressUsd(2e9, 0.05)).toBeCloseTo(0.1, 12);
  });
});
