/**
 * What rows that are served from everywhere are worth, and what the reserves that they share. Thousands of them want the same hundred
 * places, so prices that climb row by row take long to tell where it pays to build. With the rows that are served best from the same
 * places as one, the solver has the relaxation in seconds; what module time and limits are worth there prices every row by
 * itself: as much as its cheapest way takes. Prices are never wrong, only more or less good.
 */
import type { LagrangianResult } from "../bound/lagrangian.ts";
import { MipBuilder } from "../problem/mip-builder.ts";
import type { PlanProblem } from "../problem/problem.ts";
import type { SiteView } from "../problem/site-view.ts";
import type { MipModel } from "../problem/solver.ts";

/** Places by which rows are told apart: those where most is served best. */
const hubs = 100;
/** Rows are told apart by how many ways they have too, in steps of this share. */
const waysApart = 0.1;

type Prices = Pick<LagrangianResult, "rowPrice" | "limitPrice">;
type Entries = [col: number, weight: number][];

export interface SharedPlaces {
  /** To be solved as it is: places and modules count in parts. */
  readonly model: MipModel;
  /** @param duals What the solver says of the model's rows. */
  readonly prices: (duals: Float64Array) => Prices;
}

/** Rows as one, served in the same shares over the ways that all of them have. */
interface Group {
  readonly rows: readonly number[];
  /** Over all rows of the group, what serving them from a pool costs, the time it takes, and its arcs. */
  readonly ways: ReadonlyMap<number, { usd: number; load: number; readonly arcs: number[] }>;
  /** Row that ties each site's share to its opening. */
  readonly openRow: Map<number, number>;
  readonly totalLoad: number;
}

/**
 * @param shared 1 for rows that are served from everywhere.
 * @param known Prices of the limits that do not count such rows.
 */
export function sharedPlaces(problem: PlanProblem, view: SiteView, shared: Uint8Array, known: Prices): SharedPlaces {
  const { rows, arcs, pools, sites, limits } = problem;
  const builder = new MipBuilder();
  const told = limits.map(({ unserved = [] }) => unserved.some((row) => shared[row] === 1));
  const siteUsd = sites.usd.slice();
  const poolUsd = pools.usd.slice();
  const arcUsd = arcs.usd.slice();
  const unservedUsd = rows.unservedUsd.slice();
  charge(limits, (l) => (told[l] ? 0 : known.limitPrice[l]!), { siteUsd, poolUsd, arcUsd, unservedUsd });

  const groups = groupsOf(problem, view, shared, unservedUsd);
  const openCol = new Map<number, number>();
  const moduleCol = new Map<number, number>();
  for (const { ways } of groups) {
    for (const pool of ways.keys()) {
      if (moduleCol.has(pool)) continue;
      const site = pools.site[pool]!;
      if (!openCol.has(site)) openCol.set(site, builder.addCol(siteUsd[site]!, sites.forced[site]!, 1, false));
      const fewest = pools.minCount[pool]!;
      moduleCol.set(pool, builder.addCol(poolUsd[pool]!, fewest, Math.max(fewest, view.most[pool]!), false));
    }
  }
  const busy = new Map<number, Entries>();
  const colOfArc = new Int32Array(arcs.pool.length).fill(-1);
  const leftCol = new Int32Array(rows.count).fill(-1);
  for (const { rows: together, ways, openRow } of groups) {
    const served: Entries = [];
    const bySite = new Map<number, Entries>();
    for (const [pool, { usd, load, arcs: own }] of ways) {
      const col = builder.addCol(usd, 0, 1, false);
      for (const arc of own) colOfArc[arc] = col;
      served.push([col, 1]);
      push(busy, pool, [col, load]);
      push(bySite, pools.site[pool]!, [col, 1]);
    }
    const left = builder.addCol(
      together.reduce((sum, row) => sum + unservedUsd[row]!, 0),
      0,
      1,
      false,
    );
    for (const row of together) leftCol[row] = left;
    addRow(-1, [...served.map(([col]): [number, number] => [col, -1]), [left, -1]]);
    for (const [site, entries] of bySite) openRow.set(site, addRow(0, [...entries, [openCol.get(site)!, -1]]));
  }
  const timeRow = new Map<number, number>();
  for (const [pool, entries] of busy) timeRow.set(pool, addRow(0, [...entries, [moduleCol.get(pool)!, -1]]));
  for (const [site, open] of openCol) {
    const here = [...view.pool.subarray(view.poolStarts[site], view.poolStarts[site + 1])].filter((p) =>
      moduleCol.has(p),
    );
    for (const pool of here) {
      const most = Math.max(view.most[pool]!, pools.minCount[pool]!);
      addRow(0, [
        [moduleCol.get(pool)!, 1],
        [open, -most],
      ]);
    }
    if (!Number.isFinite(sites.kw[site]!)) continue;
    addRow(0, [
      ...here.map((pool): [number, number] => [moduleCol.get(pool)!, pools.kw[pool]!]),
      [open, -sites.kw[site]!],
    ]);
  }
  const limitRow = Int32Array.from(limits, (_, l) => (told[l] ? addLimit(l) : -1));
  return { model: builder.build(), prices };

  function addRow(upper: number, entries: Entries): number {
    const row = builder.addRow(-Infinity, upper);
    for (const [col, value] of entries) builder.addEntry(col, value);
    return row;
  }

  function addLimit(l: number): number {
    const limit = limits[l]!;
    const weights = new Map<number, number>();
    const add = (col: number | undefined, weight: number): void => {
      if (col !== undefined && col >= 0) weights.set(col, (weights.get(col) ?? 0) + weight);
    };
    for (const [i, site] of limit.sites.entries()) add(openCol.get(site), limit.siteWeights[i]!);
    for (const [i, pool] of limit.pools.entries()) add(moduleCol.get(pool), limit.poolWeights[i]!);
    for (const [i, arc] of (limit.arcs ?? []).entries()) add(colOfArc[arc], limit.arcWeights![i]!);
    for (const [i, row] of limit.unserved!.entries()) add(leftCol[row], limit.unservedWeights![i]!);
    return addRow(limit.upper, [...weights]);
  }

  function prices(duals: Float64Array): Prices {
    const worthOf = (row: number | undefined): number => (row === undefined ? 0 : Math.max(0, -duals[row]!));
    const limitPrice = known.limitPrice.slice();
    for (const [l, row] of limitRow.entries()) if (row >= 0) limitPrice[l] = worthOf(row);
    const paid = { siteUsd, poolUsd, arcUsd, unservedUsd };
    charge(limits, (l) => (told[l] ? limitPrice[l]! : 0), paid);
    const rowPrice = known.rowPrice.slice();
    for (const { rows: together, openRow, totalLoad } of groups) {
      for (const row of together) {
        let least = unservedUsd[row]!;
        const part = totalLoad > 0 ? leastLoad(problem, view, row) / totalLoad : 1 / together.length;
        for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
          const pool = arcs.pool[arc]!;
          if (view.most[pool] === 0) continue;
          const time = timeRow.has(pool) ? worthOf(timeRow.get(pool)) : Math.max(0, poolUsd[pool]!);
          least = Math.min(
            least,
            arcUsd[arc]! + arcs.load[arc]! * time + part * worthOf(openRow.get(pools.site[pool]!)),
          );
        }
        rowPrice[row] = Math.max(0, least);
      }
    }
    return { rowPrice, limitPrice };
  }
}

