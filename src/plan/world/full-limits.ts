/** Which limits keep a plan from serving more, and where: by the arc on which one more module would be needed. */
import { limitUse, type CouplingLimit } from "../problem/coupling-limit.ts";
import { siteOfArc, type ProblemSolution } from "../problem/problem.ts";
import type { WorldProblem } from "./world-problem.ts";

export interface FullLimits {
  /** Names of the limits that forbid one more module for the arc, or more traffic over it; none when it is free. */
  readonly ofArc: (arc: number) => readonly string[];
  /** Whether the pool has all the modules it can ever have, for example what stood there before. */
  readonly isWhole: (pool: number) => boolean;
}

/** Slack below which a limit counts as used up, relative to what it counts. */
const tolerance = 1e-9;

export function fullLimits({ world, problem }: WorldProblem, solution: ProblemSolution): FullLimits {
  const { pools, sites } = problem;
  const freeKw = sites.kw.slice();
  const freeGbps = sites.gbps.slice();
  for (let pool = 0; pool < pools.count; pool++) {
    freeKw[pools.site[pool]!]! -= solution.modules[pool]! * pools.kw[pool]!;
  }
  for (let row = 0; row < problem.rows.count; row++) {
    for (let arc = problem.arcs.starts[row]!; arc < problem.arcs.starts[row + 1]!; arc++) {
      if (solution.share[arc]! > 0)
        freeGbps[siteOfArc(problem, arc)]! -= solution.share[arc]! * problem.rows.gbps[row]!;
    }
  }
  // A limit stands in the way of what it counts and of nothing else: one campus for training is none for requests.
  const ofSite = new Map<number, string[]>();
  const ofPool = new Map<number, string[]>();
  const ofArc = new Map<number, string[]>();
  const hangsOn: [number, number[]][] = [];
  for (const limit of problem.limits) {
    const used = limitUse(limit, solution);
    const slack = limit.upper - used + tolerance * Math.max(1, Math.abs(limit.upper));
    // A shut site that would make room if it opened is no obstacle by itself; what keeps it shut may be one.
    const shut = Array.from(limit.sites).filter((site, i) => limit.siteWeights[i]! < 0 && !solution.open[site]);
    for (const [i, site] of limit.sites.entries()) {
      if (limit.siteWeights[i]! <= slack || solution.open[site]) continue;
      if (shut.length > 0) hangsOn.push([site, shut]);
      else add(ofSite, site, limit.name);
    }
    if (shut.length > 0) continue;
    for (const [i, pool] of limit.pools.entries()) {
      const more = limit.poolWeights[i]! + openingWeight(limit, pools.site[pool]!, solution);
      if (limit.poolWeights[i]! > 0 && more > slack) add(ofPool, pool, limit.name);
    }
    for (const [i, arc] of (limit.arcs ?? []).entries()) {
      if (limit.arcWeights![i]! > 0 && used >= limit.upper - tolerance * Math.max(1, Math.abs(limit.upper)))
        add(ofArc, arc, limit.name);
    }
  }
  const powerOf = (site: number): string => `power of site ${world.sites[site]!.id}`;
  for (const [site, parents] of hangsOn) {
    const obstacles = parents.map((parent) => [...(ofSite.get(parent) ?? []), ...keepingEmpty(parent)]);
    if (obstacles.every((names) => names.length > 0)) for (const name of obstacles.flat()) add(ofSite, site, name);
  }
  /** What forbids each first module at a site: one that may not hold any is not opened. */
  function keepingEmpty(site: number): string[] {
    const names: string[] = [];
    for (let pool = 0; pool < pools.count; pool++) {
      if (pools.site[pool] !== site || pools.isSwitch?.[pool]) continue;
      const own = [...(ofPool.get(pool) ?? [])];
      if (pools.kw[pool]! > freeKw[site]! + tolerance) own.push(powerOf(site));
      if (own.length === 0) return [];
      names.push(...own);
    }
    return names;
  }
  return {
    ofArc: (arc) => {
      const pool = problem.arcs.pool[arc]!;
      const site = pools.site[pool]!;
      const names = [...(ofSite.get(site) ?? []), ...(ofPool.get(pool) ?? []), ...(ofArc.get(arc) ?? [])];
      if (pools.kw[pool]! > freeKw[site]! + tolerance) names.push(powerOf(site));
      if (freeGbps[site]! <= tolerance) names.push(`ports of site ${world.sites[site]!.id}`);
      return [...new Set(names)];
    },
    isWhole: (pool) => solution.modules[pool]! >= pools.maxCount[pool]!,
  };
}

/** What opening the site of a module takes of the same limit, when it is shut. */
function openingWeight(limit: CouplingLimit, site: number, solution: ProblemSolution): number {
  if (solution.open[site]) return 0;
  const at = limit.sites.indexOf(site);
  return at < 0 ? 0 : Math.max(0, limit.siteWeights[at]!);
}

function add<K>(names: Map<K, string[]>, key: K, name: string): void {
  const list = names.get(key);
  if (list === undefined) names.set(key, [name]);
  else list.push(name);
}
