/**
 * The arcs of a problem sorted by site and, within a site, by row: the order in which the decomposition reads them. Columns
 * are copied so that a pass over a site touches memory in order.
 */
import { rowsOfArcs } from "./formulate.ts";
import { siteOfArc, usefulModules, type PlanProblem } from "./problem.ts";

export interface SiteView {
  /** Arcs of site s: positions `starts[s]` to `starts[s + 1] - 1` of the columns below. */
  readonly starts: Int32Array;
  readonly row: Int32Array;
  /** Which of the site's pools the arc leads to, counted from 0 within the site. */
  readonly localPool: Uint8Array;
  readonly usd: Float64Array;
  readonly load: Float64Array;
  /** Position in the problem of each arc here, and the reverse. */
  readonly arc: Int32Array;
  readonly position: Int32Array;
  /** Pools of site s: `poolStarts[s]` to `poolStarts[s + 1] - 1` of `pool`. */
  readonly poolStarts: Int32Array;
  readonly pool: Int32Array;
  /** Largest useful whole number of modules per pool of the problem. */
  readonly most: Float64Array;
  /** Most pools at one site. */
  readonly widest: number;
}

export function viewBySite(problem: PlanProblem): SiteView {
  const { arcs, pools, sites } = problem;
  const count = arcs.pool.length;
  const poolStarts = new Int32Array(sites.count + 1);
  for (let p = 0; p < pools.count; p++) poolStarts[pools.site[p]! + 1]!++;
  let widest = 1;
  for (let s = 0; s < sites.count; s++) {
    widest = Math.max(widest, poolStarts[s + 1]!);
    poolStarts[s + 1]! += poolStarts[s]!;
  }
  const pool = new Int32Array(pools.count);
  const localOf = new Uint8Array(pools.count);
  const nextPool = poolStarts.slice();
  for (let p = 0; p < pools.count; p++) {
    const site = pools.site[p]!;
    localOf[p] = nextPool[site]! - poolStarts[site]!;
    pool[nextPool[site]!++] = p;
  }
  const starts = new Int32Array(sites.count + 1);
  for (let a = 0; a < count; a++) starts[siteOfArc(problem, a) + 1]!++;
  for (let s = 0; s < sites.count; s++) starts[s + 1]! += starts[s]!;
  const next = starts.slice();
  const rowOf = rowsOfArcs(problem);
  const row = new Int32Array(count);
  const localPool = new Uint8Array(count);
  const usd = new Float64Array(count);
  const load = new Float64Array(count);
  const arc = new Int32Array(count);
  const position = new Int32Array(count);
  // Arcs come sorted by row, so filling site by site leaves each site's arcs sorted by row.
  for (let a = 0; a < count; a++) {
    const at = next[siteOfArc(problem, a)]!++;
    row[at] = rowOf[a]!;
    localPool[at] = localOf[arcs.pool[a]!]!;
    usd[at] = arcs.usd[a]!;
    load[at] = arcs.load[a]!;
    arc[at] = a;
    position[a] = at;
  }
  return { starts, row, localPool, usd, load, arc, position, poolStarts, pool, most: usefulModules(problem), widest };
}
