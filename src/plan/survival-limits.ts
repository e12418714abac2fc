/**
 * What every plan keeps that survives failures, before any plan is looked at. The inequalities of `resilience.ts` are found where
 * plans break them, one by one, and relaxations get round them by opening places in part: a reserve at a twentieth of a place
 * costs next to nothing. These are written out from the start, for the solver, for bounds and for certificates:
 *
 * - Two places for whoever is served: where requests go when their place is lost, something stands. So of the places that may
 *   serve a row or take it over at least two are open, or the row is left out; and nobody is served from a place while all others
 *   that could take them over are shut.
 * - What remains carries everything: without the places of a failure, the modules elsewhere have time for all that is served by
 *   such modules, in whole modules.
 */
import type { CouplingLimit } from "./coupling-limit.ts";
import type { Stage } from "./examine-failures.ts";
import { limitRow, type Weighed } from "./limit-rows.ts";
import type { FailoverTable, Failure } from "./resilience.ts";

/** With more places to go, that all others are shut is not what a plan suffers from. */
const mostShut = 8;
/** Reserves of less than a module are told by places alone. */
const leastReserve = 1;
/** Most limits on reserves: the largest reserves come first. */
const mostReserves = 400;
/** Rounding up less than this share, or from less than this part of a module, says too little. */
const leastPart = 1e-3;

/** By how much places and rows have to be shifted in a problem of several periods. */
interface Shift {
  readonly row: number;
  readonly arc: number;
  readonly pool: number;
  readonly site: number;
}

/** Where a row may be served and where it may go, by place. */
interface Reach {
  readonly row: number;
  readonly arcs: ReadonlyMap<number, readonly number[]>;
  readonly refuges: readonly number[];
}

/** The limits of all periods, in an order that depends on nothing but the world. */
export function survivalLimits(
  stages: readonly Stage[],
  tables: readonly FailoverTable[],
  failures: readonly Failure[],
): CouplingLimit[] {
  let [row, site] = [0, 0];
  return stages.flatMap(({ planned: { problem }, arc, pool }, stage) => {
    const limits = limitsOfPeriod(tables[stage]!, failures, { row, arc, pool, site });
    row += problem.rows.count;
    site += problem.sites.count;
    return limits;
  });
}

function limitsOfPeriod(table: FailoverTable, failures: readonly Failure[], shift: Shift): CouplingLimit[] {
  const reaches = reachesOf(table);
  return [...openingLimits(table, reaches), ...reserveLimits(table, failures, reaches)].map((limit) => ({
    ...limit,
    follows: true,
    sites: limit.sites.map((at) => at + shift.site),
    pools: limit.pools.map((at) => at + shift.pool),
    ...(limit.arcs !== undefined && { arcs: limit.arcs.map((at) => at + shift.arc) }),
    ...(limit.unserved !== undefined && { unserved: limit.unserved.map((at) => at + shift.row) }),
  }));
}

function reachesOf({ planned, refuges, poolsOfSpot }: FailoverTable): Reach[] {
  const { problem, world, demandRowCount, poolModule } = planned;
  const { starts, pool } = problem.arcs;
  return Array.from({ length: demandRowCount }, (_, row) => {
    const arcs = new Map<number, number[]>();
    for (let arc = starts[row]!; arc < starts[row + 1]!; arc++) {
      const site = problem.pools.site[pool[arc]!]!;
      // Where nothing can stand nobody is served.
      if (!poolsOfSpot.has(site * world.modules.length + poolModule[pool[arc]!]!)) continue;
      const here = arcs.get(site);
      if (here === undefined) arcs.set(site, [arc]);
      else here.push(arc);
    }
    const sites = new Set(refuges[row]!.map(({ spot }) => Math.floor(spot / world.modules.length)));
    return { row, arcs, refuges: [...sites].sort((a, b) => a - b) };
  }).filter(({ arcs }) => arcs.size > 0);
}

