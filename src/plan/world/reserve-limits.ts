/**
 * What has to stand so that a loss can be taken over, told by spots that share what may have to move: modules of one kind at one
 * place each. See `survival-limits.ts`.
 */
import type { CouplingLimit } from "../problem/coupling-limit.ts";
import { limitRow, type Weighed } from "../problem/limit-rows.ts";
import { refugesOf, type FailoverTable, type Failure } from "./resilience.ts";
import { siteOfSpot } from "../problem/spots.ts";

/** Reserves of less than a module are told by places alone. */
const leastReserve = 1;
/** Most limits on reserves: the largest reserves come first. */
const mostReserves = 400;
/** Rounding up less than this share, or from less than this part of a module, says too little. */
const leastPart = 1e-3;
/** Of a module, by how much one place more makes a reserve smaller for it to be told. */
const leastSpared = 0.05;

/** Sites where a row may be served, in the order of its arcs, and sites where it may go, sorted. */
export interface Reach {
  readonly row: number;
  readonly sites: readonly number[];
  readonly refuges: readonly number[];
}

/** Spots that share a reserve. */
interface Group {
  /** What one module of each spot is worth, the best kind 1. */
  readonly worth: ReadonlyMap<number, number>;
  /** The rows that may go nowhere else, and how many of these each takes at least, wherever it is served or goes. */
  readonly inside: readonly Reach[];
  readonly load: readonly number[];
  /** Of all rows. */
  readonly total: number;
}

function groupsOf(table: FailoverTable, reaches: readonly Reach[]): Group[] {
  const { spot, starts } = table.refuges;
  const byFirst = Map.groupBy(
    reaches.filter(({ refuges }) => refuges.length > 0),
    ({ row }) => spot[starts[row]!]!,
  );
  return spotsTogether(table, reaches)
    .map((spots) => {
      const within = new Set(spots);
      // Who has nowhere to go asks for no reserve.
      const inside = spots
        .flatMap((first) => byFirst.get(first) ?? [])
        .filter(({ row }) => spot.subarray(starts[row], starts[row + 1]).every((each) => within.has(each)))
        .sort((a, b) => a.row - b.row);
      const { worth, load } = timesOf(table, spots, inside);
      return { worth, load, inside, total: load.reduce((sum, part) => sum + part, 0) };
    })
    .filter(({ total }) => total >= leastReserve);
}

/** Modules that remain when something is lost have time for all that is served by such modules. */
export function reserveLimits(
  table: FailoverTable,
  failures: readonly Failure[],
  reaches: readonly Reach[],
): CouplingLimit[] {
  return groupsOf(table, reaches)
    .flatMap((group) => failures.map((failure) => ({ group, limits: reserveFor(table, failure, group) })))
    .filter(({ limits }) => limits.length > 0)
    .sort((a, b) => b.group.total - a.group.total)
    .flatMap(({ limits }) => limits)
    .slice(0, mostReserves);
}

function reserveFor(
  { planned, poolsOfSpot }: FailoverTable,
  { name: failure, sites }: Failure,
  { worth, load, inside }: Group,
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
  const rows = inside.flatMap(({ row, refuges }, i) =>
    load[i]! > 0 && refuges.some((site) => !lost.has(site)) ? [{ row, load: load[i]! }] : [],
  );
  const total = rows.reduce((sum, each) => sum + each.load, 0);
  if (!(total > 0)) return [];
  const name = `what remains without ${failure}`;
  const limit = (upper: number, weight: (value: number) => number, unserved: number): CouplingLimit =>
    limitRow({
      name,
      upper,
      pools: remaining.map(([pool, value]) => [pool, -weight(value)] as const),
      unserved: rows.map(({ row, load: part }) => [row, -unserved * part] as const),
    });
  const plain = limit(-total, (value) => value, 1);
  const whole = inWholeModules(total);
  return whole === null ? [plain] : [plain, limit(-whole.total, whole.weight, whole.unserved)];
}

