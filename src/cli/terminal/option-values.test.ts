import { describe, expect, it } from "vitest";
import { parseSeeds, seconds, secondsFromZero, timeWindow } from "./option-values.ts";

describe("durations on the command line", () => {
  it.each([
    ["600", 600],
    ["1e4", 10_000],
    ["1.5 min", 90],
    ["24h", 86_400],
    ["90D", 7_776_000],
  ])("read %j as %d s", (text, value) => {
    expect(seconds(text)).toBe(value);
  });

  it.each(["", "0", "0s", "-1s", "soon", "5 years", "1.2.3s"])("refuse %j where time must pass", (text) => {
    expect(() => seconds(text)).toThrow(/60s, 5min or 1h/);
  });

  it("may be none where that means something", () => {
    expect([secondsFromZero("0"), secondsFromZero("0s")]).toEqual([0, 0]);
    expect(() => secondsFromZero("-1s")).toThrow(/60s, 5min or 1h/);
  });

  it("bound a window that may begin at the start", () => {
    expect(timeWindow("0s-1min")).toEqual({ fromS: 0, toS: 60 });
    expect(() => timeWindow("5s-5s")).toThrow(/60s-70s/);
  });
});

describe("seeds on the command line", () => {
  it("are numbers and spans that rise, and not without measure", () => {
    expect(parseSeeds("7, 1..3")).toEqual([7, 1, 2, 3]);
    expect(() => parseSeeds("5..1")).toThrow(/rises/);
    expect(() => parseSeeds("1..999999999")).toThrow(/at most 100000 seeds/);
  });
});
