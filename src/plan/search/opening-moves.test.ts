import { expect, it } from "vitest";
import { openWhatPays } from "./opening-moves.ts";
import { atOnce } from "../problem/steps.ts";
import { createPlanState } from "./plan-state.ts";
import { checkSolution, type PlanProblem } from "../problem/problem.ts";
import { moveTables } from "./row-moves.ts";
import { emptySolution } from "../problem/solution-path.ts";

const none = { pools: new Int32Array(0), poolWeights: new Float64Array(0) };

/** Three demands, each within reach of one site of its own. */
const islands: PlanProblem = {
  rows: { count: 3, unservedUsd: Float64Array.of(30, 90, 60), gbps: new Float64Array(3) },
  arcs: {
    starts: Int32Array.of(0, 1, 2, 3),
    pool: Int32Array.of(0, 1, 2),
    usd: new Float64Array(3),
    load: Float64Array.of(0.5, 0.5, 0.5),
  },
  pools: {
    count: 3,
    site: Int32Array.of(0, 1, 2),
    usd: Float64Array.of(2, 2, 2),
    kw: new Float64Array(3),
    minCount: new Float64Array(3),
    maxCount: Float64Array.of(1, 1, 1),
  },
  sites: {
    count: 3,
    usd: Float64Array.of(5, 5, 5),
    kw: new Float64Array(3).fill(Infinity),
    gbps: new Float64Array(3).fill(Infinity),
    forced: new Uint8Array(3),
  },
  limits: [],
};

function standing(problem: PlanProblem, first: readonly number[]): readonly number[] {
  const state = createPlanState(problem, emptySolution(problem));
  for (const pool of first) {
    state.build(pool, 1);
    state.serve(pool, pool, 1);
  }
  const before = state.costUsd;
  atOnce(openWhatPays(state, moveTables(problem, problem.pools.usd), 1e-9, () => false));
  expect(checkSolution(problem, state.solution())).toEqual([]);
  expect(state.costUsd).toBeLessThanOrEqual(before);
  return [...state.modules];
}

it("opens what pays, and leaves a site that does not", () => {
  expect(standing(islands, [])).toEqual([1, 1, 1]);
  expect(standing({ ...islands, sites: { ...islands.sites, usd: Float64Array.of(50, 5, 5) } }, [])).toEqual([0, 1, 1]);
});

it("trades sites that share no demand where a limit leaves no room for both", () => {
  const upTo = (upper: number): PlanProblem => ({
    ...islands,
    limits: [
      { name: "most sites", upper, sites: Int32Array.of(0, 1, 2), siteWeights: Float64Array.of(1, 1, 1), ...none },
    ],
  });
  expect(standing(upTo(1), [0])).toEqual([0, 1, 0]);
  expect(standing(upTo(2), [0, 2])).toEqual([0, 1, 1]);
  expect(standing(upTo(2), [1, 2])).toEqual([0, 1, 1]);
});

it("builds what a least share asks to stand beside it", () => {
  const share: PlanProblem = {
    ...islands,
    limits: [
      {
        name: "least share home",
        upper: 0,
        sites: new Int32Array(0),
        siteWeights: new Float64Array(0),
        pools: Int32Array.of(0, 1, 2),
        poolWeights: Float64Array.of(0.3, 0.3, -0.7),
      },
    ],
  };
  expect(standing(share, [])).toEqual([1, 1, 1]);
});
