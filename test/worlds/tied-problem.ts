import fc from "fast-check";
import type { PlanProblem } from "../../src/plan/index.ts";
import { tinyProblem } from "./tiny-problem.ts";

/** Random problems of two periods with the same places: what stands in the first stays in the second. */
export const tiedProblem: fc.Arbitrary<PlanProblem> = fc
  .record({ problem: tinyProblem, grow: fc.constantFrom(0.5, 1, 1.5, 2), dearer: fc.constantFrom(0.5, 1, 2) })
  .map(({ problem, grow, dearer }) => {
    const { rows, arcs, pools, sites } = problem;
    const twice = (values: Float64Array, factor = 1): Float64Array =>
      Float64Array.from([...values, ...values.map((value) => value * factor)]);
    const shifted = (values: Int32Array, by: number): Int32Array =>
      Int32Array.from([...values, ...values.map((value) => value + by)]);
    return {
      rows: {
        count: 2 * rows.count,
        unservedUsd: twice(rows.unservedUsd, grow),
        gbps: twice(rows.gbps),
        demand: Int32Array.from({ length: 2 * rows.count }, (_, row) => row % rows.count),
      },
      arcs: {
        starts: Int32Array.from([...arcs.starts, ...arcs.starts.slice(1).map((start) => start + arcs.pool.length)]),
        pool: shifted(arcs.pool, pools.count),
        usd: twice(arcs.usd, grow),
        load: twice(arcs.load, grow),
      },
      pools: {
        count: 2 * pools.count,
        site: shifted(pools.site, sites.count),
        usd: twice(pools.usd, dearer),
        kw: twice(pools.kw),
        minCount: twice(pools.minCount),
        maxCount: twice(pools.maxCount),
      },
      sites: {
        count: 2 * sites.count,
        usd: twice(sites.usd, dearer),
        kw: twice(sites.kw),
        gbps: twice(sites.gbps),
        forced: Uint8Array.from([...sites.forced, ...sites.forced]),
        place: Int32Array.from({ length: 2 * sites.count }, (_, site) => site % sites.count),
      },
      limits: problem.limits.flatMap((limit) => [
        { ...limit, eachPeriod: limit.name },
        {
          ...limit,
          eachPeriod: limit.name,
          sites: limit.sites.map((site) => site + sites.count),
          pools: limit.pools.map((pool) => pool + pools.count),
          ...(limit.arcs === undefined ? {} : { arcs: limit.arcs.map((arc) => arc + arcs.pool.length) }),
        },
      ]),
      ties: {
        count: pools.count,
        starts: Int32Array.from({ length: pools.count + 1 }, (_, tie) => 2 * tie),
        pool: Int32Array.from(Array.from({ length: pools.count }, (_, pool) => [pool, pools.count + pool]).flat()),
        weight: Float64Array.from({ length: 2 * pools.count }, (_, i) => (i % 2 === 0 ? 1 : -1)),
      },
    };
  });
