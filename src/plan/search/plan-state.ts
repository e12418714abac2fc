/**
 * A plan under construction with everything it uses kept up to date, so that a move can be tried, priced and taken back.
 */
import { arcLimitsOf, isTwoSided, type CouplingLimit } from "../problem/coupling-limit.ts";
import {
  lastingPools,
  lasts,
  noTies,
  siteOfArc,
  usefulModules,
  type PlanProblem,
  type ProblemSolution,
} from "../problem/problem.ts";

/** Below this a share, a load or a capacity is nothing. */
export const negligible = 1e-9;

export interface PlanState {
  readonly problem: PlanProblem;
  readonly modules: Float64Array;
  readonly share: Float64Array;
  /** Module time in use per pool. */
  readonly load: Float64Array;
  /** Share of each row nobody serves. */
  readonly unserved: Float64Array;
  readonly standing: Int32Array;
  readonly kw: Float64Array;
  readonly gbps: Float64Array;
  readonly limitUse: Float64Array;
  /** Changes cost by how much since the state was made, USD/year. */
  costUsd: number;
  /** Adds `delta` (may be negative) of the row to the arc; the caller minds the limits. */
  serve(row: number, arc: number, delta: number): void;
  /** Limits that are broken now. */
  brokenLimits: number;
  /**
   * While true, `fits` and `room` look past limits that work both ways (a least share, a least use): they can only be judged
   * when a plan stands, and are mended then.
   */
  lenient: boolean;
  /** Whether there are limits that work both ways. */
  readonly hasTwoSided: boolean;
  /**
   * Changes the modules of a pool, opening or shutting its site as needed; the caller minds the limits. What is bought stays
   * in later periods and what is not there later was not bought before: the pool's counts in other periods follow.
   */
  build(pool: number, count: number): void;
  /** Modules per pool that `fits` allows at most. */
  readonly most: Float64Array;
  /** Whether `more` modules fit, now and later: power, pool, coupling limits with the site's opening. */
  fits(pool: number, more: number): boolean;
  /** The coupling limits that keep one more module from fitting; empty where none does. */
  blocking(pool: number): number[];
  /** Cost of one more module of the pool, and of opening its site where it is shut, now and later, USD/year. */
  nextModuleUsd(pool: number): number;
  nextOpeningUsd(pool: number): number;
  /** The same pool in the period before; -1 when there is none that must not have more. */
  readonly earlier: Int32Array;
  /** Largest share of a row that can be added over an arc with the modules that stand. */
  room(row: number, arc: number): number;
  /** Remembers the state; `rollback` returns to it. */
  checkpoint(): void;
  rollback(): void;
  solution(): ProblemSolution;
}

