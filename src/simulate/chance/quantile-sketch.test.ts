import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { QuantileSketch } from "./quantile-sketch.ts";

const values = fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 400 });

function sketchOf(list: readonly number[], relativeError?: number) {
  const sketch = new QuantileSketch(relativeError);
  for (const value of list) sketch.add(value);
  return sketch;
}

describe("QuantileSketch", () => {
  it("returns every quantile within the stated relative error", () => {
    fc.assert(
      fc.property(
        values,
        fc.constantFrom(0.001, 0.005, 0.02),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (list, error, p) => {
          const sorted = Float64Array.from(list).sort();
          const exact = sorted[Math.max(0, Math.ceil(p * list.length) - 1)]!;
          const estimate = sketchOf(list, error).quantile(p)!;
          expect(Math.abs(estimate - exact)).toBeLessThanOrEqual(error * exact + 1e-6);
        },
      ),
    );
  });

  it("gives the same answers whether values are added or sketches of them merged", () => {
    fc.assert(
      fc.property(values, values, (one, other) => {
        const merged = sketchOf(one);
        merged.merge(sketchOf(other));
        const direct = sketchOf([...other, ...one]);
        for (const p of [0, 0.1, 0.5, 0.9, 0.99, 1]) expect(merged.quantile(p)).toBe(direct.quantile(p));
        expect(merged.mean).toBe(direct.mean);
        expect(merged.count).toBe(direct.count);
      }),
    );
  });

  it("knows nothing when it is empty", () => {
    const sketch = new QuantileSketch();
    expect(sketch.quantile(0.5)).toBeNull();
    expect(sketch.mean).toBeNull();
  });

  it("refuses values it could only corrupt a result with", () => {
    for (const bad of [Number.NaN, -1, Number.POSITIVE_INFINITY]) expect(() => new QuantileSketch().add(bad)).toThrow();
  });
});
