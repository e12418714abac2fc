import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ReplayWindow } from "./replay-window.ts";

describe("numbers that may come once", () => {
  it("are taken in whatever order, each once, unless they are far behind", () => {
    const far = 65_536;
    const step = fc.oneof(fc.integer({ min: -20, max: 20 }), fc.integer({ min: -2 * far, max: 2 * far }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const window = new ReplayWindow();
        const seen = new Set<number>();
        let latest = -1;
        let at = 1_000;
        for (const by of steps) {
          at = Math.max(0, at + by);
          expect(window.take(at)).toBe(!seen.has(at) && at > latest - far);
          seen.add(at);
          latest = Math.max(latest, at);
        }
      }),
    );
  });

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60])("are whole numbers from 0 on, not %d", (number) => {
    expect(new ReplayWindow().take(number)).toBe(false);
  });
});
