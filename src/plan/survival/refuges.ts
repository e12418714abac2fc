/** Where every row of a problem of one or several periods may go when its place is lost, laid out for searches. */
import type { Stage } from "../world/failover-terms.ts";
import type { PlanProblem } from "../problem/problem.ts";
import type { FailoverTable, Failure } from "../world/resilience.ts";
import { siteOfSpot } from "../problem/spots.ts";

/** A place is modules of one kind at one site in one period. */
export interface Refuges {
  readonly places: number;
  /** Place of every pool that serves; -1 for others. */
  readonly placeOf: Int32Array;
  readonly poolsAt: readonly (readonly number[])[];
  readonly siteOf: Int32Array;
  /** Where row r may go: entries `starts[r]` to `starts[r + 1] - 1`. */
  readonly starts: Int32Array;
  readonly place: Int32Array;
  readonly load: Float64Array;
  /** Failures that a site is lost in, and the sites lost in each; failure f of period t is at `t * failures + f`. */
  readonly failuresOf: readonly (readonly number[])[];
  readonly lost: readonly ReadonlySet<number>[];
}

export function refugesIn(
  problem: PlanProblem,
  stages: readonly Stage[],
  tables: readonly FailoverTable[],
  failures: readonly Failure[],
): Refuges {
  const placeOf = new Int32Array(problem.pools.count).fill(-1);
  const poolsAt: number[][] = [];
  const siteOf: number[] = [];
  const starts = new Int32Array(problem.rows.count + 1);
  const size = tables.reduce((sum, { refuges }) => sum + refuges.spot.length, 0);
  const place = new Int32Array(size);
  const load = new Float64Array(size);
  const failuresOf: number[][] = Array.from({ length: problem.sites.count }, () => []);
  const lost: Set<number>[] = [];
  let [row, site, at] = [0, 0, 0];
  for (const [stage, { planned, poolsOfSpot, refuges }] of tables.entries()) {
    const placeOfSpot = new Map<number, number>();
    for (const [spot, pools] of poolsOfSpot) {
      const here = pools.map((pool) => pool + stages[stage]!.pool);
      for (const pool of here) placeOf[pool] = poolsAt.length;
      placeOfSpot.set(spot, poolsAt.length);
      siteOf.push(site + siteOfSpot(planned.world, spot));
      poolsAt.push(here);
    }
    for (const failure of failures) {
      for (const each of failure.sites) failuresOf[site + each]!.push(lost.length);
      lost.push(new Set(failure.sites.map((each) => site + each)));
    }
    for (let i = 0; i < refuges.spot.length; i++) place[at + i] = placeOfSpot.get(refuges.spot[i]!)!;
    load.set(refuges.load, at);
    for (let r = 0; r < planned.problem.rows.count; r++) starts[row + r] = at + refuges.starts[r]!;
    row += planned.problem.rows.count;
    site += planned.problem.sites.count;
    at += refuges.spot.length;
  }
  starts.fill(at, row);
  return {
    places: poolsAt.length,
    placeOf,
    poolsAt,
    siteOf: Int32Array.from(siteOf),
    starts,
    place,
    load,
    failuresOf,
    lost,
  };
}
