import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UniformParts } from "./uniform-parts.ts";

/** Shares of a whole, of which some are next to nothing. */
const shares = fc
  .array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: 1, maxLength: 8 })
  .map((each) => Float64Array.from(each, (one) => one / each.reduce((sum, two) => sum + two, 0)));

/** Parts that begin far from 0 and are as unlike each other as a hundredth and a hundred. */
const parts = fc
  .tuple(
    shares,
    fc.double({ min: 0, max: 1e5, noNaN: true }),
    fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 8 }),
  )
  .map(([probabilities, least, powers]) => {
    const edges = new Float64Array(probabilities.length + 1).fill(least);
    for (let i = 0; i < probabilities.length; i++) edges[i + 1] = edges[i]! + 10 ** powers[i]!;
    return { probabilities, edges };
  });

/** The same by looking at every part: a uniform quantity and a uniform wait. */
function inFull(edges: Float64Array, probabilities: Float64Array, ms: number, waitMs: number): number {
  const area = (y: number) => (y <= 0 ? 0 : y >= waitMs ? y - waitMs / 2 : (y * y) / (2 * waitMs));
  return probabilities.reduce(
    (sum, share, i) => sum + (share * (area(ms - edges[i]!) - area(ms - edges[i + 1]!))) / (edges[i + 1]! - edges[i]!),
    0,
  );
}

describe("parts that are uniform, and a uniform wait", () => {
  it("come to at most a time as often as each part by itself says, and as steeply", () => {
    const at = fc.double({ min: -0.1, max: 1.1, noNaN: true });
    fc.assert(
      fc.property(
        parts,
        fc.double({ min: 1e-2, max: 1e4, noNaN: true }),
        at,
        ({ edges, probabilities }, waitMs, share) => {
          const spanMs = edges[edges.length - 1]! - edges[0]!;
          const ms = edges[0]! + share * (spanMs + waitMs);
          const own = new UniformParts(edges, probabilities);
          own.look(ms, waitMs);
          expect(own.share).toBeCloseTo(inFull(edges, probabilities, ms, waitMs), 4);
          const [found, slope] = [own.share, own.perMs];
          const stepMs = 1e-9 * (spanMs + waitMs);
          own.look(ms + stepMs, waitMs);
          expect(found + slope * stepMs).toBeCloseTo(own.share, 3);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("are a point where no part has a width, with a wait and without", () => {
    const own = new UniformParts(Float64Array.of(5, 5, 5), Float64Array.of(0.5, 0.5));
    const reached = (ms: number, waitMs: number) => {
      own.look(ms, waitMs);
      return own.share;
    };
    expect([reached(4, 2), reached(5, 2), reached(6, 2), reached(8, 2)]).toEqual([0, 0, 0.5, 1]);
    expect([reached(4.9, 0), reached(5.1, 0)]).toEqual([0, 1]);
  });
});
