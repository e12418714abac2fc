import { describe, expect, it } from "vitest";
import type { Unserved } from "../../../src/plan/index.ts";
import { lossesByCause } from "./losses.ts";

const entry = (changes: Partial<Unserved>): Unserved => ({
  workload: "chat",
  access: "fibre",
  reason: "law",
  peakPerS: 10,
  meanPerS: 5,
  shareOfWorkload: 0.1,
  usdPerYear: 100,
  areas: 2,
  examples: ["a", "b"],
  detail: "budget 500.0 ms, last mile 9.5 ms",
  whatWouldHelp: ["a site in the country"],
  ...changes,
});

describe("what a plan leaves out", () => {
  it("is told once for one cause over several kinds of access", () => {
    const cable = entry({ access: "cable", usdPerYear: 300, areas: 3, detail: "budget 500.0 ms, last mile 21.9 ms" });
    const full = entry({ access: "cable", reason: "limits", usdPerYear: 50, detail: "full", whatWouldHelp: ["more"] });
    expect(lossesByCause([full, entry({}), cable])).toMatchObject([
      {
        reason: "law",
        accesses: ["cable", "fibre"],
        usdPerYear: 400,
        peakPerS: 20,
        areas: 3,
        detail: "budget 500.0 ms",
      },
      { reason: "limits", accesses: ["cable"], detail: "full" },
    ]);
  });

  it("stays apart where time is the reason, which every kind of access has its own of", () => {
    const late = [entry({ reason: "physics" }), entry({ reason: "physics", access: "cable" })];
    expect(lossesByCause(late)).toHaveLength(2);
  });
});
