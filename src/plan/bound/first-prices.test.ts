import { describe, expect, it } from "vitest";
import type { PlanProblem } from "../problem/problem.ts";
import { viewBySite } from "../problem/site-view.ts";
import { firstPrices } from "./first-prices.ts";
import { lagrangianBound } from "./lagrangian.ts";

/** Places on a ring, of which so many may open: whoever has one serves himself for nothing, everybody else costs his distance. */
function ring(places: number, mayOpen: number): PlanProblem {
  const each = (value: number): Float64Array => new Float64Array(places).fill(value);
  const positions = Int32Array.from({ length: places }, (_, place) => place);
  const arcs = places * places;
  const distance = (arc: number): number => {
    const apart = Math.abs((arc % places) - Math.floor(arc / places));
    return Math.min(apart, places - apart);
  };
  return {
    rows: { count: places, unservedUsd: each(1e6), gbps: each(0) },
    arcs: {
      starts: Int32Array.from({ length: places + 1 }, (_, row) => row * places),
      pool: Int32Array.from({ length: arcs }, (_, arc) => arc % places),
      usd: Float64Array.from({ length: arcs }, (_, arc) => distance(arc)),
      load: new Float64Array(arcs).fill(1 / places),
    },
    pools: { count: places, site: positions, usd: each(0), kw: each(0), minCount: each(0), maxCount: each(1) },
    sites: {
      count: places,
      usd: each(0),
      kw: each(Infinity),
      gbps: each(Infinity),
      forced: new Uint8Array(places),
    },
    limits: [
      {
        name: "most sites",
        upper: mayOpen,
        pools: new Int32Array(0),
        poolWeights: new Float64Array(0),
        sites: positions,
        siteWeights: each(1),
      },
    ],
  };
}

describe("first prices", () => {
  it("lead to a bound where every row is served for nothing by a place of its own", () => {
    const problem = ring(30, 10);
    const bound = lagrangianBound(problem, viewBySite(problem), { iterations: 400, stop: () => false });
    // Ten serve themselves, each of the others is one apart from one of them at best.
    expect(bound.boundUsd).toBeGreaterThan(0.99 * 20);
    expect(bound.boundUsd).toBeLessThanOrEqual(20 + 1e-9);
  });

  it("are above nothing for a row that every place serves for nothing, and never above its penalty", () => {
    const stated = ring(6, 2);
    const free = { ...stated, arcs: { ...stated.arcs, usd: new Float64Array(36) } };
    for (const price of firstPrices(free)) {
      expect(price).toBeGreaterThan(0);
      expect(price).toBeLessThanOrEqual(1e6);
    }
  });
});
