import { describe, expect, it } from "vitest";
import { ReportAge } from "./report-age.ts";

describe("when what another gateway tells was true", () => {
  it("is the moment it was told, whatever that gateway's clock says", () => {
    const age = new ReportAge();
    // Its clock is an hour ahead, and texts take from 1 to 3 ms.
    expect(age.trueMs(3_600_000, 2)).toBeCloseTo(2, 5);
    expect(age.trueMs(3_600_250, 251)).toBeCloseTo(251, 5);
    expect(age.trueMs(3_600_500, 503)).toBeCloseTo(501, 5);
  });

  it("is long ago for a text that lay in a network that hung", () => {
    const age = new ReportAge();
    age.trueMs(1_000, 5_000);
    expect(age.trueMs(1_250, 15_000)).toBeCloseTo(5_250, 5);
    expect(age.trueMs(11_000, 15_000)).toBeCloseTo(15_000, 5);
  });

  it("follows clocks that drift apart", () => {
    const age = new ReportAge();
    let old = 0;
    // Half a second an hour, which is more than any quartz does.
    for (let ms = 0; ms < 7_200_000; ms += 250) old = ms - age.trueMs(ms * (1 - 0.5 / 3_600), ms);
    expect(old).toBeLessThan(100);
  });
});
