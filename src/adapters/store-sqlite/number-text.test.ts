import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mostNumberBytes, putNumber } from "./number-text.ts";

const number = fc.oneof(
  fc.double(),
  fc.maxSafeNat(),
  fc.nat(),
  fc.nat(2_000),
  fc.maxSafeNat().map((thousandths) => thousandths / 1_000),
  fc.nat().map((thousandths) => thousandths / 1_000),
  fc.constantFrom(-0, 1e15, 1e15 - 1, 1e12, 999_999_999_999.999, 1e9, 1e9 - 1, 1e9 + 0.001, 0.001, 5e-324, 1e21, -1e-7),
);

describe("a number of a row", () => {
  it("is written as JSON has it, whatever it is and wherever it stands", () => {
    const into = new Uint8Array(100);
    fc.assert(
      fc.property(number, fc.nat(70), (value, at) => {
        const end = putNumber(into, at, value);
        expect(Buffer.from(into.subarray(at, end)).toString()).toBe(JSON.stringify(value));
        expect(end - at).toBeLessThanOrEqual(mostNumberBytes);
      }),
      { numRuns: 5_000 },
    );
  });
});
