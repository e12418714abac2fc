/**
 * A part of a problem freed while the rest of the plan stands: some sites, the demand they serve and the demand nobody
 * serves that they could. Solved exactly, it can only make the plan cheaper.
 */
import type { CouplingLimit } from "../problem/coupling-limit.ts";
import { slotsOfPart } from "../problem/engine-slots.ts";
import type { MoveTables } from "./row-moves.ts";
import { negligible, type PlanState } from "./plan-state.ts";
import { noTies, type FleetTies, type PlanProblem, type ProblemSolution } from "../problem/problem.ts";

export interface Neighbourhood {
  readonly problem: PlanProblem;
  /** What the plan does there now. */
  readonly start: ProblemSolution;
  /** Positions in the whole problem of the part's pools, rows and arcs. */
  readonly pool: Int32Array;
  readonly row: Int32Array;
  readonly arc: Int32Array;
  /** Share of each row that the part is about. */
  readonly portion: Float64Array;
}

/**
 * @param perRow Arcs kept per row, those cheapest with modules priced as the bound prices them; what carries traffic now is
 * kept besides.
 * @param takesUnserved Whether it may serve what nobody serves now.
 */
export function neighbourhoodOf(
  state: PlanState,
  tables: MoveTables,
  sites: readonly number[],
  perRow: number,
  takesUnserved = true,
): Neighbourhood {
  const { problem } = state;
  const { arcs, pools } = problem;
  const pool: number[] = [];
  const localPool = new Map<number, number>();
  for (const site of sites) {
    for (const p of tables.poolsOfSite[site]!) {
      localPool.set(p, pool.length);
      pool.push(p);
    }
  }
  const portionOf = new Map<number, number>();
  for (const p of pool) {
    for (let j = tables.byPool.starts[p]!; j < tables.byPool.starts[p + 1]!; j++) {
      const arc = tables.byPool.arc[j]!;
      const row = tables.rowOf[arc]!;
      const here = state.share[arc]!;
      const known = portionOf.get(row);
      if (known !== undefined) portionOf.set(row, known + here);
      else {
        const unserved = takesUnserved ? Math.max(0, state.unserved[row]!) : 0;
        if (here > 0 || unserved > negligible) portionOf.set(row, here + unserved);
      }
    }
  }
  const row = [...portionOf.keys()].sort((a, b) => a - b);
  const arc: number[] = [];
  const starts = [0];
  for (const r of row) {
    let kept = 0;
    const begin = arc.length;
    for (let i = arcs.starts[r]!; i < arcs.starts[r + 1]!; i++) {
      const a = tables.ranked[i]!;
      if (!localPool.has(arcs.pool[a]!)) continue;
      if (kept < perRow || state.share[a]! > 0) {
        arc.push(a);
        kept++;
      }
    }
    const sorted = arc.slice(begin).sort((a, b) => a - b);
    for (const [i, a] of sorted.entries()) arc[begin + i] = a;
    starts.push(arc.length);
  }
  const portion = Float64Array.from(row, (r) => portionOf.get(r)!);
  const rowAt = new Int32Array(arc.length);
  for (let r = 0; r < row.length; r++) rowAt.fill(r, starts[r]!, starts[r + 1]!);
  const siteAt = new Map(sites.map((site, index) => [site, index]));
  const countsArcs = problem.limits.some((limit) => limit.arcs !== undefined);
  const arcAt = new Map(countsArcs ? arc.map((a, index) => [a, index]) : []);
  const of = (values: Float64Array, keys: readonly number[]): Float64Array =>
    Float64Array.from(keys, (key) => values[key]!);
  const part: PlanProblem = {
    rows: {
      count: row.length,
      unservedUsd: Float64Array.from(row, (r, i) => problem.rows.unservedUsd[r]! * portion[i]!),
      gbps: Float64Array.from(row, (r, i) => problem.rows.gbps[r]! * portion[i]!),
    },
    arcs: {
      starts: Int32Array.from(starts),
      pool: Int32Array.from(arc, (a) => localPool.get(arcs.pool[a]!)!),
      usd: Float64Array.from(arc, (a, i) => arcs.usd[a]! * portion[rowAt[i]!]!),
      load: Float64Array.from(arc, (a, i) => arcs.load[a]! * portion[rowAt[i]!]!),
    },
    pools: {
      count: pool.length,
      site: Int32Array.from(pool, (p) => siteAt.get(pools.site[p]!)!),
      usd: of(pools.usd, pool),
      kw: of(pools.kw, pool),
      minCount: of(pools.minCount, pool),
      // More of a kind are of no use than in the whole problem, though the part knows little of who may be served.
      maxCount: Float64Array.from(pool, (p) =>
        Math.max(state.modules[p]!, Math.min(state.most[p]!, pools.maxCount[p]!)),
      ),
      ...(pools.isSwitch && { isSwitch: Uint8Array.from(pool, (p) => pools.isSwitch![p]!) }),
      ...(pools.reserveLoad && { reserveLoad: of(pools.reserveLoad, pool) }),
    },
    sites: {
      count: sites.length,
      usd: of(problem.sites.usd, sites),
      kw: of(problem.sites.kw, sites),
      gbps: of(problem.sites.gbps, sites),
      forced: Uint8Array.from(sites, (site) => problem.sites.forced[site]!),
    },
    limits: problem.limits.flatMap((limit, l) =>
      remaining(state, limit, l, { siteAt, localPool, arcAt, portion, rowAt }),
    ),
    ties: pickTies(problem.ties ?? noTies, localPool),
    ...(problem.engines && { engines: slotsOfPart(problem.engines, localPool, row, arc) }),
  };
  const open = Uint8Array.from(sites, (site) => (state.standing[site]! > 0 || problem.sites.forced[site] ? 1 : 0));
  const share = Float64Array.from(arc, (a, i) => {
    const whole = portion[rowAt[i]!]!;
    return whole > 0 ? state.share[a]! / whole : 0;
  });
  return {
    problem: part,
    start: { open, modules: of(state.modules, pool), share },
    pool: Int32Array.from(pool),
    row: Int32Array.from(row),
    arc: Int32Array.from(arc),
    portion,
  };
}

