/**
 * The planning problem of one period as flat arrays: which sites to open, how many modules of each kind to put there, and
 * who is served from where. It is what every solution path works on, exact or decomposed, whether it came from a world or
 * from a published location benchmark.
 *
 * Rows are demands, served whole or in parts. A pool is the modules of one kind and one use at one site. An arc lets a row
 * be served from a pool. Money is USD per year, and every arc figure is for serving the **whole** row over it, so that
 * flows are shares between 0 and 1 and the numbers stay well scaled.
 */
import { limitUse, type CouplingLimit } from "./coupling-limit.ts";
import type { EngineSlots } from "./engine-slots.ts";

export interface PlanProblem {
  readonly rows: {
    readonly count: number;
    /** What leaving the row unserved costs, USD/year. */
    readonly unservedUsd: Float64Array;
    /** Traffic towards users if the row is served whole, Gbit/s at the peak. */
    readonly gbps: Float64Array;
    /** Which demand each row is, where the same demand stands in several periods; every row its own when left out. */
    readonly demand?: Int32Array;
  };
  /** Arcs sorted by row: row r has arcs `starts[r]` to `starts[r + 1] - 1`. */
  readonly arcs: {
    readonly starts: Int32Array;
    readonly pool: Int32Array;
    /** Cost of serving the whole row here, USD/year (egress, energy, transport). */
    readonly usd: Float64Array;
    /** Modules that serving the whole row takes. */
    readonly load: Float64Array;
  };
  readonly pools: {
    readonly count: number;
    readonly site: Int32Array;
    /** Cost of one module, USD/year. */
    readonly usd: Float64Array;
    /** Power one module draws from the site's limit, kW after PUE. */
    readonly kw: Float64Array;
    readonly minCount: Float64Array;
    /** Largest whole number of modules; Infinity where only other limits apply. */
    readonly maxCount: Float64Array;
    /** Modules that may be of use whatever the arcs ask for, where some of these are left out; none when left out. */
    readonly useful?: Float64Array;
    /** 1 for a switch: nothing that stands there, so it does not make a site open. None when left out. */
    readonly isSwitch?: Uint8Array;
    /**
     * Modules that all who may be served by the pool, or go there when something fails, would keep busy: more than its arcs ask
     * for where failures send others there. None when left out.
     */
    readonly reserveLoad?: Float64Array;
  };
  readonly sites: {
    readonly count: number;
    /** Cost of being open, USD/year. */
    readonly usd: Float64Array;
    /** Power limit, kW; Infinity = none. */
    readonly kw: Float64Array;
    /** Traffic limit of the ports, Gbit/s; Infinity = none. */
    readonly gbps: Float64Array;
    /** 1 where the site must be open. */
    readonly forced: Uint8Array;
    /**
     * 1 where something must stand at a site that is forced, as in the case of all plans in which it is open; none when left out: a
     * site that whoever asks for the plan wants open may be empty.
     */
    readonly filled?: Uint8Array;
    /** Which place each site is, where the same place stands in several periods; every site its own when left out. */
    readonly place?: Int32Array;
  };
  /** Limits that couple several sites; few. */
  readonly limits: readonly CouplingLimit[];
  /** What is paid whatever is decided, USD/year; may be negative; 0 when left out. */
  readonly constantUsd?: number;
  /** What ties the module counts of a place together over periods; none when left out. */
  readonly ties?: FleetTies;
  /** Engines of models that do not all fit the same accelerators; none where everything fits, or nothing is known of it. */
  readonly engines?: EngineSlots;
}

/**
 * `Σ weight · modules ≤ 0` per tie: what is bought in a period is not less than nothing, so what was bought before stays
 * until the end of its life. Tie f has the entries `starts[f]` to `starts[f + 1] - 1`. Where nothing reaches the end of its
 * life a tie has two entries, +1 for the earlier pool and -1 for the later one.
 */
export interface FleetTies {
  readonly count: number;
  readonly starts: Int32Array;
  readonly pool: Int32Array;
  readonly weight: Float64Array;
}

export const noTies: FleetTies = {
  count: 0,
  starts: new Int32Array(1),
  pool: new Int32Array(0),
  weight: new Float64Array(0),
};

/** A plan of one `PlanProblem`; feasible when `checkSolution` finds nothing. */
export interface ProblemSolution {
  /** 1 where the site is open. */
  readonly open: Uint8Array;
  /** Whole modules per pool. */
  readonly modules: Float64Array;
  /** Share of the row that each arc carries, in the order of the problem's arcs. */
  readonly share: Float64Array;
}

/** Site of an arc's pool. */
export function siteOfArc(problem: PlanProblem, arc: number): number {
  return problem.pools.site[problem.arcs.pool[arc]!]!;
}

