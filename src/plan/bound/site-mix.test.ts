import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSiteMix } from "./site-mix.ts";

const way = fc.record({
  value: fc.integer({ min: 0, max: 100 }),
  usage: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 2, maxLength: 2 }),
});

describe("the best mix of ways to use a site", () => {
  it("keeps what there is, and its prices prove that no mix is worth more", () => {
    const stock = fc.constantFrom(0, 1, 2, 3, Infinity);
    fc.assert(
      fc.property(fc.array(way, { minLength: 1, maxLength: 8 }), fc.tuple(stock, stock), (ways, limits) => {
        const mix = createSiteMix(2, 8);
        mix.begin(Float64Array.from(limits));
        for (const [i, { value, usage }] of ways.entries()) {
          mix.add(value, Float64Array.from(usage), 0);
          // Ways come one at a time, and the mix is found anew in between.
          if (i % 2 === 0) mix.solve();
        }
        const rest = mix.solve();
        const shares = ways.map((_, i) => mix.weight(i));
        const worth = ways.reduce((sum, { value }, i) => sum + value * shares[i]!, 0);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBeLessThanOrEqual(1 + 1e-9);
        let proven = rest;
        for (const [r, limit] of limits.entries()) {
          const used = ways.reduce((sum, { usage }, i) => sum + usage[r]! * shares[i]!, 0);
          expect(used).toBeLessThanOrEqual(limit + 1e-9);
          expect(mix.prices[r]).toBeGreaterThanOrEqual(0);
          if (limit < Infinity) proven += mix.prices[r]! * limit;
        }
        for (const { value, usage } of ways) {
          const priced = usage.reduce((sum, by, r) => sum + by * mix.prices[r]!, rest);
          expect(priced).toBeGreaterThanOrEqual(value - 1e-6);
        }
        expect(worth).toBeCloseTo(proven, 6);
      }),
      { numRuns: 300 },
    );
  });
});