function push(into: Map<number, Entries>, key: number, entry: [col: number, weight: number]): void {
  const known = into.get(key);
  if (known === undefined) into.set(key, [entry]);
  else known.push(entry);
}

/** Puts prices of limits on all that counts in them. */
function charge(
  limits: PlanProblem["limits"],
  priceOf: (l: number) => number,
  { siteUsd, poolUsd, arcUsd, unservedUsd }: Record<"siteUsd" | "poolUsd" | "arcUsd" | "unservedUsd", Float64Array>,
): void {
  for (const [l, limit] of limits.entries()) {
    const price = priceOf(l);
    if (price === 0) continue;
    for (const [i, site] of limit.sites.entries()) siteUsd[site]! += price * limit.siteWeights[i]!;
    for (const [i, pool] of limit.pools.entries()) poolUsd[pool]! += price * limit.poolWeights[i]!;
    for (const [i, arc] of (limit.arcs ?? []).entries()) arcUsd[arc]! += price * limit.arcWeights![i]!;
    for (const [i, row] of (limit.unserved ?? []).entries()) unservedUsd[row]! += price * limit.unservedWeights![i]!;
  }
}

function leastLoad({ arcs }: PlanProblem, { most }: SiteView, row: number): number {
  let least = Infinity;
  for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
    if (most[arcs.pool[arc]!]! > 0) least = Math.min(least, arcs.load[arc]!);
  }
  return Number.isFinite(least) ? least : 0;
}

function groupsOf(problem: PlanProblem, view: SiteView, shared: Uint8Array, unservedUsd: Float64Array): Group[] {
  const { rows, arcs, pools, sites } = problem;
  const loads = new Float64Array(rows.count);
  const preferred = new Float64Array(sites.count);
  const waysOf = (row: number): number[] => {
    const ways: number[] = [];
    for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
      if (view.most[arcs.pool[arc]!]! > 0) ways.push(arc);
    }
    return ways;
  };
  const bestOf = (ways: readonly number[], among: (site: number) => boolean): number => {
    let [best, least] = [-1, Infinity];
    for (const arc of ways) {
      const site = pools.site[arcs.pool[arc]!]!;
      if (arcs.load[arc]! < least && among(site)) [best, least] = [site, arcs.load[arc]!];
    }
    return best;
  };
  for (let row = 0; row < rows.count; row++) {
    if (shared[row] === 0) continue;
    loads[row] = leastLoad(problem, view, row);
    const best = bestOf(waysOf(row), () => true);
    if (best >= 0) preferred[best]! += loads[row]!;
  }
  const largest = new Set(
    Array.from({ length: sites.count }, (_, site) => site)
      .sort((a, b) => preferred[b]! - preferred[a]! || a - b)
      .slice(0, hubs),
  );
  const together = new Map<string, number[]>();
  for (let row = 0; row < rows.count; row++) {
    if (shared[row] === 0 || unservedUsd[row]! <= 0) continue;
    const ways = waysOf(row);
    if (ways.length === 0) continue;
    const key = `${bestOf(ways, (site) => largest.has(site))}|${Math.floor(Math.log(ways.length) / waysApart)}`;
    const known = together.get(key);
    if (known === undefined) together.set(key, [row]);
    else known.push(row);
  }
  return [...together.values()].map((members) => {
    const ways = new Map<number, { usd: number; load: number; readonly arcs: number[] }>();
    for (const row of members) {
      for (const arc of waysOf(row)) {
        const pool = arcs.pool[arc]!;
        const way = ways.get(pool) ?? { usd: 0, load: 0, arcs: [] };
        ways.set(pool, way);
        way.usd += arcs.usd[arc]!;
        way.load += arcs.load[arc]!;
        way.arcs.push(arc);
      }
    }
    for (const [pool, { arcs: own }] of ways) if (own.length < members.length) ways.delete(pool);
    return { rows: members, ways, openRow: new Map(), totalLoad: members.reduce((sum, row) => sum + loads[row]!, 0) };
  });
}
