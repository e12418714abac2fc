import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normalCdf, normalQuantile } from "./index.ts";

/** Published values (Abramowitz and Stegun, table 26.1, and the classical quantiles). */
const known: readonly (readonly [x: number, p: number])[] = [
  [0, 0.5],
  [1, 0.8413447460685429],
  [1.6448536269514722, 0.95],
  [1.959963984540054, 0.975],
  [2.3263478740408408, 0.99],
  [-3, 0.0013498980316300946],
];

describe("normal distribution", () => {
  it.each(known)("has the published value at %f", (x, p) => {
    expect(Math.abs(normalCdf(x) - p)).toBeLessThan(1e-12);
    expect(Math.abs(normalQuantile(p) - x)).toBeLessThan(1e-9);
  });

  it("inverts itself", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-12, max: 1 - 1e-12, noNaN: true }), (p) => {
        expect(Math.abs(normalCdf(normalQuantile(p)) - p)).toBeLessThan(1e-11);
      }),
    );
  });

  it("agrees with numerical integration of the density", () => {
    const steps = 20_000;
    const density = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
    for (const x of [0.3, 1.234, 2.5, 5]) {
      let area = 0;
      const width = x / steps;
      for (let i = 0; i < steps; i++) {
        const left = i * width;
        area += (width / 6) * (density(left) + 4 * density(left + width / 2) + density(left + width));
      }
      expect(Math.abs(normalCdf(x) - 0.5 - area)).toBeLessThan(1e-9);
    }
  });

  it("answers at and beyond the ends", () => {
    expect(normalQuantile(0)).toBe(-Infinity);
    expect(normalQuantile(1)).toBe(Infinity);
    expect(normalQuantile(1.1)).toBeNaN();
    expect(normalCdf(-60)).toBe(0);
    expect(normalCdf(60)).toBe(1);
  });
});
