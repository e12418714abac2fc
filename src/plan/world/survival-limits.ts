/**
 * What every plan keeps that survives failures, before any plan is looked at. The inequalities of `resilience.ts` are found where
 * plans break them, one by one, and relaxations get round them by opening places in part: a reserve at a twentieth of a place
 * costs next to nothing. These are written out from the start, for the solver, for bounds and for certificates:
 *
 * - Two places for whoever is served: where requests go when their place is lost, something stands. So of the places that may
 *   serve a row or take it over at least two are open, or the row is left out; and nobody is served from a place while all others
 *   that could take them over are shut.
 * - What remains carries everything: without the places of a failure, the modules elsewhere have time for all that is served by
 *   such modules, in whole modules; and the fewer places share it, the more stands in reserve.
 * - In large problems, what stands by counts by its modules: something stands beside every place for whoever is served.
 */
import type { CouplingLimit } from "../problem/coupling-limit.ts";
import type { Stage } from "./failover-terms.ts";
import { limitRow, type LimitRow } from "../problem/limit-rows.ts";
import { groupedBy, idleLimits, placeLimits, reserveLimits, type Reach } from "./reserve-limits.ts";
import { usefulModules } from "../problem/problem.ts";
import { refugesOf, type FailoverTable, type Failure } from "./resilience.ts";
import { siteOfSpot, spotAt } from "../problem/spots.ts";

/** With more places to go, that all others are shut is not what a plan suffers from. */
const mostShut = 8;

/** By how much places and rows have to be shifted in a problem of several periods. */
interface Shift {
  readonly row: number;
  readonly arc: number;
  readonly pool: number;
  readonly site: number;
}

/**
 * The limits of all periods, in an order that depends on nothing but the world. Kinds that were added later stand behind those of
 * all periods, so that documents which know only the first ones still name the right limits.
 */
export function survivalLimits(
  stages: readonly Stage[],
  tables: readonly FailoverTable[],
  failures: readonly Failure[],
): CouplingLimit[] {
  let [row, site] = [0, 0];
  const periods = stages.map(({ planned: { problem }, arc, pool }, stage) => {
    const shift = { row, arc, pool, site };
    row += problem.rows.count;
    site += problem.sites.count;
    return { table: tables[stage]!, reaches: reachesOf(tables[stage]!), shift };
  });
  return [
    ...periods.flatMap(({ table, reaches, shift }) =>
      shifted([...openingLimits(table, reaches), ...reserveLimits(table, failures, reaches)], shift),
    ),
    ...periods.flatMap(({ table, reaches, shift }) => shifted(placeLimits(table, reaches), shift)),
  ];
}

function shifted(limits: readonly CouplingLimit[], shift: Shift): CouplingLimit[] {
  // Limits that count the same arcs still do.
  const arcsOf = new Map<Int32Array, Int32Array>();
  const shiftedArcs = (arcs: Int32Array): Int32Array => {
    if (shift.arc === 0) return arcs;
    const known = arcsOf.get(arcs) ?? arcs.map((at) => at + shift.arc);
    arcsOf.set(arcs, known);
    return known;
  };
  return limits.map((limit) => ({
    ...limit,
    follows: true,
    sites: limit.sites.map((at) => at + shift.site),
    pools: limit.pools.map((at) => at + shift.pool),
    ...(limit.arcs !== undefined && { arcs: shiftedArcs(limit.arcs) }),
    ...(limit.unserved !== undefined && { unserved: limit.unserved.map((at) => at + shift.row) }),
  }));
}

function reachesOf(table: FailoverTable): Reach[] {
  const { planned, poolsOfSpot } = table;
  const { problem, world, demandRowCount, poolModule } = planned;
  const { starts, pool } = problem.arcs;
  return Array.from({ length: demandRowCount }, (_, row) => {
    const sites = new Set<number>();
    for (let arc = starts[row]!; arc < starts[row + 1]!; arc++) {
      const site = problem.pools.site[pool[arc]!]!;
      // Where nothing can stand nobody is served.
      if (poolsOfSpot.has(spotAt(world, site, poolModule[pool[arc]!]!))) sites.add(site);
    }
    const refuges = new Set(refugesOf(table, row).map(({ spot }) => siteOfSpot(world, spot)));
    return { row, sites: [...sites], refuges: [...refuges].sort((a, b) => a - b) };
  }).filter(({ sites }) => sites.length > 0);
}

/** Rows with the same places; served as one, they are worth the same. */
interface Alike {
  readonly rows: readonly Reach[];
  readonly sites: readonly number[];
  readonly refuges: readonly number[];
  /** What each row is worth, USD/year. */
  readonly worth: readonly number[];
  readonly totalWorth: number;
}

function alike({ planned: { problem } }: FailoverTable, reaches: readonly Reach[]): Alike[] {
  return groupedBy(reaches, ({ sites, refuges }) => `${sites.join()}|${refuges.join()}`).map((rows) => {
    const [{ sites, refuges }] = rows as [Reach];
    const worth = rows.map(({ row }) => Math.max(problem.rows.unservedUsd[row]!, Number.MIN_VALUE));
    return { rows, sites, refuges, worth, totalWorth: worth.reduce((sum, usd) => sum + usd, 0) };
  });
}

