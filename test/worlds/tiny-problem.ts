/**
 * Random problems small enough to solve by enumeration, for the tests of every solution path. They cover all constraint
 * families: integer modules, opening costs, power, ports, forced sites, least counts and coupling limits, also those that
 * work both ways: a least share, a least use, a parent that must be open, an upgrade that makes room.
 */
import fc from "fast-check";
import type { CouplingLimit, PlanProblem } from "../../src/plan/index.ts";

const small = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max });

const sometimes = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { freq: 2 });

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
        leastShare: sometimes(fc.constantFrom(0.3, 0.5)),
        leastUse: sometimes(fc.constantFrom(0.4, 0.8)),
        parent: sometimes(fc.constant(true)),
        upgrade: sometimes(
          fc.record({ base: fc.constantFrom(0, 0.5, 1), room: fc.constantFrom(0.5, 1), usd: small(9) }),
        ),
        constantUsd: fc.constantFrom(0, 0, 7),
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
    leastShare: number | null;
    leastUse: number | null;
    parent: boolean | null;
    upgrade: { base: number; room: number; usd: number } | null;
    constantUsd: number;
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
  const upgrades = draw.upgrade === null ? 0 : 1;
  const arcsTo = (serves: (p: number) => boolean): number[] => [...pool.keys()].filter((arc) => serves(pool[arc]!));
  const both = bothWays(draw, sites, kinds, arcsTo, load);
  return {
    constantUsd: draw.constantUsd,
    rows: { count: rows, unservedUsd: Float64Array.from(draw.unserved), gbps: Float64Array.from(draw.gbps) },
    arcs: {
      starts: Int32Array.from(starts),
      pool: Int32Array.from(pool),
      usd: Float64Array.from(usd),
      load: Float64Array.from(load),
    },
    pools: {
      count: pools + upgrades,
      // The upgrade is a pool of the first site that serves nobody.
      site: Int32Array.from([...everyPool, ...Array<number>(upgrades).fill(0)], (p, at) =>
        at < pools ? Math.floor(p / kinds) : 0,
      ),
      usd: Float64Array.from([...draw.poolUsd, ...(draw.upgrade === null ? [] : [draw.upgrade.usd])]),
      kw: Float64Array.from([...draw.poolKw, ...Array<number>(upgrades).fill(0)]),
      minCount: Float64Array.from([...draw.minCount, ...Array<number>(upgrades).fill(0)]),
      maxCount: Float64Array.from({ length: pools + upgrades }, (_, p) => (p < pools ? 2 : 1)),
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
      ...both,
    ],
  };
}

function bothWays(
  draw: {
    leastShare: number | null;
    leastUse: number | null;
    parent: boolean | null;
    upgrade: { base: number; room: number } | null;
  },
  sites: number,
  kinds: number,
  arcsTo: (serves: (p: number) => boolean) => number[],
  load: readonly number[],
): CouplingLimit[] {
  const limit = (
    name: string,
    upper: number,
    pools: readonly (readonly [number, number])[],
    arcs: readonly (readonly [number, number])[] = [],
    open: readonly (readonly [number, number])[] = [],
  ): CouplingLimit => ({
    name,
    upper,
    sites: Int32Array.from(open, ([site]) => site),
    siteWeights: Float64Array.from(open, ([, weight]) => weight),
    pools: Int32Array.from(pools, ([p]) => p),
    poolWeights: Float64Array.from(pools, ([, weight]) => weight),
    arcs: Int32Array.from(arcs, ([arc]) => arc),
    arcWeights: Float64Array.from(arcs, ([, weight]) => weight),
  });
  const first = (p: number): boolean => Math.floor(p / kinds) === 0;
  const limits: CouplingLimit[] = [];
  const { leastShare, leastUse, parent, upgrade } = draw;
  if (leastShare !== null) {
    const weights = Array.from({ length: sites * kinds }, (_, p) => [p, leastShare - (first(p) ? 1 : 0)] as const);
    limits.push(limit("least share of the first site", 0, weights));
  }
  if (leastUse !== null) {
    const used = arcsTo((p) => p === 0).map((arc) => [arc, -load[arc]!] as const);
    limits.push(limit("least use of the first pool", 0, [[0, leastUse]], used));
  }
  if (parent !== null && sites > 1) {
    const open = [[1, 1] as const, [0, -1] as const];
    limits.push(limit("parent of the second site", 0, [], [], open));
  }
  if (upgrade !== null) {
    const carried = arcsTo(first).map((arc) => [arc, 1] as const);
    limits.push(limit("line of the first site", upgrade.base, [[sites * kinds, -upgrade.room]], carried));
  }
  return limits;
}
