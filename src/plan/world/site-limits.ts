/**
 * Limits of single sites that are no matter of power and ports: upgrades, least use, the link to the parent, training that
 * stays together.
 */
import { isAlwaysOpen } from "../../finance/index.ts";
import { rowsOfArcs } from "../problem/formulate.ts";
import type { LimitRow } from "../problem/limit-rows.ts";
import { poolsThat, type LimitSource } from "./limit-source.ts";

/** Families with a limit per site have a price in the bound up to so many; beyond, a price each costs more than it proves. */
const mostPriced = 300;

const pricedOrNot = (rows: readonly LimitRow[]): LimitRow[] =>
  rows.length <= mostPriced ? [...rows] : rows.map((row) => ({ ...row, inBound: false }));

/** Σ kW · modules − Σ added · upgrade ≤ the limit without upgrades, per site that has some. */
export function upgradeRows(source: LimitSource): LimitRow[] {
  const { world, period, problem, auxiliary, firstAuxiliary } = source;
  const bySite = new Map<number, (readonly [number, number])[]>();
  for (const [i, pool] of auxiliary.entries()) {
    if (pool.kind !== "upgrade") continue;
    const { addedKw } = world.sites[pool.site]!.upgrades![pool.upgrade]!;
    const entries = bySite.get(pool.site) ?? [];
    entries.push([firstAuxiliary + i, -addedKw]);
    bySite.set(pool.site, entries);
  }
  if (bySite.size === 0) return [];
  for (const pool of poolsThat(source, () => true)) {
    bySite.get(problem.pools.site[pool]!)?.push([pool, problem.pools.kw[pool]!]);
  }
  return [...bySite].map(([site, pools]) => ({
    name: `power of site ${world.sites[site]!.id} without upgrades`,
    upper: world.sites[site]!.powerLimitKw[period]!,
    pools,
  }));
}

/** least · modules ≤ Σ load · share, per pool of bought modules. */
export function leastUseRows(source: LimitSource): LimitRow[] {
  const { world, problem, poolModule, poolTrains, poolInstalled } = source;
  const { pools, arcs } = problem;
  const leastOf = (pool: number): number =>
    Math.max(
      world.sites[pools.site[pool]!]!.minUtilizationRatio ?? 0,
      world.modules[poolModule[pool]!]!.minUtilizationRatio ?? 0,
    );
  const asked = poolsThat(source, (pool) => poolInstalled[pool] === 0 && leastOf(pool) > 0);
  if (asked.length === 0) return [];
  const arcsOf = new Map(asked.map((pool) => [pool, [] as (readonly [number, number])[]]));
  for (let arc = 0; arc < arcs.pool.length; arc++) arcsOf.get(arcs.pool[arc]!)?.push([arc, -arcs.load[arc]!]);
  return pricedOrNot(
    asked.map((pool) => {
      const use = poolTrains[pool] ? " for training" : "";
      const name = `least use of ${world.modules[poolModule[pool]!]!.id} at ${world.sites[pools.site[pool]!]!.id}${use}`;
      const least = leastOf(pool);
      return { name, upper: 0, pools: [[pool, least] as const], arcs: arcsOf.get(pool)! };
    }),
  );
}

/** Traffic to the parent ≤ the link, per site whose link could be too small. */
export function backhaulRows(source: LimitSource): LimitRow[] {
  const { world, problem, rowWorkload, rowPeakPerS, demandRowCount } = source;
  const { arcs, pools } = problem;
  const capped = (site: number): boolean => {
    const { parent, backhaulGbps } = world.sites[site]!;
    return parent !== undefined && backhaulGbps !== undefined;
  };
  if (!world.sites.some((_, site) => capped(site)) || !world.workloads.some((it) => it.backhaulBytes)) return [];
  const bySite = new Map<number, (readonly [number, number])[]>();
  const rowOf = rowsOfArcs(problem);
  for (let arc = 0; arc < arcs.pool.length; arc++) {
    const row = rowOf[arc]!;
    const site = pools.site[arcs.pool[arc]!]!;
    if (row >= demandRowCount || !capped(site)) continue;
    const gbps = (rowPeakPerS[row]! * (world.workloads[rowWorkload[row]!]!.backhaulBytes ?? 0) * 8) / 1e9;
    if (!(gbps > 0)) continue;
    const entries = bySite.get(site) ?? [];
    entries.push([arc, gbps]);
    bySite.set(site, entries);
  }
  const rows: LimitRow[] = [];
  for (const [site, entries] of bySite) {
    const upper = world.sites[site]!.backhaulGbps!;
    const reach = entries.reduce((sum, [, gbps]) => sum + gbps, 0);
    if (reach > upper) rows.push({ name: `backhaul of ${world.sites[site]!.id}`, upper, arcs: entries });
  }
  return pricedOrNot(rows);
}

/** open ≤ open of the parent, per site that names one and is not open whatever is decided. */
export function parentRows({ world, period }: LimitSource): LimitRow[] {
  return world.sites.flatMap(({ id, parent, needsParent }, site) => {
    if (needsParent !== true || parent === undefined) return [];
    if (isAlwaysOpen(world, site, period) || isAlwaysOpen(world, parent, period)) return [];
    const sites = [[site, 1] as const, [parent, -1] as const];
    return [{ name: `parent of ${id}`, upper: 0, sites }];
  });
}

/** Σ share at the site ≤ campus, and Σ campus ≤ 1, per training that may not be split. */
export function campusRows({ world, problem, auxiliary, firstAuxiliary, demandRowCount }: LimitSource): LimitRow[] {
  const { arcs, pools } = problem;
  const rows: LimitRow[] = [];
  for (const [training, demand] of world.training.entries()) {
    if (demand.singleCampus !== true) continue;
    const row = demandRowCount + training;
    const switches: (readonly [number, number])[] = [];
    for (const [i, pool] of auxiliary.entries()) {
      if (pool.kind !== "campus" || pool.training !== training) continue;
      switches.push([firstAuxiliary + i, 1]);
      const here: (readonly [number, number])[] = [];
      for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
        if (pools.site[arcs.pool[arc]!] === pool.site) here.push([arc, 1]);
      }
      rows.push({
        name: `campus of ${demand.id} at ${world.sites[pool.site]!.id}`,
        upper: 0,
        pools: [[firstAuxiliary + i, -1]],
        arcs: here,
        inBound: false,
      });
    }
    if (switches.length > 0)
      rows.push({ name: `one campus for ${demand.id}`, upper: 1, pools: switches, inBound: false });
  }
  return rows;
}