/** Two open places for whoever is served; undefined where somebody has a place that no other could take over from. */
function twoPlaces({ rows, sites, refuges, worth, totalWorth }: Alike): LimitRow | undefined {
  // A place whose requests nobody else could take over is lost with them, and needs nothing beside it.
  if (!sites.every((site) => refuges.some((other) => other !== site))) return undefined;
  const places = [...new Set([...sites, ...refuges])].sort((a, b) => a - b);
  const open = places.map((site) => [site, -1] as const);
  const left = rows.map(({ row }, i) => [row, (-2 * worth[i]!) / totalWorth] as const);
  return { name: "two places for whoever is served", upper: -2, sites: open, unserved: left };
}

/** The limits of places that have to be open, one for all rows with the same places. */
function openingLimits(table: FailoverTable, reaches: readonly Reach[]): CouplingLimit[] {
  const { problem, world, poolModule } = table.planned;
  const { starts, pool } = problem.arcs;
  const limits: CouplingLimit[] = [];
  for (const one of alike(table, reaches)) {
    const { rows, sites, refuges, worth, totalWorth } = one;
    const two = twoPlaces(one);
    if (two !== undefined) limits.push(limitRow(two));
    if (refuges.length > mostShut) continue;
    for (const site of sites) {
      const elsewhere = refuges.filter((other) => other !== site);
      if (elsewhere.length === 0) continue;
      const served = rows.flatMap(({ row }, i) => {
        const here: (readonly [number, number])[] = [];
        for (let arc = starts[row]!; arc < starts[row + 1]!; arc++) {
          const at = problem.pools.site[pool[arc]!]!;
          const mayStand = table.poolsOfSpot.has(spotAt(world, at, poolModule[pool[arc]!]!));
          if (at === site && mayStand) here.push([arc, worth[i]! / totalWorth]);
        }
        return here;
      });
      const open = elsewhere.map((other) => [other, -1] as const);
      limits.push(
        limitRow({
          name: `a place beside ${world.sites[site]!.id}`,
          upper: 0,
          sites: open,
          arcs: served,
          inBound: false,
        }),
      );
    }
  }
  return limits;
}

/** The cheapest plans leave no place open and empty that is counted as open, unless it is of use by that. */
function openLimits({ planned: { problem } }: FailoverTable, standing: readonly CouplingLimit[]): CouplingLimit[] {
  const { pools, sites, limits } = problem;
  const counted = new Set(standing.flatMap(({ sites: of }) => [...of]));
  for (const { sites: of, siteWeights } of limits) {
    for (const [i, site] of of.entries()) if (siteWeights[i]! < 0) counted.delete(site);
  }
  const poolsAt: number[][] = Array.from({ length: sites.count }, () => []);
  for (let pool = 0; pool < pools.count; pool++) poolsAt[pools.site[pool]!]!.push(pool);
  return [...counted]
    .filter((site) => sites.forced[site] === 0 && sites.usd[site]! >= 0 && poolsAt[site]!.length > 0)
    .sort((a, b) => a - b)
    .map((site) =>
      limitRow({
        name: standsOpen,
        upper: 0,
        sites: [[site, 1]],
        pools: poolsAt[site]!.map((pool) => [pool, -1] as const),
      }),
    );
}

/** Share of what rows are worth that first prices say two places are worth to them. */
const worthOfPlaces = 0.25;
/** First prices are a little above what the cheapest way costs. */
const aboveCheapest = 1.1;

/**
 * The limits that large problems are given, again in an order that depends on nothing but the world: two places
 * for whoever is served, and what stands in reserve by the number of places; behind those of all periods, that something stands beside
 * each place, and behind these what stands idle by the number of places. The others would take long to price and prove little.
 */
export function survivalLimitsAtSize(stages: readonly Stage[], tables: readonly FailoverTable[]): CouplingLimit[] {
  let [row, site] = [0, 0];
  const periods = stages.map(({ planned: { problem }, arc, pool }, stage) => {
    const table = tables[stage]!;
    const reaches = reachesOf(table);
    const shift = { row, arc, pool, site };
    row += problem.rows.count;
    site += problem.sites.count;
    return { table, reaches, shift };
  });
  return [
    ...periods.flatMap(({ table, reaches, shift }) =>
      shifted([...pricedPlaces(table, reaches), ...placeLimits(table, reaches)], shift),
    ),
    ...periods.flatMap(({ table, reaches, shift }) => {
      const standing = standingLimits(table, reaches);
      // Over several periods a place may be opened before anything stands there, where later budgets have no room for it.
      return shifted([...standing, ...(periods.length === 1 ? openLimits(table, standing) : [])], shift);
    }),
    ...periods.flatMap(({ table, reaches, shift }) => shifted(idleLimits(table, reaches), shift)),
  ];
}

/** With more places to go, that nothing stands beside one of them is not what a relaxation suffers from. */
const mostBeside = 4;
/** Where no more modules than this are of use, plans have one of them: it is told both of places and of modules. */
const fewModules = 4;

