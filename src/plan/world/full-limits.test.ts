import { describe, expect, it } from "vitest";
import type { CouplingLimit } from "../problem/coupling-limit.ts";
import { fullLimits } from "./full-limits.ts";
import type { PlanProblem, ProblemSolution } from "../problem/problem.ts";
import type { WorldProblem } from "./world-problem.ts";

const limit = (name: string, upper: number, parts: Partial<CouplingLimit>): CouplingLimit => ({
  name,
  upper,
  sites: Int32Array.of(),
  siteWeights: Float64Array.of(),
  pools: Int32Array.of(),
  poolWeights: Float64Array.of(),
  ...parts,
});

/** One row, an arc to each of two pools at the sites `a` (open, one module) and `b` (shut), and a switch at `a`. */
function namesWith(limits: readonly CouplingLimit[], kw = 100): { a: readonly string[]; b: readonly string[] } {
  const problem: PlanProblem = {
    rows: { count: 1, unservedUsd: Float64Array.of(100), gbps: Float64Array.of(0) },
    arcs: {
      starts: Int32Array.of(0, 2),
      pool: Int32Array.of(0, 1),
      usd: Float64Array.of(1, 1),
      load: Float64Array.of(1, 1),
    },
    pools: {
      count: 3,
      site: Int32Array.of(0, 1, 0),
      usd: Float64Array.of(1, 1, 0),
      kw: Float64Array.of(10, 10, 0),
      minCount: new Float64Array(3),
      maxCount: Float64Array.of(Infinity, Infinity, 1),
      isSwitch: Uint8Array.of(0, 0, 1),
    },
    sites: {
      count: 2,
      usd: Float64Array.of(0, 0),
      kw: Float64Array.of(kw, kw),
      gbps: Float64Array.of(Infinity, Infinity),
      forced: Uint8Array.of(0, 0),
    },
    limits,
  };
  const solution: ProblemSolution = {
    open: Uint8Array.of(1, 0),
    modules: Float64Array.of(1, 0, 1),
    share: Float64Array.of(0.5, 0),
  };
  const world = { sites: [{ id: "a" }, { id: "b" }] };
  const { ofArc } = fullLimits({ world, problem } as unknown as WorldProblem, solution);
  return { a: ofArc(0), b: ofArc(1) };
}

describe("a limit that is used up", () => {
  it("stands in the way of the modules it counts, and of no others at their site", () => {
    const campus = limit("one campus for run", 1, { pools: Int32Array.of(2), poolWeights: Float64Array.of(1) });
    expect(namesWith([campus])).toEqual({ a: [], b: [] });
    const budget = limit("budget", 1.5, { pools: Int32Array.of(0), poolWeights: Float64Array.of(1) });
    expect(namesWith([budget])).toEqual({ a: ["budget"], b: [] });
  });

  it("stands in the way of opening a site, not of one that is open", () => {
    const most = limit("most sites", 1, { sites: Int32Array.of(0, 1), siteWeights: Float64Array.of(1, 1) });
    expect(namesWith([most])).toEqual({ a: [], b: ["most sites"] });
  });

  it("counts what opening takes together with the first module there", () => {
    const both = { sites: Int32Array.of(0, 1), siteWeights: Float64Array.of(2, 2) };
    const pools = { pools: Int32Array.of(0, 1), poolWeights: Float64Array.of(1, 1) };
    expect(namesWith([limit("budget", 5, { ...both, ...pools })])).toEqual({ a: [], b: ["budget"] });
  });

  it("over traffic is named where that traffic would flow", () => {
    const link = limit("backhaul of a", 0.5, { arcs: Int32Array.of(0), arcWeights: Float64Array.of(1) });
    expect(namesWith([link])).toEqual({ a: ["backhaul of a"], b: [] });
  });

  it("of power is named for the modules that do not fit", () => {
    expect(namesWith([], 15)).toEqual({ a: ["power of site a"], b: [] });
  });
});
