import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../../adapters/solver-highs/index.ts";
import { lagrangianBound } from "../bound/lagrangian.ts";
import { limitRow } from "../problem/limit-rows.ts";
import type { PlanProblem } from "../problem/problem.ts";
import { viewBySite } from "../problem/site-view.ts";
import { solveExact } from "../search/exact.ts";
import { sharedPlaces } from "./shared-places.ts";

const solver = createHighsSolver();
afterAll(() => solver.close());
const terms = { timeLimitS: 20, relativeGap: 0, seed: 1 };

/** Twelve demands of four kinds that any of three places may serve, far ones taking more time; whoever is served needs a reserve. */
function shared(): PlanProblem {
  const [rows, places] = [12, 3];
  const arcs = Array.from({ length: rows * places }, (_, i) => ({ row: Math.floor(i / places), place: i % places }));
  const size = (row: number): number => 1 + (row % 4);
  return {
    rows: {
      count: rows,
      unservedUsd: Float64Array.from({ length: rows }, (_, row) => 60 * size(row)),
      gbps: new Float64Array(rows),
    },
    arcs: {
      starts: Int32Array.from({ length: rows + 1 }, (_, row) => row * places),
      pool: Int32Array.from(arcs, ({ place }) => place),
      usd: Float64Array.from(arcs, ({ row }) => 0.1 * size(row)),
      load: Float64Array.from(arcs, ({ row, place }) => size(row) * (row % 3 === place ? 1 : 1.4)),
    },
    pools: {
      count: places,
      site: Int32Array.of(0, 1, 2),
      usd: Float64Array.of(5, 6, 7),
      kw: new Float64Array(places),
      minCount: new Float64Array(places),
      maxCount: new Float64Array(places).fill(Infinity),
    },
    sites: {
      count: places,
      usd: Float64Array.of(20, 20, 20),
      kw: new Float64Array(places).fill(Infinity),
      gbps: new Float64Array(places).fill(Infinity),
      forced: new Uint8Array(places),
    },
    limits: [
      {
        ...limitRow({
          name: "twice what is served stands",
          upper: -60,
          pools: [0, 1, 2].map((pool) => [pool, -1] as const),
          unserved: Array.from({ length: rows }, (_, row) => [row, -2 * size(row)] as const),
        }),
        follows: true as const,
      },
      limitRow({ name: "most sites", upper: 2, sites: [0, 1, 2].map((site) => [site, 1] as const) }),
    ],
  };
}

describe("rows that share all places", () => {
  const problem = shared();
  const view = viewBySite(problem);
  const everyRow = new Uint8Array(problem.rows.count).fill(1);
  const nothing = { rowPrice: new Float64Array(problem.rows.count), limitPrice: new Float64Array(2) };
  const at = (from: Parameters<typeof lagrangianBound>[2]["from"]): number =>
    lagrangianBound(problem, view, { iterations: 1, stop: () => true, ...(from && { from }) }).boundUsd;

  it("are worth what the relaxation of the whole is worth, at once", async () => {
    const model = sharedPlaces(problem, view, everyRow, nothing);
    const relaxed = await solver.solve(model.model, terms);
    const proven = at(model.prices(relaxed.rowDuals!));
    const best = await solveExact(problem, { solver, nowMs: () => 0 }, terms);
    expect(proven).toBeLessThanOrEqual(best.objectiveUsd + 1e-6);
    expect(proven).toBeGreaterThan(0.93 * best.objectiveUsd);
    expect(proven).toBeGreaterThanOrEqual(relaxed.objective - 1e-6);
    expect(proven).toBeGreaterThan(at(undefined));
  });

  it("leave the prices of others as they are", async () => {
    const shares = everyRow.slice();
    shares[3] = 0;
    const known = { rowPrice: nothing.rowPrice.slice(), limitPrice: Float64Array.of(0, 0.25) };
    known.rowPrice[3] = 17;
    const model = sharedPlaces(problem, view, shares, known);
    const relaxed = await solver.solve(model.model, terms);
    const prices = model.prices(relaxed.rowDuals!);
    expect(prices.rowPrice[3]).toBe(17);
    expect(prices.limitPrice[1]).toBe(0.25);
    for (const price of [...prices.rowPrice, ...prices.limitPrice]) expect(price).toBeGreaterThanOrEqual(0);
  });
});
