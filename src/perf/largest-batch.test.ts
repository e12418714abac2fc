import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { largestBatch } from "./largest-batch.ts";

/** Rising functions that are bent, flat, broken or infinite somewhere, by where they cross 0. */
const shapes: readonly ((batch: number, root: number) => number)[] = [
  (batch, root) => batch - root,
  (batch, root) => batch ** 3 - root ** 3,
  (batch, root) => Math.expm1(20 * (batch - root)),
  (batch, root) => (batch < root * 1.01 ? 1 - root / batch : Infinity),
  (batch, root) => (batch <= root ? -1 : 1),
  (batch, root) => (batch <= root ? -1e-300 : NaN),
  (batch, root) => Math.max(batch - root, 1 - (2 * root) / batch),
];

describe("the largest batch that keeps a condition", () => {
  it("is found wherever it lies and however the condition bends, and never on the wrong side", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...shapes),
        fc.double({ min: 1e-3, max: 4096, noNaN: true }),
        fc.double({ min: 1e-4, max: 0.9999, noNaN: true }),
        (shape, seats, part) => {
          const root = seats * part;
          const found = largestBatch(seats, (batch) => shape(batch, root));
          expect(shape(found, root)).toBeLessThanOrEqual(0);
          expect(root - found).toBeLessThanOrEqual(seats * 2 ** -39);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("is all seats where the condition holds there, and none where it holds nowhere above 0", () => {
    expect(largestBatch(64, () => -1)).toBe(64);
    expect(largestBatch(64, (batch) => (batch === 0 ? 0 : Infinity))).toBe(0);
  });

  it("is found in far fewer looks than halving takes, and never in many more", () => {
    const looks = shapes.map((shape) => {
      let count = 0;
      largestBatch(256, (batch) => {
        count++;
        return shape(batch, 33.3);
      });
      return count;
    });
    expect(looks[0]).toBeLessThan(10);
    expect(looks[1]).toBeLessThan(30);
    for (const count of looks) expect(count).toBeLessThan(90);
  });
});