/** The ties whose pools are all in the part; parts free a place in all its periods, so none is cut. */
export function pickTies(ties: FleetTies, localPool: ReadonlyMap<number, number>): FleetTies {
  if (ties.count === 0) return ties;
  const starts = [0];
  const pool: number[] = [];
  const weight: number[] = [];
  for (let tie = 0; tie < ties.count; tie++) {
    if (!localPool.has(ties.pool[ties.starts[tie]!]!)) continue;
    for (let i = ties.starts[tie]!; i < ties.starts[tie + 1]!; i++) {
      pool.push(localPool.get(ties.pool[i]!)!);
      weight.push(ties.weight[i]!);
    }
    starts.push(pool.length);
  }
  return {
    count: starts.length - 1,
    starts: Int32Array.from(starts),
    pool: Int32Array.from(pool),
    weight: Float64Array.from(weight),
  };
}

/** Where parts of the whole problem stand in the neighbourhood's. */
interface Places {
  readonly siteAt: ReadonlyMap<number, number>;
  readonly localPool: ReadonlyMap<number, number>;
  readonly arcAt: ReadonlyMap<number, number>;
  readonly portion: Float64Array;
  readonly rowAt: Int32Array;
}

/** A coupling limit with what the rest of the plan uses taken off. */
function remaining(state: PlanState, limit: CouplingLimit, position: number, places: Places): CouplingLimit[] {
  const sites: number[] = [];
  const siteWeights: number[] = [];
  const pools: number[] = [];
  const poolWeights: number[] = [];
  const arcs: number[] = [];
  const arcWeights: number[] = [];
  let own = 0;
  for (const [i, site] of limit.sites.entries()) {
    const local = places.siteAt.get(site);
    if (local === undefined) continue;
    sites.push(local);
    siteWeights.push(limit.siteWeights[i]!);
    if (state.standing[site]! > 0 || state.problem.sites.forced[site]) own += limit.siteWeights[i]!;
  }
  for (const [i, pool] of limit.pools.entries()) {
    const local = places.localPool.get(pool);
    if (local === undefined) continue;
    pools.push(local);
    poolWeights.push(limit.poolWeights[i]!);
    own += limit.poolWeights[i]! * state.modules[pool]!;
  }
  for (const [i, arc] of (limit.arcs ?? []).entries()) {
    const local = places.arcAt.get(arc);
    if (local === undefined) continue;
    arcs.push(local);
    arcWeights.push(limit.arcWeights![i]! * places.portion[places.rowAt[local]!]!);
    own += limit.arcWeights![i]! * state.share[arc]!;
  }
  if (sites.length === 0 && pools.length === 0 && arcs.length === 0) return [];
  // Rounding must not make what stands now look forbidden.
  const upper = Math.max(own, limit.upper - (state.limitUse[position]! - own));
  return [
    {
      name: limit.name,
      upper,
      sites: Int32Array.from(sites),
      siteWeights: Float64Array.from(siteWeights),
      pools: Int32Array.from(pools),
      poolWeights: Float64Array.from(poolWeights),
      ...(arcs.length > 0 && { arcs: Int32Array.from(arcs), arcWeights: Float64Array.from(arcWeights) }),
    },
  ];
}

/** Puts a solution of the part into the plan. */
export function applyTo(state: PlanState, part: Neighbourhood, solution: ProblemSolution): void {
  const { starts } = part.problem.arcs;
  for (const [r, row] of part.row.entries()) {
    for (let i = starts[r]!; i < starts[r + 1]!; i++) {
      const now = state.share[part.arc[i]!]!;
      if (now !== 0) state.serve(row, part.arc[i]!, -now);
    }
  }
  for (const [p, pool] of part.pool.entries()) state.build(pool, solution.modules[p]!);
  for (const [r, row] of part.row.entries()) {
    for (let i = starts[r]!; i < starts[r + 1]!; i++) {
      const share = solution.share[i]! * part.portion[r]!;
      if (share > 0) state.serve(row, part.arc[i]!, share);
    }
  }
}
