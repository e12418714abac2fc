import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRng } from "../../../test/worlds/random-world.ts";
import { newRequestId } from "./request-id.ts";

const rng = seededRng(3);
const epochMs = fc.integer({ min: 0, max: 2 ** 45 - 1 });

describe("the id of a request", () => {
  it("is `req_` and 20 characters, none of which is easily taken for another", () => {
    fc.assert(
      fc.property(epochMs, (atMs) => {
        expect(newRequestId(atMs, rng)).toMatch(/^req_[0-9a-hjkmnp-tv-z]{20}$/);
      }),
    );
  });

  it("rises with time", () => {
    fc.assert(
      fc.property(epochMs, epochMs, (one, other) => {
        if (one === other) return;
        const [earlier, later] = [Math.min(one, other), Math.max(one, other)];
        expect(newRequestId(earlier, rng) < newRequestId(later, rng)).toBe(true);
      }),
    );
  });

  it("is another one for every request of a millisecond", () => {
    expect(new Set(Array.from({ length: 50_000 }, () => newRequestId(1_790_000_000_000, rng))).size).toBe(50_000);
  });
});
