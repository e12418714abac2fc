/**
 * Random problems small enough to solve by enumeration, for the tests of every solution path. They cover all constraint
 * families: integer modules, opening costs, power, ports, forced sites, least counts and coupling limits.
 */
import fc from "fast-check";
import type { PlanProblem } from "../../src/plan/index.ts";

const small = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max });

export const tinyProblem: fc.Arbitrary<PlanProblem> = fc
  .record({
    sites: fc.integer({ min: 1, max: 3 }),
    rows: fc.integer({ min: 1, max: 3 }),
    kinds: fc.integer({ min: 1, max: 2 }),
  })
  .chain(({ sites, rows, kinds }) => {
    const pools = sites * kinds;
    const per = <T>(count: number, value: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
      fc.array(value, { minLength: count, maxLength: count });
    return fc
      .record({
        unserved: per(rows, fc.integer({ min: 1, max: 60 })),
        gbps: per(rows, small(5)),
        arcs: per(rows * pools, fc.option(fc.record({ usd: small(20), load: fc.integer({ min: 1, max: 16 }) }))),
        poolUsd: per(pools, fc.integer({ min: 1, max: 15 })),
        poolKw: per(pools, small(4)),
        minCount: per(pools, fc.constantFrom(0, 0, 0, 0, 0, 1)),
        siteUsd: per(sites, small(20)),
        siteKw: per(sites, fc.option(fc.integer({ min: 2, max: 9 }))),
        sitePort: per(sites, fc.option(small(8))),
        forced: per(sites, fc.constantFrom(0, 0, 0, 1)),
        mostSites: fc.option(fc.integer({ min: 1, max: 3 })),
        zone: fc.option(fc.integer({ min: 2, max: 12 })),
      })
      .map((draw) => toProblem(sites, rows, kinds, draw));
  });

function toProblem(
  sites: number,
  rows: number,
  kinds: number,
  draw: {
    unserved: number[];
    gbps: number[];
    arcs: ({ usd: number; load: number } | null)[];
    poolUsd: number[];
    poolKw: number[];
    minCount: number[];
    siteUsd: number[];
    siteKw: (number | null)[];
    sitePort: (number | null)[];
    forced: number[];
    mostSites: number | null;
    zone: number | null;
  },
): PlanProblem {
  const pools = sites * kinds;
  const starts = [0];
  const pool: number[] = [];
  const usd: number[] = [];
  const load: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let p = 0; p < pools; p++) {
      const arc = draw.arcs[row * pools + p];
      if (arc === null || arc === undefined) continue;
      pool.push(p);
      usd.push(arc.usd);
      load.push(arc.load / 8);
    }
    starts.push(pool.length);
  }
  const none = { pools: new Int32Array(0), poolWeights: new Float64Array(0) };
  const everySite = Int32Array.from({ length: sites }, (_, site) => site);
  const everyPool = Int32Array.from({ length: pools }, (_, p) => p);
  return {
    rows: { count: rows, unservedUsd: Float64Array.from(draw.unserved), gbps: Float64Array.from(draw.gbps) },
    arcs: {
      starts: Int32Array.from(starts),
      pool: Int32Array.from(pool),
      usd: Float64Array.from(usd),
      load: Float64Array.from(load),
    },
    pools: {
      count: pools,
      site: everyPool.map((p) => Math.floor(p / kinds)),
      usd: Float64Array.from(draw.poolUsd),
      kw: Float64Array.from(draw.poolKw),
      minCount: Float64Array.from(draw.minCount),
      maxCount: new Float64Array(pools).fill(2),
    },
    sites: {
      count: sites,
      usd: Float64Array.from(draw.siteUsd),
      kw: Float64Array.from(draw.siteKw, (kw) => kw ?? Infinity),
      gbps: Float64Array.from(draw.sitePort, (gbps) => gbps ?? Infinity),
      forced: Uint8Array.from(draw.forced),
    },
    limits: [
      ...(draw.mostSites === null
        ? []
        : [
            {
              name: "most sites",
              upper: draw.mostSites,
              sites: everySite,
              siteWeights: new Float64Array(sites).fill(1),
              ...none,
            },
          ]),
      ...(draw.zone === null
        ? []
        : [
            {
              name: "zone power",
              upper: draw.zone,
              sites: new Int32Array(0),
              siteWeights: new Float64Array(0),
              pools: everyPool,
              poolWeights: Float64Array.from(draw.poolKw),
            },
          ]),
    ],
  };
}
