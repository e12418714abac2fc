/**
 * A plan under construction with everything it uses kept up to date, so that a move can be tried, priced and taken back.
 */
import { siteOfArc, usefulModules, type PlanProblem, type ProblemSolution } from "./problem.ts";

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
  /** Changes the modules of a pool, opening or shutting its site as needed; the caller minds the limits. */
  build(pool: number, count: number): void;
  /** Whether `more` modules fit: power, pool, coupling limits with the site's opening. */
  fits(pool: number, more: number): boolean;
  /** Largest share of a row that can be added over an arc with the modules that stand. */
  room(row: number, arc: number): number;
  /** Remembers the state; `rollback` returns to it. */
  checkpoint(): void;
  rollback(): void;
  solution(): ProblemSolution;
}

export function createPlanState(problem: PlanProblem, from: ProblemSolution): PlanState {
  const { rows, arcs, pools, sites, limits } = problem;
  const most = usefulModules(problem);
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
  for (let row = 0; row < rows.count; row++) {
    for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
      if (share[arc] === 0) continue;
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

  const state: PlanState = {
    problem,
    modules,
    share,
    load,
    unserved,
    standing,
    kw,
    gbps,
    limitUse,
    costUsd: 0,
    serve(row, arc, delta) {
      if (recording) journal.push(0, row, arc, delta);
      const pool = arcs.pool[arc]!;
      share[arc]! += delta;
      if (share[arc]! < negligible && share[arc]! > -negligible) share[arc] = 0;
      load[pool]! += delta * arcs.load[arc]!;
      unserved[row]! -= delta;
      gbps[pools.site[pool]!]! += delta * rows.gbps[row]!;
      state.costUsd += delta * (arcs.usd[arc]! - rows.unservedUsd[row]!);
    },
    build(pool, count) {
      const delta = count - modules[pool]!;
      if (delta === 0) return;
      if (recording) journal.push(1, pool, modules[pool]!, 0);
      const site = pools.site[pool]!;
      const wasOpen = isOpen(site);
      modules[pool] = count;
      standing[site]! += delta;
      kw[site]! += delta * pools.kw[pool]!;
      state.costUsd += delta * pools.usd[pool]!;
      for (const { limit, weight } of limitsOfPool[pool]!) limitUse[limit]! += weight * delta;
      const open = isOpen(site);
      if (open === wasOpen) return;
      const sign = open ? 1 : -1;
      state.costUsd += sign * sites.usd[site]!;
      for (const { limit, weight } of limitsOfSite[site]!) limitUse[limit]! += sign * weight;
    },
    fits(pool, more) {
      const site = pools.site[pool]!;
      if (modules[pool]! + more > most[pool]!) return false;
      if (kw[site]! + more * pools.kw[pool]! > sites.kw[site]! * (1 + negligible)) return false;
      for (const { limit, weight } of limitsOfPool[pool]!) {
        let use = limitUse[limit]! + more * weight;
        if (!isOpen(site)) {
          for (const opening of limitsOfSite[site]!) if (opening.limit === limit) use += opening.weight;
        }
        if (use > limits[limit]!.upper * (1 + negligible)) return false;
      }
      if (isOpen(site)) return true;
      return limitsOfSite[site]!.every(
        ({ limit, weight }) => limitUse[limit]! + weight <= limits[limit]!.upper * (1 + negligible),
      );
    },
    room(row, arc) {
      const pool = arcs.pool[arc]!;
      const site = pools.site[pool]!;
      const free = modules[pool]! - load[pool]!;
      let most = arcs.load[arc]! > 0 ? free / arcs.load[arc]! : modules[pool]! > 0 ? 1 : 0;
      if (rows.gbps[row]! > 0) most = Math.min(most, (sites.gbps[site]! - gbps[site]!) / rows.gbps[row]!);
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
        else state.build(journal[i + 1]!, journal[i + 2]!);
      }
      state.costUsd = costAtCheckpoint;
    },
    solution() {
      const open = Uint8Array.from(sites.forced);
      for (let site = 0; site < sites.count; site++) if (standing[site]! > 0) open[site] = 1;
      return {
        open,
        modules: modules.slice(),
        share: share.map((value) => (value < negligible ? 0 : Math.min(1, value))),
      };
    },
  };
  return state;
}