const standsOpen = "a module where a place is open";
const standsAtTwo = "something stands at two places for whoever is served";
const standsBeside = "something stands beside ";

export function isStandingLimit({ name }: CouplingLimit): boolean {
  return name === standsAtTwo || name === standsOpen || name.startsWith(standsBeside);
}

/**
 * Something stands at two places for whoever is served, and something stands whatever single place is lost: what counts is a module that
 * serves such requests, where one is enough for all in reach, and otherwise that the place is open.
 */
function standingLimits(table: FailoverTable, reaches: readonly Reach[]): CouplingLimit[] {
  const { problem, world } = table.planned;
  const most = usefulModules(problem);
  return groupsOfPlaces(table, reaches).flatMap(({ one, spots }) => {
    if (twoPlaces(one) === undefined) return [];
    const bySite = Map.groupBy(spots, (spot) => siteOfSpot(world, spot));
    const places = [...bySite].map(([site, here]) => {
      const pools = here.flatMap((spot) => table.poolsOfSpot.get(spot)!);
      return { site, pools, most: pools.reduce((sum, pool) => sum + most[pool]!, 0) };
    });
    /** @param few Where no more modules are of use, they are what counts. */
    const limitOf = (served: number, few: number, lost: number): CouplingLimit => {
      const remaining = places.filter(({ site }) => site !== lost);
      return limitRow({
        name: lost < 0 ? standsAtTwo : `${standsBeside}${world.sites[lost]!.id}`,
        upper: -served,
        sites: remaining.flatMap((place) => (place.most > few ? [[place.site, -1] as const] : [])),
        pools: remaining.flatMap((place) => (place.most > few ? [] : place.pools.map((pool) => [pool, -1] as const))),
        unserved: one.rows.map(({ row }, i) => [row, (-served * one.worth[i]!) / one.totalWorth] as const),
      });
    };
    const countedAs = [1, ...(places.some((place) => place.most > 1 && place.most <= fewModules) ? [fewModules] : [])];
    return countedAs.flatMap((few) => {
      // With places alone it is told already.
      const isTold = places.length === 2 || places.every((place) => place.most > few);
      const two = isTold ? [] : [limitOf(2, few, -1)];
      return places.length > mostBeside ? two : [...two, ...places.map(({ site }) => limitOf(1, few, site))];
    });
  });
}

/**
 * Two places for whoever is served, with guesses at their prices: what opening one and its first module take, shared by all who would
 * pay for it. Rows that other kinds of modules serve are told apart, for what a place takes differs.
 */
function pricedPlaces(table: FailoverTable, reaches: readonly Reach[]): CouplingLimit[] {
  const { pools, sites } = table.planned.problem;
  const groups = groupsOfPlaces(table, reaches).flatMap(({ one, spots }) => {
    const limit = twoPlaces(one);
    if (limit === undefined) return [];
    const moduleUsd = new Map<number, number>();
    for (const pool of spots.flatMap((spot) => table.poolsOfSpot.get(spot) ?? [])) {
      const site = pools.site[pool]!;
      moduleUsd.set(site, Math.min(moduleUsd.get(site) ?? Infinity, Math.max(0, pools.usd[pool]!)));
    }
    return [{ limit, worth: one.totalWorth, moduleUsd }];
  });
  const wanted = new Float64Array(sites.count);
  for (const { worth, moduleUsd } of groups) for (const site of moduleUsd.keys()) wanted[site]! += worth;
  return groups.map(({ limit, worth, moduleUsd }) => {
    let cheapestUsd = Infinity;
    for (const [site, usd] of moduleUsd) {
      cheapestUsd = Math.min(cheapestUsd, (Math.max(0, sites.usd[site]!) + usd) * (worth / wanted[site]!));
    }
    return { ...limitRow(limit), firstPriceUsd: Math.min(worthOfPlaces * worth, aboveCheapest * cheapestUsd) };
  });
}

/** Rows with the same places and the same spots there. */
function groupsOfPlaces(
  table: FailoverTable,
  reaches: readonly Reach[],
): { readonly one: Alike; readonly spots: readonly number[] }[] {
  return groupedBy(
    reaches.map((reach) => ({ reach, spots: spotsOf(table, reach.row) })),
    ({ reach, spots }) => `${reach.sites.join()}|${reach.refuges.join()}|${spots.join()}`,
  ).map((group) => {
    const [one] = alike(
      table,
      group.map(({ reach }) => reach),
    );
    return { one: one!, spots: group[0]!.spots };
  });
}

/** Spots where a row may be served or go, sorted. */
function spotsOf(table: FailoverTable, row: number): number[] {
  const { problem, world, poolModule } = table.planned;
  const { starts, pool } = problem.arcs;
  const spots = new Set(refugesOf(table, row).map(({ spot }) => spot));
  for (let arc = starts[row]!; arc < starts[row + 1]!; arc++) {
    const spot = spotAt(world, problem.pools.site[pool[arc]!]!, poolModule[pool[arc]!]!);
    if (table.poolsOfSpot.has(spot)) spots.add(spot);
  }
  return [...spots].sort((a, b) => a - b);
}
