import { describe, expect, it } from "vitest";
import { limitSections } from "./explain-summary.ts";

const limit = {
  name: "power of site a",
  unit: "MW" as const,
  used: 0.9,
  upper: 1,
  binding: true,
  worthUsdPerYear: 500,
  bestPool: "a/l4x1",
  missing: 0.02,
};
const trial = (usdPerYear: number, atLeastUsdPerYear: number, atMostUsdPerYear: number) => ({
  found: {
    added: 0.1,
    change: { usdPerYear, atLeastUsdPerYear, atMostUsdPerYear },
    worthUsdPerYear: Math.max(0, -usdPerYear) / 0.1,
    worthAtMostUsdPerYear: Math.max(0, -atLeastUsdPerYear) / 0.1,
  },
});
const lines = (...args: Parameters<typeof limitSections>): string =>
  limitSections(...args)
    .flatMap((section) => ("lines" in section ? section.lines : []))
    .join("\n");

describe("a limit that was planned with more of it", () => {
  it("says differences in words, without a minus sign before what is called less", () => {
    const text = lines(limit, trial(-1200, -1500, 300));
    expect(text).toContain("$1.20k a year less; within the gaps it may be anything from $1.50k less to $300 more.");
    expect(text).toContain("$12.0k a year per MW (finite difference), at most $15.0k");
    expect(text).not.toContain("-$");
  });

  it("takes what rounding leaves for the same cost", () => {
    expect(lines(limit, trial(-1e-6, -1e-6, 1e-7))).toMatch(
      /more: the same cost\. That is nothing per MW \(finite difference\)\.$/,
    );
  });

  it("is worth nothing where nothing that it keeps away would pay", () => {
    const roomy = { ...limit, used: 0.2, binding: false, worthUsdPerYear: 0, bestPool: null, missing: null };
    expect(lines(roomy)).toMatch(/One more MW would save nothing with everything else as planned/);
  });

  it("says how much more a whole module takes", () => {
    expect(lines(limit)).toContain("at a/l4x1, which takes 20.0 kW beyond what is left");
  });
});