/** What a reserve of whole modules is, where rounding up says enough; loads of what is left out count `unserved` times. */
function inWholeModules(
  total: number,
): { readonly total: number; readonly weight: (worth: number) => number; readonly unserved: number } | null {
  const part = total - Math.floor(total);
  if (part < leastPart || 1 - part < leastPart * total) return null;
  // Mixed-integer rounding: with fewer modules than it takes, at least the part of one is left out.
  const weight = (worth: number): number => Math.floor(worth) + Math.min(1, (worth - Math.floor(worth)) / part);
  return { total: Math.ceil(total), weight, unserved: 1 / part };
}

/**
 * The fewer places share a reserve, the larger it is. With L the load of all rows, n places open and one of them lost, the others
 * carry L, so that n places together hold at least n / (n − 1) of it. That is a convex function of n, which never falls below the
 * lines through what two neighbouring numbers of places take: `a · L · (1 − unserved) ≤ Σ worth · modules + b · L · n`. Without
 * them relaxations keep a little of the reserve at every place, each open in so small a part that it costs next to nothing.
 */
export function placeLimits(table: FailoverTable, reaches: readonly Reach[]): CouplingLimit[] {
  return groupsOf(table, reaches)
    .sort((a, b) => b.total - a.total)
    .flatMap((group) => linesOf(table, group))
    .slice(0, mostReserves);
}

function linesOf({ planned, poolsOfSpot }: FailoverTable, { worth, load, inside }: Group): CouplingLimit[] {
  const kinds = planned.world.modules.length;
  // Who has one place to go to is lost with it, and so is no load of others.
  const rows = inside.flatMap(({ row, refuges }, i) =>
    load[i]! > 0 && refuges.length > 1 ? [{ row, load: load[i]! }] : [],
  );
  const total = rows.reduce((sum, each) => sum + each.load, 0);
  const places = [...new Set([...worth.keys()].map((spot) => Math.floor(spot / kinds)))].sort((a, b) => a - b);
  const told = [{ total, weight: (value: number): number => value, unserved: 1 }, inWholeModules(total)];
  return told.flatMap((reserve) => {
    if (reserve === null) return [];
    const pools: Weighed = [...worth].flatMap(([spot, value]) =>
      poolsOfSpot.get(spot)!.map((pool) => [pool, -reserve.weight(value)] as const),
    );
    const lines: CouplingLimit[] = [];
    for (let open = 2; open < places.length; open++) {
      const [takes, takesNext] = [open / (open - 1), (open + 1) / open];
      const spared = takes - takesNext;
      if (spared * reserve.total < leastSpared) break;
      // At no place at all, where nobody can be served: what leaving everybody out has to make up for.
      const most = takes + spared * open;
      lines.push(
        limitRow({
          name: "reserve by the number of places",
          upper: -most * reserve.total,
          sites: places.map((site) => [site, -spared * reserve.total] as const),
          pools,
          unserved: rows.map(({ row, load: part }) => [row, -most * reserve.unserved * part] as const),
        }),
      );
    }
    return lines;
  });
}

/** Numbers of places at which it is told what has to stand idle. */
const toldAt: readonly number[] = [2, 3, 4, 6, 9, 14];
/** Reserves of fewer modules are told by `placeLimits` alone. */
const leastIdle = 4;
/** With more arcs to count a reserve is shared by so many places that it is small, and told for less than counting them takes. */
const mostIdleArcs = 2_000_000;

/**
 * Beside what n places serve they keep idle what the loss of any one of them brings. With I the time that stands idle everywhere and L
 * the load of all rows where each takes least, the loss of a place asks of the others for what it serves; summed over the places
 * that is `(n − 1) · I ≥ L · (1 − unserved)`. Unlike in `placeLimits`, what is served takes the time that it takes where it is served. The
 * bound on I is convex in n, and told by lines through what two neighbouring numbers of places take.
 */
export function idleLimits(table: FailoverTable, reaches: readonly Reach[]): CouplingLimit[] {
  return groupsOf(table, reaches)
    .filter(({ total }) => total >= leastIdle)
    .sort((a, b) => b.total - a.total)
    .flatMap((group) => idleLinesOf(table, group));
}

