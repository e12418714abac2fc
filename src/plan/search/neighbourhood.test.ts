import { expect, it } from "vitest";
import { neighbourhoodOf } from "./neighbourhood.ts";
import { createPlanState } from "./plan-state.ts";
import { usefulModules, type PlanProblem } from "../problem/problem.ts";
import { moveTables } from "./row-moves.ts";
import { emptySolution } from "../problem/solution-path.ts";

/** Two sites with a pool each, a row each that only its own pool may serve, and a least share of what stands at the second. */
const problem: PlanProblem = {
  rows: { count: 2, unservedUsd: Float64Array.of(100, 1), gbps: new Float64Array(2) },
  arcs: {
    starts: Int32Array.of(0, 1, 2),
    pool: Int32Array.of(0, 1),
    usd: new Float64Array(2),
    load: Float64Array.of(4, 0.5),
  },
  pools: {
    count: 2,
    site: Int32Array.of(0, 1),
    usd: Float64Array.of(5, 2),
    kw: Float64Array.of(1, 1),
    minCount: new Float64Array(2),
    maxCount: new Float64Array(2).fill(Infinity),
  },
  sites: {
    count: 2,
    usd: new Float64Array(2),
    kw: Float64Array.of(50, 50),
    gbps: new Float64Array(2).fill(Infinity),
    forced: new Uint8Array(2),
  },
  limits: [
    {
      name: "least share of the second",
      upper: 0,
      sites: new Int32Array(0),
      siteWeights: new Float64Array(0),
      pools: Int32Array.of(0, 1),
      poolWeights: Float64Array.of(0.5, -0.5),
    },
  ],
};

it("a part of a problem has no use for more modules than the whole, where nobody whom they could serve is in it", () => {
  const state = createPlanState(problem, emptySolution(problem));
  // Its own row stays unserved, so that only the first row is looked at.
  state.build(0, 1);
  state.serve(0, 0, 0.25);
  const part = neighbourhoodOf(state, moveTables(problem, problem.pools.usd), [0, 1], 12, false);
  expect([...part.row]).toEqual([0]);
  expect([...usefulModules(problem)]).toEqual([4, 1]);
  expect(usefulModules(part.problem)[1]).toBeLessThanOrEqual(1);
});