/**
 * 1 where a site without modules is not open although that would pay, by what a limit counts or by what it costs; a site that has to be
 * open may be empty.
 */
export function openOnlyFilled({ sites, limits }: PlanProblem): Uint8Array {
  const only = Uint8Array.from(sites.usd, (usd) => (usd < 0 ? 1 : 0));
  for (const limit of limits) {
    for (const [i, site] of limit.sites.entries()) if (limit.siteWeights[i]! < 0) only[site] = 1;
  }
  return only.map((pays, site) => (sites.forced[site] === 1 && sites.filled?.[site] !== 1 ? 0 : pays));
}

/** Whether at one of the sites that are marked with 1 nothing but switches stands, by the modules of each pool. */
export function someStandsEmpty({ pools }: PlanProblem, marked: Uint8Array, modules: Float64Array): boolean {
  const empty = marked.slice();
  for (let pool = 0; pool < pools.count; pool++) {
    if (modules[pool]! > 0 && pools.isSwitch?.[pool] !== 1) empty[pools.site[pool]!] = 0;
  }
  return empty.includes(1);
}

/** Share of each row that no arc carries. */
export function unservedShares(problem: PlanProblem, share: Float64Array): Float64Array {
  const { starts } = problem.arcs;
  return Float64Array.from({ length: problem.rows.count }, (_, row) => {
    let served = 0;
    for (let arc = starts[row]!; arc < starts[row + 1]!; arc++) served += share[arc]!;
    return Math.max(0, 1 - served);
  });
}

/** Cost of a solution, recomputed from nothing but the problem, USD/year. */
export function objectiveUsd(problem: PlanProblem, solution: ProblemSolution): number {
  let total = problem.constantUsd ?? 0;
  for (let site = 0; site < problem.sites.count; site++) if (solution.open[site]) total += problem.sites.usd[site]!;
  for (let pool = 0; pool < problem.pools.count; pool++) total += solution.modules[pool]! * problem.pools.usd[pool]!;
  for (let arc = 0; arc < solution.share.length; arc++) {
    if (solution.share[arc] !== 0) total += solution.share[arc]! * problem.arcs.usd[arc]!;
  }
  const unserved = unservedShares(problem, solution.share);
  for (let row = 0; row < problem.rows.count; row++) {
    if (unserved[row] !== 0) total += unserved[row]! * problem.rows.unservedUsd[row]!;
  }
  return total;
}

/** A constraint a solution breaks, and by how much in the constraint's own unit. */
export interface Violation {
  readonly constraint: string;
  readonly excess: number;
}

/** Every constraint of the problem against a solution; empty when it holds within `tolerance` (relative to the limit). */
export function checkSolution(problem: PlanProblem, solution: ProblemSolution, tolerance = 1e-6): Violation[] {
  const found: Violation[] = [];
  const { rows, arcs, pools, sites } = problem;
  const require = (constraint: string, value: number, upper: number): void => {
    // A comparison that NaN fails must count as broken.
    if (!(value <= upper + tolerance * Math.max(1, Math.abs(upper)))) {
      found.push({ constraint, excess: value - upper });
    }
  };
  const load = new Float64Array(pools.count);
  const kw = new Float64Array(sites.count);
  const gbps = new Float64Array(sites.count);
  for (let row = 0; row < rows.count; row++) {
    let served = 0;
    for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
      const share = solution.share[arc]!;
      if (share === 0) continue;
      require(`share of arc ${arc} is not negative`, -share, 0);
      served += share;
      load[arcs.pool[arc]!]! += share * arcs.load[arc]!;
      gbps[siteOfArc(problem, arc)]! += share * rows.gbps[row]!;
    }
    require(`demand of row ${row}`, served, 1);
  }
  for (let pool = 0; pool < pools.count; pool++) {
    const count = solution.modules[pool]!;
    if (!Number.isInteger(count)) found.push({ constraint: `whole modules of pool ${pool}`, excess: count % 1 });
    require(`capacity of pool ${pool}`, load[pool]!, count);
    require(`least modules of pool ${pool}`, pools.minCount[pool]!, count);
    require(`most modules of pool ${pool}`, count, pools.maxCount[pool]!);
    if (count > 0 && !solution.open[pools.site[pool]!]) {
      found.push({ constraint: `pool ${pool} stands at an open site`, excess: count });
    }
    kw[pools.site[pool]!]! += count * pools.kw[pool]!;
  }
  for (let site = 0; site < sites.count; site++) {
    require(`power of site ${site}`, kw[site]!, sites.kw[site]!);
    require(`ports of site ${site}`, gbps[site]!, sites.gbps[site]!);
    if (sites.forced[site] && !solution.open[site]) found.push({ constraint: `forced site ${site}`, excess: 1 });
  }
  const unserved = problem.limits.some((limit) => limit.unserved !== undefined)
    ? unservedShares(problem, solution.share)
    : undefined;
  for (const limit of problem.limits) require(limit.name, limitUse(limit, solution, unserved), limit.upper);
  const { count, starts, pool: tied, weight } = problem.ties ?? noTies;
  for (let tie = 0; tie < count; tie++) {
    let value = 0;
    for (let i = starts[tie]!; i < starts[tie + 1]!; i++) value += weight[i]! * solution.modules[tied[i]!]!;
    require(`modules bought for pool ${tied[starts[tie + 1]! - 1]} are not fewer than none`, value, 0);
  }
  return found;
}

