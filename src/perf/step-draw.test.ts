import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runs } from "../../test/laws/runs.ts";
import { drawnMs, runDrawnMs } from "./step-draw.ts";

describe("what a run of steps draws", () => {
  const ms = fc.double({ min: 0, max: 100, noNaN: true });
  const growth = fc.double({ min: 0, max: 1, noNaN: true });

  it("is the sum of what its steps draw, wherever they begin or cease to ask for more than they last", () => {
    const law = fc.property(
      fc.integer({ min: 0, max: 400 }),
      ms,
      growth,
      ms,
      growth,
      (steps, asked, more, last, longer) => {
        let sum = 0;
        for (let step = 0; step < steps; step++) sum += drawnMs(asked + step * more, last + step * longer);
        expect(Math.abs(runDrawnMs(steps, asked, more, last, longer) - sum)).toBeLessThan(1e-9 * (1 + sum));
      },
    );
    fc.assert(law, {
      numRuns: runs(400),
      examples: [
        [10, 1, 1, 5.5, 0],
        [10, 5, 0, 1, 1],
        [3, 2, 0, 2, 0],
        [7, 2, 1, 2, 0],
        [7, 2, 0, 2, 1],
      ],
    });
  });
});
