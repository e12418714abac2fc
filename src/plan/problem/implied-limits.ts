/**
 * Limits that follow from others and from whole sites, written out because they tell the bound more than those they follow
 * from. A least share (`some ≥ 5 % of all`) may be had by a sliver of an open site when sites may be open in part; in truth
 * nothing that the share is counted of can stand anywhere until a site that provides it is open. That costs the opening of
 * one, or all that the others would have earned, whichever is less.
 */
import type { CouplingLimit } from "./coupling-limit.ts";
import { leastModules } from "./least-modules.ts";
import type { PlanProblem } from "./problem.ts";

/** With more sites that may provide a share, the opening of one says little. */
const mostProviders = 8;

/**
 * The problem with the limits that follow from its own behind them; itself where none does. Part of the meaning of a
 * certificate: what verifies one derives the same limits.
 *
 * @param most How many limits there may be in all: the first of those that follow prove something by themselves.
 */
export function withImpliedLimits(problem: PlanProblem, most = Infinity): PlanProblem {
  const { pools, sites } = problem;
  const implied: CouplingLimit[] = [];
  const poolsAt = new Int32Array(sites.count);
  const own = onlyForTheirSite(problem);
  for (let pool = 0; pool < pools.count; pool++) if (own[pool] === 0) poolsAt[pools.site[pool]!]!++;
  const helpful = helpsOthersEmpty(problem, own);
  for (const limit of problem.limits) {
    if (limit.upper > 0 || limit.of === "purchases" || limit.sites.length > 0 || limit.arcs !== undefined) continue;
    const providers = new Set<number>();
    const dependent = new Map<number, number>();
    for (const [i, pool] of limit.pools.entries()) {
      const site = pools.site[pool]!;
      if (limit.poolWeights[i]! < 0) providers.add(site);
      else if (limit.poolWeights[i]! > 0 && own[pool] === 0) dependent.set(site, (dependent.get(site) ?? 0) + 1);
    }
    if (providers.size === 0 || providers.size > mostProviders) continue;
    for (const [site, counted] of dependent) {
      // What stands beside the counted modules may open a site by itself, and so may whoever forces it.
      if (providers.has(site) || counted < poolsAt[site]! || sites.forced[site] === 1 || sites.usd[site]! < 0) continue;
      if (helpful[site] === 1) continue;
      const sitesOf = [site, ...providers];
      implied.push({
        name: `opening of site ${site} for ${limit.name}`,
        upper: 0,
        sites: Int32Array.from(sitesOf),
        siteWeights: Float64Array.from(sitesOf, (_, i) => (i === 0 ? 1 : -1)),
        pools: new Int32Array(0),
        poolWeights: new Float64Array(0),
      });
    }
  }
  const count = leastModules(problem);
  if (count !== null) implied.push(count);
  return implied.length === 0 ? problem : { ...problem, limits: [...problem.limits, ...implied].slice(0, most) };
}

/** 1 where a site is of use to others by being open, as a parent is, and an upgrade alone may make it so. */
function helpsOthersEmpty({ pools, sites, limits }: PlanProblem, own: Uint8Array): Uint8Array {
  const wanted = new Uint8Array(sites.count);
  for (const limit of limits) {
    for (const [i, site] of limit.sites.entries()) if (limit.siteWeights[i]! < 0) wanted[site] = 1;
  }
  const helpful = new Uint8Array(sites.count);
  for (let pool = 0; pool < pools.count; pool++) {
    const site = pools.site[pool]!;
    if (own[pool] === 1 && pools.isSwitch?.[pool] !== 1) helpful[site] = wanted[site]!;
  }
  return helpful;
}

/** 1 where a pool serves nobody and helps no other site: an upgrade of its own site's power, which opens no site by itself. */
function onlyForTheirSite({ arcs, pools, limits }: PlanProblem): Uint8Array {
  const own = new Uint8Array(pools.count).fill(1);
  for (let arc = 0; arc < arcs.pool.length; arc++) own[arcs.pool[arc]!] = 0;
  for (const limit of limits) {
    for (const [i, pool] of limit.pools.entries()) {
      if (own[pool] === 0 || limit.poolWeights[i]! >= 0) continue;
      const site = pools.site[pool]!;
      if (limit.pools.some((other) => pools.site[other] !== site) || limit.sites.some((other) => other !== site)) {
        own[pool] = 0;
      }
    }
  }
  return own;
}
