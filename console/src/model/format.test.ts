import { describe, expect, it } from "vitest";
import {
  counted,
  milliseconds,
  nanoUsd,
  percent,
  perSecond,
  shortCount,
  power,
  roundPercent,
  timeOfDay,
  usd,
  usdApart,
  usdPerYear,
} from "./format.ts";

describe("how the console writes figures", () => {
  it("tells two sums apart that are the same to three digits, and no others", () => {
    expect(usdApart(1_201_052_143, 1_199_515_510)).toEqual(["$1.201bn", "$1.2bn"]);
    expect(usdApart(407_100_000, 406_900_000)).toEqual(["$407.1M", "$406.9M"]);
    expect(usdApart(5e6, 4e6)).toEqual(["$5M", "$4M"]);
    expect(usdApart(5e6, 5e6)).toEqual(["$5M", "$5M"]);
    expect(usdApart(undefined, null)).toEqual(["–", "–"]);
  });

  it("gives every figure its unit", () => {
    expect(usd(41_234_567)).toBe("$41.2M");
    expect(usdPerYear(41_234_567)).toBe("$41.2M/year");
    expect(milliseconds(14.96)).toBe("15 ms");
    expect(power(1270)).toBe("1.27 MW");
    expect(perSecond(7059)).toBe("7,060 req/s");
    expect(perSecond(70_590)).toBe("70.6k req/s");
  });

  it("keeps the digits that tell a share from its ends", () => {
    expect(percent(0.5)).toBe("50.0 %");
    expect(percent(0.9996)).toBe("99.960 %");
    expect([percent(0.999), percent(0.99)]).toEqual(["99.90 %", "99.0 %"]);
    expect(percent(1)).toBe("100 %");
    expect(percent(0)).toBe("0 %");
  });

  it("writes round figures round", () => {
    expect(roundPercent(0.005)).toBe("0.5 %");
    expect(roundPercent(0.9)).toBe("90 %");
    expect(roundPercent(0.99961)).toBe("100 %");
  });

  it("tells a small charge from none, and shortens large counts", () => {
    expect([nanoUsd(0), nanoUsd(1), nanoUsd(154_000), nanoUsd(41_234_000_000_000)]).toEqual([
      "$0",
      "< $0.000001",
      "$0.000154",
      "$41.2k",
    ]);
    expect([shortCount(999), shortCount(12_345_678), shortCount(Number.NaN)]).toEqual(["999", "12.3M", "–"]);
  });

  it("writes a dash for what is not there", () => {
    for (const value of [null, undefined, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect([usd(value), percent(value), milliseconds(value), perSecond(value)]).toEqual(["–", "–", "–", "–"]);
    }
  });

  it("counts in singular and plural, and tells time in UTC", () => {
    expect(counted(1, "area")).toBe("1 area");
    expect(counted(1200, "area")).toBe("1,200 areas");
    expect(timeOfDay(Date.UTC(2027, 0, 1, 18, 5, 9))).toBe("18:05:09");
  });
});
