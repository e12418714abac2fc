import { describe, expect, it } from "vitest";
import { seededRng } from "../../test/worlds/random-world.ts";
import { FirstTokens } from "./first-tokens.ts";

/** First tokens that take 40 ms and that part of the queue which is really there, give or take 5 ms. */
function watch(queueOf: (request: number) => number, part = 1): FirstTokens {
  const seen = new FirstTokens(2);
  const rng = seededRng(3);
  for (let request = 0; request < 500; request++) {
    const queueMs = queueOf(request);
    seen.observe(1, 40 + part * queueMs + 10 * (rng() - 0.5), queueMs);
  }
  return seen;
}

describe("what first tokens are expected to take", () => {
  it("is nothing while none was seen", () => {
    expect(watch(() => 0).expectedMs(0)).toBe(0);
  });

  it.each([
    ["nobody queues", () => 0, 1],
    ["queues are long and all alike", () => 200, 1],
    ["queues are long and differ", (request: number) => 100 + 10 * (request % 11), 1],
    ["half of the queue is only believed to be there", (request: number) => 100 + 10 * (request % 11), 0.5],
  ])("is what they take where nobody queues, though %s", (_, queueOf, part) => {
    const expectedMs = watch(queueOf, part).expectedMs(1);
    expect(expectedMs).toBeGreaterThan(38);
    expect(expectedMs).toBeLessThan(62);
  });

  it("follows engines that have become slower", () => {
    const seen = watch(() => 0);
    for (let request = 0; request < 100; request++) seen.observe(1, 140, 0);
    expect(seen.expectedMs(1)).toBeGreaterThan(135);
  });
});