function idleLinesOf({ planned, poolsOfSpot }: FailoverTable, { worth, load, inside }: Group): CouplingLimit[] {
  const { problem, world } = planned;
  const { arcs } = problem;
  const rows = inside.flatMap(({ row, refuges }, i) =>
    load[i]! > 0 && refuges.length > 1 ? [{ row, load: load[i]! }] : [],
  );
  const total = rows.reduce((sum, each) => sum + each.load, 0);
  const places = [...new Set([...worth.keys()].map((spot) => siteOfSpot(world, spot)))].sort((a, b) => a - b);
  const worthOfPool = new Float64Array(problem.pools.count);
  for (const [spot, value] of worth) for (const pool of poolsOfSpot.get(spot)!) worthOfPool[pool] = value;
  const pools: Weighed = [...worth].flatMap(([spot, value]) =>
    poolsOfSpot.get(spot)!.map((pool) => [pool, -value] as const),
  );
  // All lines count the same arcs, of which there may be millions.
  const most = rows.reduce((sum, { row }) => sum + arcs.starts[row + 1]! - arcs.starts[row]!, 0);
  const busy = { arcs: new Int32Array(most), arcWeights: new Float64Array(most) };
  let count = 0;
  for (const { row } of rows) {
    for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
      const weight = worthOfPool[arcs.pool[arc]!]! * arcs.load[arc]!;
      if (weight === 0) continue;
      busy.arcs[count] = arc;
      busy.arcWeights[count++] = weight;
    }
  }
  if (count > mostIdleArcs) return [];
  const counted = { arcs: busy.arcs.slice(0, count), arcWeights: busy.arcWeights.slice(0, count) };
  return toldAt
    .filter((open) => open < places.length)
    .map((open) => {
      const spared = 1 / (open * (open - 1));
      const idle = 2 / (open - 1);
      return {
        ...limitRow({
          name: "idle by the number of places",
          upper: -idle * total,
          sites: places.map((site) => [site, -spared * total] as const),
          pools,
          unserved: rows.map(({ row, load: part }) => [row, -idle * part] as const),
        }),
        ...counted,
      };
    });
}

/** Spots that may take over requests of the same workload, where places are linked by rows that may go to either. */
function spotsTogether(table: FailoverTable, reaches: readonly Reach[]): number[][] {
  const { world, memberStarts, members } = table.planned;
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
      for (const { spot } of refugesOf(table, row)) {
        const at = find(siteOfSpot(world, spot));
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
  table: FailoverTable,
  spots: readonly number[],
  inside: readonly Reach[],
): { readonly worth: ReadonlyMap<number, number>; readonly load: readonly number[] } {
  const { problem, poolModule, world } = table.planned;
  const kinds = world.modules.length;
  // What all the rows take of each kind, each where it takes least; a kind that cannot serve all of them counts for the rest.
  const taken = new Float64Array(kinds);
  const refuges = inside.map(({ row }) => refugesOf(table, row));
  for (const ways of refuges) {
    const best = Math.min(...ways.map(({ load }) => load));
    const least = new Float64Array(kinds).fill(Infinity);
    for (const { spot, load } of ways) least[spot % kinds] = Math.min(least[spot % kinds]!, load);
    for (let kind = 0; kind < kinds; kind++) taken[kind]! += Number.isFinite(least[kind]!) ? least[kind]! : best;
  }
  const fewest = Math.min(...taken.filter((_, kind) => spots.some((spot) => spot % kinds === kind)));
  const worth = new Map(spots.map((spot) => [spot, taken[spot % kinds]! > 0 ? fewest / taken[spot % kinds]! : 1]));
  const { starts, pool } = problem.arcs;
  const load = inside.map(({ row }, i) => {
    let least = Infinity;
    for (const refuge of refuges[i]!) least = Math.min(least, refuge.load * worth.get(refuge.spot)!);
    for (let arc = starts[row]!; arc < starts[row + 1]!; arc++) {
      const spot = problem.pools.site[pool[arc]!]! * kinds + poolModule[pool[arc]!]!;
      // Where nothing can stand nobody is served.
      if (table.poolsOfSpot.has(spot)) least = Math.min(least, problem.arcs.load[arc]! * (worth.get(spot) ?? 0));
    }
    return Number.isFinite(least) ? least : 0;
  });
  return { worth, load };
}

/** In the order in which the first of each group comes. */
export function groupedBy<T>(values: readonly T[], key: (value: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const known = groups.get(key(value));
    if (known === undefined) groups.set(key(value), [value]);
    else known.push(value);
  }
  return [...groups.values()];
}
