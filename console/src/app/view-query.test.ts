import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatViewState, parseViewState, views } from "./view-query.ts";

const id = fc.option(fc.string({ minLength: 1 }), { nil: null });

describe("the address of a view", () => {
  it("reads back what it wrote", () => {
    fc.assert(
      fc.property(
        fc.record({
          view: fc.constantFrom(...views),
          table: fc.boolean(),
          site: id,
          workload: id,
          request: id,
          period: id,
          span: id,
          camera: fc.option(fc.constantFrom("8.70,50.10,12.50", "-3.00,40.00,2"), { nil: null }),
        }),
        (state) => {
          expect(parseViewState(formatViewState(state))).toEqual(state);
        },
      ),
    );
  });

  it("is empty for the first screen, and shows that screen for an unknown view", () => {
    expect(formatViewState(parseViewState(""))).toBe("");
    expect(parseViewState("?view=nonsense").view).toBe("map");
  });
});
