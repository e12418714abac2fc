import { describe, expect, it } from "vitest";
import { caseOf } from "./branch-tree.ts";
import type { PlanProblem } from "./problem.ts";

/** One place in three periods with a pool in each; in the last period what was bought in the first may have ended. */
function horizon(lastsToTheEnd: boolean): PlanProblem {
  return {
    rows: { count: 0, unservedUsd: new Float64Array(0), gbps: new Float64Array(0) },
    arcs: {
      starts: new Int32Array(1),
      pool: new Int32Array(0),
      usd: new Float64Array(0),
      load: new Float64Array(0),
    },
    pools: {
      count: 3,
      site: Int32Array.of(0, 1, 2),
      usd: new Float64Array(3).fill(10),
      kw: new Float64Array(3),
      minCount: new Float64Array(3),
      maxCount: new Float64Array(3).fill(4),
    },
    sites: {
      count: 3,
      usd: new Float64Array(3).fill(100),
      kw: new Float64Array(3).fill(Infinity),
      gbps: new Float64Array(3).fill(Infinity),
      forced: new Uint8Array(3),
      place: new Int32Array(3),
    },
    limits: [],
    ties: {
      count: 2,
      starts: Int32Array.of(0, 2, lastsToTheEnd ? 4 : 5),
      pool: lastsToTheEnd ? Int32Array.of(0, 1, 1, 2) : Int32Array.of(0, 1, 2, 1, 0),
      weight: lastsToTheEnd ? Float64Array.of(1, -1, 1, -1) : Float64Array.of(1, -1, -1, 1, -1),
    },
  };
}

describe("cases of a site over several periods", () => {
  it("know that where nothing stands nothing stood before, and that what is open stays open", () => {
    expect(caseOf(horizon(true), { site: 1 }, "less").pools.maxCount).toEqual(Float64Array.of(0, 0, 4));
    expect(caseOf(horizon(true), { site: 1 }, "more").sites.forced).toEqual(Uint8Array.of(0, 1, 1));
  });

  it("say nothing of periods in which modules may have ended, or stand without having been bought", () => {
    expect(caseOf(horizon(false), { site: 2 }, "less").pools.maxCount).toEqual(Float64Array.of(4, 4, 0));
    expect(caseOf(horizon(false), { site: 1 }, "more").sites.forced).toEqual(Uint8Array.of(0, 1, 0));
    const standing = horizon(true);
    const alone = { ...standing, ties: { ...standing.ties!, count: 1 } };
    expect(caseOf(alone, { site: 1 }, "more").sites.forced).toEqual(Uint8Array.of(0, 1, 0));
  });
});
