import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../../adapters/solver-highs/index.ts";
import { coverModel, pricesOfCover } from "./cover-model.ts";
import { solveExact } from "../search/exact.ts";
import { lagrangianBound } from "../bound/lagrangian.ts";
import { limitRow } from "../problem/limit-rows.ts";
import type { PlanProblem } from "../problem/problem.ts";
import { viewBySite } from "../problem/site-view.ts";

const solver = createHighsSolver();
afterAll(() => solver.close());

/** Three places, of which two may open, and three rows, each of which two of them reach; whoever is served needs both. */
const triangle: PlanProblem = {
  rows: { count: 3, unservedUsd: Float64Array.of(10, 20, 40), gbps: new Float64Array(3) },
  arcs: {
    starts: Int32Array.of(0, 2, 4, 6),
    pool: Int32Array.of(0, 1, 1, 2, 0, 2),
    usd: new Float64Array(6).fill(0.1),
    load: new Float64Array(6).fill(0.2),
  },
  pools: {
    count: 3,
    site: Int32Array.of(0, 1, 2),
    usd: Float64Array.of(2, 2, 2),
    kw: new Float64Array(3),
    minCount: new Float64Array(3),
    maxCount: new Float64Array(3).fill(Infinity),
  },
  sites: {
    count: 3,
    usd: Float64Array.of(1, 1, 1),
    kw: new Float64Array(3).fill(Infinity),
    gbps: new Float64Array(3).fill(Infinity),
    forced: new Uint8Array(3),
  },
  limits: [
    limitRow({ name: "most sites", upper: 2, sites: [0, 1, 2].map((site) => [site, 1]) }),
    ...[
      [0, 0, 1],
      [1, 1, 2],
      [2, 0, 2],
    ].flatMap(([row, ...places]) =>
      places.map((pool) => ({
        ...limitRow({ name: "beside", upper: -1, pools: [[pool, -1]], unserved: [[row!, -1]] }),
        follows: true as const,
      })),
    ),
  ],
};

describe("a problem in outline", () => {
  const view = viewBySite(triangle);
  const known = lagrangianBound(triangle, view, { iterations: 5, stop: () => false });
  const outline = coverModel(triangle, view, new Uint8Array(3), known);
  const terms = { timeLimitS: 10, relativeGap: 0, seed: 1 };

  it("opens what the cheapest plan opens and costs no more", async () => {
    const best = await solveExact(triangle, { solver, nowMs: () => 0 }, terms);
    const planned = await solver.solve(outline.model, terms);
    expect(planned.bound).toBeLessThanOrEqual(best.objectiveUsd + 1e-6);
    expect(planned.objective).toBeGreaterThan(best.objectiveUsd - 0.5);
    expect(Array.from(outline.openCol, (col) => Math.round(planned.solution![col]!))).toEqual([...best.solution.open]);
  });

  it("is worth as much in prices as it costs with places open in part", async () => {
    const model = { ...outline.model, colInteger: new Uint8Array(outline.model.numCols) };
    const relaxed = await solver.solve(model, terms);
    const start = pricesOfCover(triangle, outline, relaxed, known);
    const proven = lagrangianBound({ ...triangle, limits: start.limits }, view, {
      iterations: 1,
      from: start,
      stop: () => true,
    });
    expect(proven.boundUsd).toBeGreaterThanOrEqual(relaxed.objective - 1e-6);
  });
});
