import { describe, expect, it } from "vitest";
import { busiestLocalHour, dailyCurve, dailyShare, meanShareBetween } from "./daily-curve.ts";

describe("a day's demand", () => {
  it.each([0.02, 0.1, 0.33, 0.6, 0.9, 0.999])("is %f of its peak in the mean, where the rows say so", (ratio) => {
    const curve = dailyCurve(ratio);
    expect(meanShareBetween(curve, 0, 24) / ratio).toBeCloseTo(1, 2);
    expect(dailyShare(curve, busiestLocalHour)).toBe(1);
    expect(dailyShare(curve, busiestLocalHour + 12)).toBeLessThan(ratio);
  });

  it("is flat where mean and peak are one, and no sharper than a few hours where the mean is next to nothing", () => {
    for (const ratio of [1, 2, Number.NaN]) expect(dailyCurve(ratio)).toEqual({ sharpness: 0 });
    for (const ratio of [1e-9, 0, -1]) expect(dailyCurve(ratio)).toEqual({ sharpness: 1024 });
    expect(dailyCurve(1 - 1e-12).sharpness).toBeLessThan(1e-10);
  });
});