/** @param most Modules per pool that `fits` allows at most. */
export function createPlanState(
  problem: PlanProblem,
  from: ProblemSolution,
  most: Float64Array = usefulModules(problem),
): PlanState {
  const { rows, arcs, pools, sites } = problem;
  const { limits, earlier, later } = withTies(problem);
  const modules = from.modules.slice();
  const share = from.share.slice();
  const load = new Float64Array(pools.count);
  const unserved = new Float64Array(rows.count).fill(1);
  const standing = new Int32Array(sites.count);
  const kw = new Float64Array(sites.count);
  const gbps = new Float64Array(sites.count);
  const limitUse = new Float64Array(limits.length);
  const limitsOfPool: { limit: number; weight: number }[][] = Array.from({ length: pools.count }, () => []);
  const limitsOfSite: { limit: number; weight: number }[][] = Array.from({ length: sites.count }, () => []);
  for (const [l, limit] of limits.entries()) {
    for (const [i, pool] of limit.pools.entries())
      limitsOfPool[pool]!.push({ limit: l, weight: limit.poolWeights[i]! });
    for (const [i, site] of limit.sites.entries())
      limitsOfSite[site]!.push({ limit: l, weight: limit.siteWeights[i]! });
  }
  const arcLimits = arcLimitsOf(problem, () => true);
  const twoSided = Uint8Array.from(limits, (limit) => (isTwoSided(limit) ? 1 : 0));
  for (let row = 0; row < rows.count; row++) {
    for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
      if (share[arc] === 0) continue;
      for (let j = arcLimits?.starts[arc] ?? 0; j < (arcLimits?.starts[arc + 1] ?? 0); j++) {
        limitUse[arcLimits!.limit[j]!]! += share[arc]! * arcLimits!.weight[j]!;
      }
      load[arcs.pool[arc]!]! += share[arc]! * arcs.load[arc]!;
      unserved[row]! -= share[arc]!;
      gbps[siteOfArc(problem, arc)]! += share[arc]! * rows.gbps[row]!;
    }
  }
  for (let pool = 0; pool < pools.count; pool++) {
    const site = pools.site[pool]!;
    standing[site]! += modules[pool]!;
    kw[site]! += modules[pool]! * pools.kw[pool]!;
    for (const { limit, weight } of limitsOfPool[pool]!) limitUse[limit]! += weight * modules[pool]!;
  }
  const isOpen = (site: number): boolean => standing[site]! > 0 || sites.forced[site] === 1;
  for (let site = 0; site < sites.count; site++) {
    if (isOpen(site)) for (const { limit, weight } of limitsOfSite[site]!) limitUse[limit]! += weight;
  }

  // The journal holds (kind, index, previous) triples: 0 a share with its row, 1 a pool's modules.
  let journal: number[] = [];
  let recording = false;
  let costAtCheckpoint = 0;

  const isBroken = (limit: number): boolean => limitUse[limit]! > limits[limit]!.upper + slackOf(limits[limit]!);
  const use = (limit: number, more: number): void => {
    const before = isBroken(limit);
    limitUse[limit]! += more;
    if (isBroken(limit) !== before) state.brokenLimits += before ? -1 : 1;
  };

  /** Changes one pool in one period. */
  function set(pool: number, count: number): void {
    const delta = count - modules[pool]!;
    if (delta === 0) return;
    if (recording) journal.push(1, pool, modules[pool]!, 0);
    const site = pools.site[pool]!;
    const wasOpen = isOpen(site);
    modules[pool] = count;
    standing[site]! += delta;
    kw[site]! += delta * pools.kw[pool]!;
    state.costUsd += delta * pools.usd[pool]!;
    for (const { limit, weight } of limitsOfPool[pool]!) use(limit, weight * delta);
    const open = isOpen(site);
    if (open === wasOpen) return;
    const sign = open ? 1 : -1;
    state.costUsd += sign * sites.usd[site]!;
    for (const { limit, weight } of limitsOfSite[site]!) use(limit, sign * weight);
  }

  const added = new Float64Array(limits.length);
  const touched: number[] = [];
  function addTo(limit: number, more: number): void {
    if (added[limit] === 0) touched.push(limit);
    added[limit]! += more;
  }

  /** Adds up what `more` modules, now and later, add to every limit; false when power or the pool has no room for them. */
  function gather(pool: number, more: number): boolean {
    const count = modules[pool]! + more;
    for (let p = pool; p >= 0 && modules[p]! < count; p = later[p]!) {
      const site = pools.site[p]!;
      const delta = count - modules[p]!;
      if (count > most[p]! || kw[site]! + delta * pools.kw[p]! > sites.kw[site]! * (1 + negligible)) return false;
      for (const { limit, weight } of limitsOfPool[p]!) addTo(limit, weight * delta);
      if (!isOpen(site)) for (const { limit, weight } of limitsOfSite[site]!) addTo(limit, weight);
    }
    return true;
  }
  function exceeds(limit: number): boolean {
    if (state.lenient && twoSided[limit] === 1 && limit < problem.limits.length) return false;
    return added[limit]! > 0 && limitUse[limit]! + added[limit]! > limits[limit]!.upper + slackOf(limits[limit]!);
  }

  const state: PlanState = {
    problem,
    modules,
    most,
    share,
    load,
    unserved,
    standing,
    kw,
    gbps,
    limitUse,
    earlier,
    brokenLimits: limits.reduce((count, _, limit) => count + (isBroken(limit) ? 1 : 0), 0),
    lenient: false,
    hasTwoSided: problem.limits.some(isTwoSided),
    costUsd: 0,
    serve(row, arc, delta) {
      if (recording) journal.push(0, row, arc, delta);
      const pool = arcs.pool[arc]!;
      share[arc]! += delta;
      if (arcLimits !== null) {
        for (let j = arcLimits.starts[arc]!; j < arcLimits.starts[arc + 1]!; j++) {
          use(arcLimits.limit[j]!, delta * arcLimits.weight[j]!);
        }
      }
      if (share[arc]! < negligible && share[arc]! > -negligible) share[arc] = 0;
      load[pool]! += delta * arcs.load[arc]!;
      unserved[row]! -= delta;
      gbps[pools.site[pool]!]! += delta * rows.gbps[row]!;
      state.costUsd += delta * (arcs.usd[arc]! - rows.unservedUsd[row]!);
    },
    build(pool, count) {
      set(pool, count);
      for (let p = later[pool]!; p >= 0 && modules[p]! < count; p = later[p]!) set(p, count);
      for (let p = earlier[pool]!; p >= 0 && modules[p]! > count; p = earlier[p]!) set(p, count);
    },
    fits(pool, more) {
      let fitting = gather(pool, more);
      for (const limit of touched) {
        if (exceeds(limit)) fitting = false;
        added[limit] = 0;
      }
      touched.length = 0;
      return fitting;
    },
    blocking(pool) {
      gather(pool, 1);
      const found = touched.filter(exceeds);
      for (const limit of touched) added[limit] = 0;
      touched.length = 0;
      return found;
    },
    nextModuleUsd(pool) {
      let usd = 0;
      for (let p = pool; p >= 0 && modules[p]! <= modules[pool]!; p = later[p]!) usd += pools.usd[p]!;
      return usd;
    },
    nextOpeningUsd(pool) {
      let usd = 0;
      for (let p = pool; p >= 0 && modules[p]! <= modules[pool]!; p = later[p]!) {
        if (!isOpen(pools.site[p]!)) usd += sites.usd[pools.site[p]!]!;
      }
      return usd;
    },
    room(row, arc) {
      const pool = arcs.pool[arc]!;
      const site = pools.site[pool]!;
      const free = modules[pool]! - load[pool]!;
      let most = arcs.load[arc]! > 0 ? free / arcs.load[arc]! : modules[pool]! > 0 ? 1 : 0;
      if (rows.gbps[row]! > 0) most = Math.min(most, (sites.gbps[site]! - gbps[site]!) / rows.gbps[row]!);
      if (arcLimits === null) return Math.max(0, most);
      for (let j = arcLimits.starts[arc]!; j < arcLimits.starts[arc + 1]!; j++) {
        const l = arcLimits.limit[j]!;
        if (arcLimits.weight[j]! <= 0 || (state.lenient && twoSided[l] === 1)) continue;
        most = Math.min(most, (limits[l]!.upper - limitUse[l]!) / arcLimits.weight[j]!);
      }
      return Math.max(0, most);
    },
    checkpoint() {
      recording = true;
      journal = [];
      costAtCheckpoint = state.costUsd;
    },
    rollback() {
      recording = false;
      for (let i = journal.length - 4; i >= 0; i -= 4) {
        if (journal[i] === 0) state.serve(journal[i + 1]!, journal[i + 2]!, -journal[i + 3]!);
        else set(journal[i + 1]!, journal[i + 2]!);
      }
      state.costUsd = costAtCheckpoint;
    },
    solution() {
      const open = Uint8Array.from(sites.forced);
      for (let site = 0; site < sites.count; site++) if (standing[site]! > 0) open[site] = 1;
      return {
        open,
        modules: modules.slice(),
        // Where no module stands a trickle may be left of what was served.
        share: share.map((value, arc) =>
          value < negligible || modules[arcs.pool[arc]!] === 0 ? 0 : Math.min(1, value),
        ),
      };
    },
  };
  return state;
}

/** Room for rounding in a limit. */
function slackOf({ upper }: { readonly upper: number }): number {
  return negligible * Math.max(1, Math.abs(upper));
}

/**
 * Ties that only order two counts are kept by moving both; those that let modules end are limits like any other, with an
 * upper end of 0.
 */
function withTies(problem: PlanProblem): {
  limits: readonly CouplingLimit[];
  earlier: Int32Array;
  later: Int32Array;
} {
  const { count, starts, pool, weight } = problem.ties ?? noTies;
  const limits = [...problem.limits];
  for (let tie = 0; tie < count; tie++) {
    const [from, end] = [starts[tie]!, starts[tie + 1]!];
    if (lasts(starts, weight, tie)) continue;
    limits.push({
      name: `modules bought for pool ${pool[end - 1]}`,
      upper: 0,
      sites: new Int32Array(0),
      siteWeights: new Float64Array(0),
      pools: pool.slice(from, end),
      poolWeights: weight.slice(from, end),
    });
  }
  return { limits, ...lastingPools(problem) };
}
