import { afterAll, expect, it } from "vitest";
import { createHighsSolver } from "../../adapters/solver-highs/index.ts";
import { lagrangianBound } from "../bound/lagrangian.ts";
import { checkSolution, objectiveUsd, type PlanProblem } from "../problem/problem.ts";
import { viewBySite } from "../problem/site-view.ts";
import type { Solver } from "../problem/solver.ts";
import { branchOnPlaces } from "./branch-on-places.ts";

const solver = createHighsSolver();
afterAll(() => solver.close());

/** So many junctions of random roads, of which `most` serve all others at the way there. */
function medians(points: number, most: number): PlanProblem {
  let state = 7;
  const draw = (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below;
  const way = new Float64Array(points * points).fill(Infinity);
  for (let point = 0; point < points; point++) {
    way[point * points + point] = 0;
    for (const other of [(point + 1) % points, draw(points), draw(points)]) {
      if (other !== point) way[point * points + other] = way[other * points + point] = 1 + draw(99);
    }
  }
  for (let via = 0; via < points; via++) {
    for (let i = 0; i < way.length; i++) {
      const round = way[Math.floor(i / points) * points + via]! + way[via * points + (i % points)]!;
      way[i] = Math.min(way[i]!, round);
    }
  }
  const every = Int32Array.from({ length: points }, (_, point) => point);
  return {
    rows: { count: points, unservedUsd: new Float64Array(points).fill(1000), gbps: new Float64Array(points) },
    arcs: {
      starts: Int32Array.from({ length: points + 1 }, (_, row) => row * points),
      pool: Int32Array.from(way, (_, arc) => arc % points),
      usd: way,
      load: new Float64Array(way.length).fill(1 / points),
    },
    pools: {
      count: points,
      site: every,
      usd: new Float64Array(points),
      kw: new Float64Array(points),
      minCount: new Float64Array(points),
      maxCount: new Float64Array(points).fill(1),
    },
    sites: {
      count: points,
      usd: new Float64Array(points),
      kw: new Float64Array(points).fill(Infinity),
      gbps: new Float64Array(points).fill(Infinity),
      forced: new Uint8Array(points),
    },
    limits: [
      {
        name: "most sites",
        upper: most,
        sites: new Int32Array(0),
        siteWeights: new Float64Array(0),
        pools: every,
        poolWeights: new Float64Array(points).fill(1),
      },
    ],
  };
}

it("proves what the prices of the whole leave open, and asks the solver only who is served where", async () => {
  const problem = medians(160, 8);
  const from = lagrangianBound(problem, viewBySite(problem), { iterations: 1000, stallRatio: 1e-6, stop: () => false });
  let undecided = 0;
  const asked: Solver = {
    solve(model, options) {
      const { colInteger, colLower, colUpper } = model;
      undecided += colInteger.filter((whole, col) => whole === 1 && colLower[col]! < colUpper[col]!).length;
      return solver.solve(model, options);
    },
    close: () => solver.close(),
  };
  const options = { relativeGap: 0, timeLimitS: 60, patienceS: 60, seed: 1, from, mostUsd: 1.02 * from.boundUsd };
  const { solution, boundUsd, isWorthIt } = await branchOnPlaces(problem, { solver: asked, nowMs: () => 0 }, options);
  expect(isWorthIt).toBe(true);
  expect(undecided).toBe(0);
  expect(checkSolution(problem, solution!)).toEqual([]);
  const usd = objectiveUsd(problem, solution!);
  expect(boundUsd).toBeCloseTo(usd, 4);
  expect(from.boundUsd).toBeLessThan(usd - 1);
});

it("is given up where cases take long and close little, whether or not one is followed down", async () => {
  const problem = medians(160, 8);
  const from = lagrangianBound(problem, viewBySite(problem), { iterations: 1000, stallRatio: 1e-6, stop: () => false });
  // A clock by which every look at it takes a second.
  let seconds = 0;
  const tools = { solver, nowMs: () => 1000 * seconds++ };
  const options = { relativeGap: 0, timeLimitS: 1e6, seed: 1, from, mostUsd: 1.02 * from.boundUsd };
  const soon = await branchOnPlaces(problem, tools, { ...options, patienceS: 100 });
  expect(soon.isWorthIt).toBe(false);
  expect(soon.boundUsd).toBeGreaterThanOrEqual(from.boundUsd - 1e-6 * from.boundUsd);
});

it("opens no place for its own sake: where nothing stands, no other place has a parent", async () => {
  const none = new Int32Array(0);
  // The cheapest way but for the empty first site, which the second one asks for: 6 instead of 7 for nobody served.
  const problem: PlanProblem = {
    rows: { count: 2, unservedUsd: Float64Array.of(2, 5), gbps: new Float64Array(2) },
    arcs: {
      starts: Int32Array.of(0, 0, 3),
      pool: Int32Array.of(0, 1, 2),
      usd: Float64Array.of(2, 3, 0),
      load: Float64Array.of(0.125, 0.125, 0.125),
    },
    pools: {
      count: 4,
      site: Int32Array.of(0, 0, 1, 1),
      usd: Float64Array.of(2, 1, 1, 1),
      kw: new Float64Array(4),
      minCount: new Float64Array(4),
      maxCount: new Float64Array(4).fill(2),
    },
    sites: {
      count: 2,
      usd: Float64Array.of(2, 1),
      kw: new Float64Array(2).fill(Infinity),
      gbps: new Float64Array(2).fill(Infinity),
      forced: new Uint8Array(2),
    },
    limits: [
      {
        name: "parent of the second site",
        upper: 0,
        sites: Int32Array.of(1, 0),
        siteWeights: Float64Array.of(1, -1),
        pools: none,
        poolWeights: new Float64Array(0),
      },
    ],
  };
  const from = lagrangianBound(problem, viewBySite(problem), { iterations: 20, stop: () => false });
  const options = { relativeGap: 0, timeLimitS: 60, patienceS: 60, seed: 1, from, mostUsd: 8 };
  const { solution, boundUsd } = await branchOnPlaces(problem, { solver, nowMs: () => 0 }, options);
  expect(objectiveUsd(problem, solution!)).toBeCloseTo(7, 6);
  expect(boundUsd).toBeCloseTo(7, 6);
});
