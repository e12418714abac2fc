import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Hedging } from "./hedging.ts";

function observed(ratio: number, count: number): Hedging {
  const hedging = new Hedging(ratio, 2);
  for (let index = 0; index < count; index++) hedging.observe(0, index % 100);
  return hedging;
}

describe("hedging", () => {
  it("waits for enough waits, and then for their 95th percentile", () => {
    expect(observed(0.1, 40).delayMs(0)).toBeNull();
    const delayMs = observed(0.1, 400).delayMs(0)!;
    expect(delayMs).toBeGreaterThanOrEqual(92);
    expect(delayMs).toBeLessThanOrEqual(98);
    expect(observed(0.1, 400).delayMs(1)).toBeNull();
  });

  it("waits as long as the wait that one in twenty of the latest 256 exceeds", () => {
    const wait = fc.oneof(fc.nat(5), fc.double({ min: 0, max: 1e5, noNaN: true }));
    fc.assert(
      fc.property(fc.array(wait, { minLength: 64, maxLength: 600, size: "max" }), (waitsMs) => {
        const hedging = new Hedging(0.1, 1);
        const seen = waitsMs.slice(0, waitsMs.length - (waitsMs.length % 16));
        for (const waitMs of seen) hedging.observe(0, waitMs);
        const latest = seen.slice(-256).toSorted((one, other) => one - other);
        expect(hedging.delayMs(0)).toBe(latest[Math.floor(latest.length * 0.95)]);
      }),
    );
  });

  it("stays under its cap however slow the answers are", () => {
    for (const isStream of [true, false]) {
      const hedging = observed(0.05, 400);
      let hedges = 0;
      for (let request = 0; request < 10_000; request++) {
        hedging.began(isStream);
        if (hedging.take(isStream)) hedges++;
      }
      expect(hedges).toBeGreaterThan(400);
      expect(hedges).toBeLessThanOrEqual(10_000 * 0.05 + 10);
    }
  });

  it("leaves whole answers their share, however many streams are slow", () => {
    const hedging = new Hedging(0.02, 1);
    for (let request = 0; request < 100; request++) {
      hedging.began(true);
      while (hedging.take(true));
    }
    expect(hedging.take(false)).toBe(true);
    expect(hedging.take(false)).toBe(false);
  });

  it("holds answers that are no streams against the longest of the latest, which fades", () => {
    const hedging = new Hedging(0.02, 1);
    for (let index = 0; index < 7; index++) hedging.observeWhole(0, 100);
    expect(hedging.wholeDelayMs(0)).toBeNull();
    hedging.observeWhole(0, 10_000);
    expect(hedging.wholeDelayMs(0)).toBe(21_000);
    for (let index = 0; index < 700; index++) hedging.observeWhole(0, 100);
    expect(hedging.wholeDelayMs(0)).toBe(1_200);
  });

  it("can be off", () => {
    const off = observed(0, 400);
    expect(off.delayMs(0)).toBeNull();
    expect([off.take(true), off.take(false)]).toEqual([false, false]);
  });
});