/**
 * Largest useful whole number of modules per pool: what power and the pool's whole demand, now or later or when something fails,
 * allow, with a whole number of engines of every kind. What draws no power is no module: it is useful where it makes room under a limit, such as an upgrade of a site's power, and has
 * a `maxCount`. Modules that nobody could use make no room, such as those for training in a period without any.
 */
export function usefulModules(problem: PlanProblem): Float64Array {
  const { arcs, pools, sites, limits, engines } = problem;
  const demand = new Float64Array(pools.count);
  const reached = new Uint8Array(pools.count);
  for (let arc = 0; arc < arcs.pool.length; arc++) {
    demand[arcs.pool[arc]!]! += arcs.load[arc]!;
    reached[arcs.pool[arc]!] = 1;
  }
  for (const [pool, load] of (pools.reserveLoad ?? []).entries()) {
    if (load > 0) reached[pool] = 1;
    demand[pool] = Math.max(demand[pool]!, load);
  }
  for (const { pools: own, roundingUp } of engines?.places ?? []) for (const pool of own) demand[pool]! += roundingUp;
  for (const limit of limits) {
    for (const [i, pool] of limit.pools.entries()) {
      const makesRoom = limit.poolWeights[i]! < 0 && reached[pool] === 0 && pools.kw[pool] === 0;
      if (makesRoom) demand[pool] = pools.maxCount[pool]!;
    }
  }
  const useful = demand.map((load, pool) =>
    Math.max(Math.ceil(load - 1e-9), pools.minCount[pool]!, pools.useful?.[pool] ?? 0),
  );
  return usefulOverTime(problem, useful).map((count, pool) => {
    const kw = pools.kw[pool]!;
    const byPower = kw > 0 ? Math.floor(sites.kw[pools.site[pool]!]! / kw + 1e-9) : Infinity;
    return Math.max(0, Math.min(count, byPower, pools.maxCount[pool]!));
  });
}

/**
 * Modules may be bought before they are needed. Where they last, none is needed beyond the most that is ever useful at
 * once; where they end, those that replace others may stand beside them, but never more than are useful in turn.
 */
function usefulOverTime(problem: PlanProblem, useful: Float64Array): Float64Array {
  const { count, starts, pool, weight } = problem.ties ?? noTies;
  if (count === 0) return useful;
  const first = Int32Array.from(useful, (_, p) => p);
  const find = (p: number): number => {
    while (first[p] !== p) p = first[p] = first[first[p]!]!;
    return p;
  };
  const ends = new Uint8Array(useful.length);
  for (let tie = 0; tie < count; tie++) {
    const from = starts[tie]!;
    for (let i = from + 1; i < starts[tie + 1]!; i++) {
      const [a, b] = [find(pool[from]!), find(pool[i]!)];
      first[Math.max(a, b)] = Math.min(a, b);
    }
  }
  for (let tie = 0; tie < count; tie++) if (!lasts(starts, weight, tie)) ends[find(pool[starts[tie]!]!)] = 1;
  const together = new Float64Array(useful.length);
  for (let p = 0; p < useful.length; p++) {
    const group = find(p);
    together[group] = ends[group] ? together[group]! + useful[p]! : Math.max(together[group]!, useful[p]!);
  }
  return useful.map((_, p) => together[find(p)]!);
}

/** Whether a tie only says that an earlier count is not above a later one. */
export function lasts(starts: Int32Array, weight: Float64Array, tie: number): boolean {
  const from = starts[tie]!;
  return starts[tie + 1]! - from === 2 && weight[from] === 1 && weight[from + 1] === -1;
}

/** The pool that each one's modules last into, and the one that they last from; -1 where there is none. */
export function lastingPools({ pools, ties = noTies }: PlanProblem): { earlier: Int32Array; later: Int32Array } {
  const earlier = new Int32Array(pools.count).fill(-1);
  const later = new Int32Array(pools.count).fill(-1);
  const { count, starts, pool, weight } = ties;
  for (let tie = 0; tie < count; tie++) {
    if (!lasts(starts, weight, tie)) continue;
    const [from, to] = [pool[starts[tie]!]!, pool[starts[tie]! + 1]!];
    later[from] = to;
    earlier[to] = from;
  }
  return { earlier, later };
}
