import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../src/adapters/solver-highs/index.ts";
import { compareBoth } from "./decomposition.ts";

const solver = createHighsSolver({ threads: 1 });
afterAll(() => solver.close());

// The short form of `bench decomposition`; a clock that stands still, so that a busy machine changes nothing.
describe("the decomposition beside HiGHS", () => {
  const sizes = { sites: [3, 6], areas: [6, 12] } as const;
  it.each([3, 4, 5])("contradicts it in nothing on random instance %i", async (seed) => {
    const options = { relativeGap: 5e-3, timeLimitS: 60, seed };
    const { ours, highs, contradiction } = await compareBoth({ solver, nowMs: () => 0 }, options, sizes);
    expect(contradiction).toEqual([]);
    expect([ours.status, highs.status]).toEqual(["optimal", "optimal"]);
  });
});
