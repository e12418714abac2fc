/**
 * Living through the loss of any one site, or of any one zone: what its requests need then must fit beside what the other
 * places serve already. The reserve is shared, because only one thing fails at a time.
 *
 * Whether the load x of a failed place F finds room is a transport problem. By its dual it does exactly if for all prices
 * μ ≥ 0 of module time
 *
 *   Σ σ(row) · share(row at F) ≤ Σ μ · (modules − load) over all places that stand,
 *   σ(row) = least μ · load over the places that may take the row over.
 *
 * Every such inequality is linear in what the plan decides, holds for every plan that survives, and can be checked by whoever
 * has μ. They are found one by one, where a plan breaks them, and become limits of the model (Benders 1962).
 */
import type { World } from "../../catalog/index.ts";
import { arcTable, compilePolicy, failoverWorld } from "../../route/index.ts";
import type { CouplingLimit } from "../problem/coupling-limit.ts";
import { limitRow } from "../problem/limit-rows.ts";
import type { PlanProblem } from "../problem/problem.ts";
import { siteOfSpot, spotAt } from "../problem/spots.ts";
import type { WorldProblem } from "./world-problem.ts";

/** Sites that are lost together. */
export interface Failure {
  readonly name: string;
  readonly sites: readonly number[];
}

/** What may fail, one at a time. */
export function failuresOf({ sites, limits }: World): Failure[] {
  if (limits.resilience === undefined) return [];
  const alone = sites.map(({ id }, site): Failure => ({ name: `site ${id}`, sites: [site] }));
  if (limits.resilience === "site") return alone;
  const zones = limits.zones.filter((zone) => zone.sites.length > 0);
  return [...alone, ...zones.map((zone): Failure => ({ name: `zone ${zone.id}`, sites: zone.sites }))];
}

/** Who could take a row over: modules of one kind at one site, and how many of them the whole row takes. */
export interface Refuge {
  readonly spot: number;
  readonly load: number;
}

/** What is needed to ask about failures in one period; spots as in `spots.ts`. */
export interface FailoverTable {
  readonly planned: WorldProblem;
  /** Who could take over row r of the problem: entries `starts[r]` to `starts[r + 1] - 1`, sorted by spot. */
  readonly refuges: { readonly starts: Int32Array; readonly spot: Int32Array; readonly load: Float64Array };
  /** Pools that serve requests and may have modules, by spot. */
  readonly poolsOfSpot: ReadonlyMap<number, readonly number[]>;
}

/** Who could take one row over. */
export function refugesOf({ refuges: { starts, spot, load } }: FailoverTable, row: number): Refuge[] {
  const found: Refuge[] = [];
  for (let at = starts[row]!; at < starts[row + 1]!; at++) found.push({ spot: spot[at]!, load: load[at]! });
  return found;
}

export function failoverTable(planned: WorldProblem): FailoverTable {
  const { world, problem, poolModule, poolTrains } = planned;
  const poolsOfSpot = new Map<number, number[]>();
  for (let pool = 0; pool < planned.firstAuxiliary; pool++) {
    if (poolTrains[pool] || !mayStand(problem, pool)) continue;
    const spot = spotAt(world, problem.pools.site[pool]!, poolModule[pool]!);
    const known = poolsOfSpot.get(spot);
    if (known === undefined) poolsOfSpot.set(spot, [pool]);
    else known.push(pool);
  }
  return { planned, refuges: refugesBy(planned, (spot) => poolsOfSpot.has(spot)), poolsOfSpot };
}

function refugesBy(planned: WorldProblem, mayStandAt: (spot: number) => boolean): FailoverTable["refuges"] {
  const { world, period, problem, poolModule, memberStarts, members, demandRowCount } = planned;
  const { arcs } = problem;
  const starts = new Int32Array(problem.rows.count + 1);
  // Whoever may wait no longer than usual may go where it may be served; asking about every pair again would take as long as before.
  const waitsAsUsual = world.workloads.every(
    ({ ttft, failoverBudgetMs = ttft.budgetMs }) => failoverBudgetMs === ttft.budgetMs,
  );
  const table = waitsAsUsual ? null : arcTable(compilePolicy(failoverWorld(world), period));
  const spots = new Int32Array(table?.site.length ?? arcs.pool.length);
  const loads = new Float64Array(spots.length);
  let end = 0;
  const add = (spot: number, load: number): void => {
    // What stands there already and what is bought are two pools at one spot.
    if (!mayStandAt(spot) || (end > starts[row]! && spots[end - 1] === spot)) return;
    spots[end] = spot;
    loads[end++] = load;
  };
  let row = 0;
  for (; row < demandRowCount; row++) {
    starts[row] = end;
    if (table === null) {
      for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
        const pool = arcs.pool[arc]!;
        add(spotAt(world, problem.pools.site[pool]!, poolModule[pool]!), arcs.load[arc]!);
      }
      continue;
    }
    // Under resilience rows are not merged: each has one member.
    const demand = members[memberStarts[row]!]!;
    for (let entry = table.rowStart[demand]!; entry < table.rowStart[demand + 1]!; entry++) {
      const rate = table.perModulePerS[entry]! * world.limits.headroomRatio;
      add(spotAt(world, table.site[entry]!, table.module[entry]!), world.demand[demand]!.peakPerS[period]! / rate);
    }
  }
  starts.fill(end, demandRowCount);
  return { starts, spot: spots.slice(0, end), load: loads.slice(0, end) };
}

