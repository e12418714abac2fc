import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Crowd } from "./crowd.ts";

describe("a crowd", () => {
  it("holds whoever came and has not left, however often that is said", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ who: fc.nat(9), comes: fc.boolean() })), (steps) => {
        const all = Array.from({ length: 10 }, (_, name) => ({ name, seat: -1 }));
        const crowd = new Crowd<(typeof all)[number]>();
        const expected = new Set<number>();
        for (const { who, comes } of steps) {
          if (comes && !expected.has(who)) crowd.add(all[who]!);
          if (!comes) crowd.remove(all[who]!);
          if (comes) expected.add(who);
          else expected.delete(who);
          expect(crowd.size).toBe(expected.size);
          expect(new Set(crowd.all().map(({ name }) => name))).toEqual(expected);
        }
      }),
    );
  });
});
