import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPriceBundle } from "./price-bundle.ts";
import { runs } from "../../../test/laws/runs.ts";

/** The least of some planes: value and slope. */
function lowestOf(planes: readonly { readonly at0: number; readonly slope: readonly number[] }[]) {
  return (prices: Float64Array): { value: number; slope: Float64Array } => {
    let value = Infinity;
    let slope = new Float64Array(prices.length);
    for (const plane of planes) {
      const here = plane.slope.reduce((sum, by, i) => sum + by * prices[i]!, plane.at0);
      if (here >= value) continue;
      value = here;
      slope = Float64Array.from(plane.slope);
    }
    return { value, slope };
  };
}

describe("a bundle of prices", () => {
  it("climbs to the top of a roof of planes, within the ends of the prices", () => {
    const plane = fc.record({
      at0: fc.integer({ min: 0, max: 50 }),
      slope: fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 2, maxLength: 2 }),
    });
    fc.assert(
      fc.property(fc.array(plane, { minLength: 1, maxLength: 6 }), (planes) => {
        const ask = lowestOf(planes);
        const upper = Float64Array.of(10, 10);
        const prices = Float64Array.of(1, 1);
        const bundle = createPriceBundle(
          { prices, ...ask(prices), carried: new Float64Array(0) },
          upper,
          Float64Array.of(1, 1),
          1,
          () => undefined,
        );
        for (let turn = 0; turn < 300; turn++) {
          bundle.propose(prices);
          for (const price of prices) expect(price).toBeGreaterThanOrEqual(0);
          for (const price of prices) expect(price).toBeLessThanOrEqual(10);
          const { value, slope } = ask(prices);
          bundle.learn(value, slope, new Float64Array(0));
        }
        expect(bundle.value).toBe(ask(bundle.prices).value);
        let top = -Infinity;
        for (let x = 0; x <= 10; x += 0.25)
          for (let y = 0; y <= 10; y += 0.25) top = Math.max(top, ask(Float64Array.of(x, y)).value);
        expect(bundle.value).toBeGreaterThan(top - 0.05);
      }),
      { numRuns: runs(60) },
    );
  });

  it("averages what is carried with the weights under which the slopes cancel out", () => {
    // The roof |x - 3| from below: left of the top 1 is carried, right of it 0.
    const ask = (x: number) => ({ value: -Math.abs(x - 3), slope: Float64Array.of(x < 3 ? 1 : -2) });
    const carried = (x: number): Float64Array => Float64Array.of(x < 3 ? 1 : 0);
    const prices = Float64Array.of(0);
    const roof = (x: number) => ({ value: x < 3 ? x : 9 - 2 * x, slope: ask(x).slope });
    const bundle = createPriceBundle(
      { prices, ...roof(0), carried: carried(0) },
      Float64Array.of(100),
      Float64Array.of(1),
      1,
      () => undefined,
    );
    for (let turn = 0; turn < 50; turn++) {
      bundle.propose(prices);
      const { value, slope } = roof(prices[0]!);
      bundle.learn(value, slope, carried(prices[0]!));
    }
    bundle.propose(prices);
    const average = new Float64Array(1);
    bundle.average(average);
    // 2/3 of the slope 1 and 1/3 of the slope -2.
    expect(average[0]).toBeCloseTo(2 / 3, 3);
  });
});
