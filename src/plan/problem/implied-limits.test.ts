import { describe, expect, it } from "vitest";
import type { CouplingLimit } from "./coupling-limit.ts";
import { withImpliedLimits } from "./implied-limits.ts";
import { checkSolution, type PlanProblem } from "./problem.ts";

/**
 * Three sites: one that provides a share of what stands at the second, which is the parent of the third. The parent may have
 * an upgrade of its power, which is something that stands there.
 */
function family(hasUpgrade: boolean): PlanProblem {
  const count = hasUpgrade ? 4 : 3;
  const limit = (fields: Partial<CouplingLimit> & Pick<CouplingLimit, "name">): CouplingLimit => ({
    upper: 0,
    sites: new Int32Array(0),
    siteWeights: new Float64Array(0),
    pools: new Int32Array(0),
    poolWeights: new Float64Array(0),
    ...fields,
  });
  return {
    rows: { count: 1, unservedUsd: Float64Array.of(1000), gbps: new Float64Array(1) },
    arcs: {
      starts: Int32Array.of(0, 3),
      pool: Int32Array.of(0, 1, 2),
      usd: new Float64Array(3),
      load: new Float64Array(3).fill(0.5),
    },
    pools: {
      count,
      site: Int32Array.of(0, 1, 2, 1).slice(0, count),
      usd: new Float64Array(count).fill(10),
      kw: new Float64Array(count),
      minCount: new Float64Array(count),
      maxCount: new Float64Array(count).fill(1),
    },
    sites: {
      count: 3,
      usd: Float64Array.of(5000, 5, 5),
      kw: new Float64Array(3).fill(Infinity),
      gbps: new Float64Array(3).fill(Infinity),
      forced: new Uint8Array(3),
    },
    limits: [
      limit({ name: "least share", pools: Int32Array.of(1, 0), poolWeights: Float64Array.of(0.05, -0.95) }),
      limit({ name: "parent", sites: Int32Array.of(2, 1), siteWeights: Float64Array.of(1, -1) }),
    ],
  };
}

describe("limits that follow from a least share", () => {
  it("forbid no plan that keeps the others: a parent may be open for its child, with an upgrade and nothing else", () => {
    const problem = family(true);
    const plan = {
      open: Uint8Array.of(0, 1, 1),
      modules: Float64Array.of(0, 0, 1, 1),
      share: Float64Array.of(0, 0, 1),
    };
    expect(checkSolution(problem, plan)).toEqual([]);
    expect(checkSolution(withImpliedLimits(problem), plan)).toEqual([]);
  });

  it("say that a site which only servers can open waits for one that provides", () => {
    const [following] = withImpliedLimits(family(false)).limits.slice(2);
    expect(following).toMatchObject({ upper: 0, sites: Int32Array.of(1, 0), siteWeights: Float64Array.of(1, -1) });
  });
});
