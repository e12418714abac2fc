import { expect, it } from "vitest";
import { reachesTarget } from "./reaches-target.ts";

it("a share reaches its target unless it misses it by more than chance explains", () => {
  expect(reachesTarget(0.95, 0.95, 1_000_000)).toBe(true);
  // One standard deviation of 10,000 requests is 0.22 %.
  expect(reachesTarget(0.945, 0.95, 10_000)).toBe(true);
  expect(reachesTarget(0.943, 0.95, 10_000)).toBe(false);
  // Of very many requests the same miss is one.
  expect(reachesTarget(0.948, 0.95, 1_000_000)).toBe(false);
  expect(reachesTarget(0.99, 1, 100)).toBe(false);
});