/** Whether a place has power for a module of a pool, and is not closed: otherwise nobody can go there, whatever is planned. */
function mayStand({ pools, sites }: PlanProblem, pool: number): boolean {
  return pools.maxCount[pool]! > 0 && pools.kw[pool]! <= sites.kw[pools.site[pool]!]! * (1 + 1e-9);
}

/** Prices of module time by spot; a spot that is not listed has none. */
export type SpotPrices = ReadonlyMap<number, number>;

/**
 * The inequality of a failure under given prices, as a limit of the period's problem. Any prices give one that every plan
 * which survives keeps.
 *
 * @param shut Places that stand empty in the plan it is for. Their modules count for nothing in it; one of them that is open makes
 * up for all that the failure can take away. So a relaxation cannot have its reserve there for a sliver of their opening.
 */
export function failureLimit(
  table: FailoverTable,
  failure: Failure,
  prices: SpotPrices,
  shut: readonly number[] = [],
): CouplingLimit {
  if (shut.length > 0) return failureLimitWithout(table, failure, prices, new Set(shut));
  const { planned, poolsOfSpot } = table;
  const { world, problem, poolModule, demandRowCount } = planned;
  const lost = new Set(failure.sites);
  const stays = (spot: number): boolean => !lost.has(siteOfSpot(world, spot));
  const pools: (readonly [number, number])[] = [];
  for (const [spot, price] of prices) {
    if (price > 0 && stays(spot)) for (const pool of poolsOfSpot.get(spot) ?? []) pools.push([pool, -price]);
  }
  const arcs: (readonly [number, number])[] = [];
  for (let row = 0; row < demandRowCount; row++) {
    let least = Infinity;
    for (const { spot, load } of refugesOf(table, row))
      if (stays(spot)) least = Math.min(least, load * (prices.get(spot) ?? 0));
    for (let arc = problem.arcs.starts[row]!; arc < problem.arcs.starts[row + 1]!; arc++) {
      const pool = problem.arcs.pool[arc]!;
      const site = problem.pools.site[pool]!;
      const spot = spotAt(world, site, poolModule[pool]!);
      // A row that nobody in the world could take over is lost with its place, whatever is built.
      const weight = lost.has(site)
        ? Number.isFinite(least)
          ? least
          : 0
        : problem.arcs.load[arc]! * (prices.get(spot) ?? 0);
      if (weight > 0) arcs.push([arc, weight]);
    }
  }
  return limitRow({ name: `reserve for the loss of ${failure.name}`, upper: 0, pools, arcs });
}

/** What a row that finds no place is worth in an inequality where places are shut. */
const homelessWorth = 1;

function failureLimitWithout(
  table: FailoverTable,
  failure: Failure,
  prices: SpotPrices,
  shut: ReadonlySet<number>,
): CouplingLimit {
  const { planned, poolsOfSpot } = table;
  const { world, problem, poolModule, demandRowCount } = planned;
  const lost = new Set(failure.sites);
  const siteOf = (spot: number): number => siteOfSpot(world, spot);
  const stays = (spot: number): boolean => !lost.has(siteOf(spot)) && !shut.has(siteOf(spot));
  const pools: (readonly [number, number])[] = [];
  for (const [spot, price] of prices) {
    if (price > 0 && stays(spot)) for (const pool of poolsOfSpot.get(spot) ?? []) pools.push([pool, -price]);
  }
  const arcs: (readonly [number, number])[] = [];
  let mostLost = 0;
  for (let row = 0; row < demandRowCount; row++) {
    // Who has nowhere to go in the whole world is lost with the place; who has only places that are shut is homeless.
    const refuges = refugesOf(table, row);
    const mayMove = refuges.some(({ spot }) => !lost.has(siteOf(spot)));
    let worth = mayMove ? homelessWorth : 0;
    for (const { spot, load } of refuges) if (stays(spot)) worth = Math.min(worth, load * (prices.get(spot) ?? 0));
    let isServedThere = false;
    for (let arc = problem.arcs.starts[row]!; arc < problem.arcs.starts[row + 1]!; arc++) {
      const pool = problem.arcs.pool[arc]!;
      const site = problem.pools.site[pool]!;
      const spot = spotAt(world, site, poolModule[pool]!);
      if (lost.has(site)) isServedThere = true;
      const weight = lost.has(site) ? worth : stays(spot) ? problem.arcs.load[arc]! * (prices.get(spot) ?? 0) : 0;
      if (weight > 0) arcs.push([arc, weight]);
    }
    if (isServedThere) mostLost += worth;
  }
  const places = [...shut].filter((site) => !lost.has(site)).sort((a, b) => a - b);
  const sites = places.map((site) => [site, -mostLost] as const);
  // The inequality that counts every place rules out the same plans.
  return {
    ...limitRow({ name: `reserve for the loss of ${failure.name}`, upper: 0, sites, pools, arcs }),
    follows: true,
  };
}