/** Two open places for whoever is served, one limit for all rows with the same places: served as one, they are worth the same. */
function openingLimits({ planned: { problem, world } }: FailoverTable, reaches: readonly Reach[]): CouplingLimit[] {
  const limits: CouplingLimit[] = [];
  for (const rows of groupedBy(reaches, ({ arcs, refuges }) => `${[...arcs.keys()].join()}|${refuges.join()}`)) {
    const [{ arcs, refuges }] = rows as [Reach];
    const others = (site: number): number[] => refuges.filter((other) => other !== site);
    const worth = rows.map(({ row }) => Math.max(problem.rows.unservedUsd[row]!, Number.MIN_VALUE));
    const totalWorth = worth.reduce((sum, usd) => sum + usd, 0);
    // A place whose requests nobody else could take over is lost with them, and needs nothing beside it.
    if ([...arcs.keys()].every((site) => others(site).length > 0)) {
      const places = [...new Set([...arcs.keys(), ...refuges])].sort((a, b) => a - b);
      const open = places.map((site) => [site, -1] as const);
      const left = rows.map(({ row }, i) => [row, (-2 * worth[i]!) / totalWorth] as const);
      limits.push(withUnserved(limitRow({ name: "two places for whoever is served", upper: -2, sites: open }), left));
    }
    if (refuges.length > mostShut) continue;
    for (const site of arcs.keys()) {
      const elsewhere = others(site);
      if (elsewhere.length === 0) continue;
      const served = rows.flatMap((reach, i) =>
        reach.arcs.get(site)!.map((arc) => [arc, worth[i]! / totalWorth] as const),
      );
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

/** Modules that remain when something is lost have time for all that is served by such modules. */
function reserveLimits(table: FailoverTable, failures: readonly Failure[], reaches: readonly Reach[]): CouplingLimit[] {
  const found: { readonly load: number; readonly limits: readonly CouplingLimit[] }[] = [];
  for (const spots of spotsTogether(table, reaches)) {
    const { worth, load } = timesOf(table, spots, reaches);
    const total = load.reduce((sum, part) => sum + part, 0);
    if (total < leastReserve) continue;
    for (const failure of failures) {
      const limits = reserveFor(table, failure, worth, load, reaches);
      if (limits.length > 0) found.push({ load: total, limits });
    }
  }
  return found
    .sort((a, b) => b.load - a.load)
    .flatMap(({ limits }) => limits)
    .slice(0, mostReserves);
}

function reserveFor(
  { planned, poolsOfSpot }: FailoverTable,
  { name: failure, sites }: Failure,
  worth: ReadonlyMap<number, number>,
  load: Float64Array,
  reaches: readonly Reach[],
): CouplingLimit[] {
  const kinds = planned.world.modules.length;
  const lost = new Set(sites);
  const remaining: (readonly [pool: number, worth: number])[] = [];
  let losesSome = false;
  for (const [spot, value] of worth) {
    if (lost.has(Math.floor(spot / kinds))) losesSome = true;
    else for (const pool of poolsOfSpot.get(spot)!) remaining.push([pool, value]);
  }
  if (!losesSome) return [];
  // Who has nowhere else to go is lost with the place.
  const rows = reaches.filter(({ row, refuges }) => load[row]! > 0 && refuges.some((site) => !lost.has(site)));
  const total = rows.reduce((sum, { row }) => sum + load[row]!, 0);
  if (!(total > 0)) return [];
  const name = `what remains without ${failure}`;
  const limit = (upper: number, weight: (value: number) => number, unserved: number): CouplingLimit =>
    withUnserved(
      limitRow({ name, upper, pools: remaining.map(([pool, value]) => [pool, -weight(value)] as const) }),
      rows.map(({ row }) => [row, -unserved * load[row]!] as const),
    );
  const part = total - Math.floor(total);
  const plain = limit(-total, (value) => value, 1);
  if (part < leastPart || 1 - part < leastPart * total) return [plain];
  // Mixed-integer rounding: with fewer modules than it takes, at least the part of one is left out.
  const rounded = (value: number): number => Math.floor(value) + Math.min(1, (value - Math.floor(value)) / part);
  return [plain, limit(-Math.ceil(total), rounded, 1 / part)];
}

/** Spots that may take over requests of the same workload, where places are linked by rows that may go to either. */
function spotsTogether({ planned, refuges }: FailoverTable, reaches: readonly Reach[]): number[][] {
  const { world, memberStarts, members } = planned;
  const workloadOf = ({ row }: Reach): number => world.demand[members[memberStarts[row]!]!]!.workload;
  const groups: number[][] = [];
  for (const rows of groupedBy(reaches, (reach) => String(workloadOf(reach)))) {
    const first = new Map<number, number>();
    const find = (site: number): number => {
      let at = site;
      while ((first.get(at) ?? at) !== at) at = first.get(at)!;
      return at;
    };
    for (const { refuges: sites } of rows) {
      for (const site of sites) {
        const [a, b] = [find(sites[0]!), find(site)];
        first.set(Math.max(a, b), Math.min(a, b));
      }
    }
    const spots = new Map<number, Set<number>>();
    for (const { row } of rows) {
      for (const { spot } of refuges[row]!) {
        const at = find(Math.floor(spot / world.modules.length));
        const here = spots.get(at);
        if (here === undefined) spots.set(at, new Set([spot]));
        else here.add(spot);
      }
    }
    for (const here of spots.values()) groups.push([...here].sort((a, b) => a - b));
  }
  return groupedBy(groups, (spots) => spots.join()).map(([spots]) => spots!);
}

/** What one module of each spot is worth, the best kind 1, and of each row at least how many of these it takes, wherever it goes. */
function timesOf(
  { planned, refuges }: FailoverTable,
  spots: readonly number[],
  reaches: readonly Reach[],
): { readonly worth: ReadonlyMap<number, number>; readonly load: Float64Array } {
  const { problem, poolModule, world } = planned;
  const kinds = world.modules.length;
  const within = new Set(spots);
  // Who has nowhere to go asks for no reserve.
  const inside = reaches.filter(
    ({ row }) => refuges[row]!.length > 0 && refuges[row]!.every(({ spot }) => within.has(spot)),
  );
  // What all the rows take of each kind, each where it takes least; a kind that cannot serve all of them counts for the rest.
  const taken = new Float64Array(kinds);
  const best = inside.map(({ row }) => Math.min(...refuges[row]!.map(({ load }) => load)));
  for (const [i, { row }] of inside.entries()) {
    const least = new Float64Array(kinds).fill(Infinity);
    for (const { spot, load } of refuges[row]!) least[spot % kinds] = Math.min(least[spot % kinds]!, load);
    for (let kind = 0; kind < kinds; kind++) taken[kind]! += Number.isFinite(least[kind]!) ? least[kind]! : best[i]!;
  }
  const fewest = Math.min(...taken.filter((_, kind) => spots.some((spot) => spot % kinds === kind)));
  const worth = new Map(spots.map((spot) => [spot, taken[spot % kinds]! > 0 ? fewest / taken[spot % kinds]! : 1]));
  const load = new Float64Array(problem.rows.count);
  for (const { row, arcs } of inside) {
    let least = Infinity;
    for (const refuge of refuges[row]!) least = Math.min(least, refuge.load * worth.get(refuge.spot)!);
    for (const arc of [...arcs.values()].flat()) {
      const pool = problem.arcs.pool[arc]!;
      const spot = problem.pools.site[pool]! * kinds + poolModule[pool]!;
      least = Math.min(least, problem.arcs.load[arc]! * (worth.get(spot) ?? 0));
    }
    load[row] = Number.isFinite(least) ? least : 0;
  }
  return { worth, load };
}

function withUnserved(limit: CouplingLimit, rows: Weighed): CouplingLimit {
  return {
    ...limit,
    unserved: Int32Array.from(rows, ([row]) => row),
    unservedWeights: Float64Array.from(rows, ([, weight]) => weight),
  };
}

/** In the order in which the first of each group comes. */
function groupedBy<T>(values: readonly T[], key: (value: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const known = groups.get(key(value));
    if (known === undefined) groups.set(key(value), [value]);
    else known.push(value);
  }
  return [...groups.values()];
}
