/**
 * Some places of a plan that has to survive, decided together and anew: which of them are open, with how many modules, who is served
 * there, and who is taken over by whom when something is lost. One mixed-integer programme, all other places being as they are. What the plan
 * does row by row (`buy-surviving.ts`) keeps more in reserve than is needed, for each row knows only what is free when it comes.
 */
import { alikeRows, type AlikeRows } from "./alike-rows.ts";
import type { ArcLimits } from "../problem/coupling-limit.ts";
import { MipBuilder } from "../problem/mip-builder.ts";
import type { ReserveBook } from "./reserve-book.ts";
import type { MoveTables } from "../search/row-moves.ts";
import type { MipModel } from "../problem/solver.ts";

/** Ways of serving rows, and of taking them over after a loss, that are told: the cheapest. */
const mostWays = 12;
/** Rows that take less of a module are bound to places by their being there rather than by their time. */
const littleLoad = 0.5;

/** What some places of a plan may become, and where that stands in the model. */
export interface ReserveProgramme {
  /** Its objective is what its modules, its openings and its rows, served or not, cost, USD/year. */
  readonly model: MipModel;
  /** By pool, and by site that may be shut. */
  readonly moduleCol: ReadonlyMap<number, number>;
  readonly openCol: ReadonlyMap<number, number>;
  readonly siteOf: (pool: number) => number;
  readonly groups: readonly Group[];
}

interface Group extends AlikeRows {
  readonly serving: readonly { readonly pool: number; readonly col: number }[];
  readonly taking: readonly { readonly failure: number; readonly place: number; readonly col: number }[];
}

type Entries = [col: number, weight: number][];

/**
 * @param book A plan after `clear`.
 * @param used What the plan used of each limit before: never more where that was too much.
 */
export function reserveProgramme(
  book: ReserveBook,
  { poolsOfSite }: MoveTables,
  arcLimits: ArcLimits | null,
  sites: ReadonlySet<number>,
  rows: readonly number[],
  used: Float64Array,
): ReserveProgramme {
  const { plan, refuges } = book;
  const { problem } = plan;
  const { arcs, pools, limits } = problem;
  const builder = new MipBuilder();
  const moduleCol = new Map<number, number>();
  const openCol = new Map<number, number>();
  for (const site of sites) addSite(site);

  /** By pool and place, what takes its time; by site, what goes through its ports; by limit, what counts. */
  const busy = new Map<number, Entries>();
  const coming = new Map<number, Map<number, Entries>>();
  const ports = new Map<number, Entries>();
  const limited = new Map<number, Entries>();
  const mayServe = (pool: number): boolean => moduleCol.has(pool) || plan.modules[pool]! > 0;
  const mayTake = (place: number): boolean => refuges.poolsAt[place]!.some(mayServe);
  const groups = alikeRows(book, rows, mayServe, mayTake).map(addGroup);
  for (const site of sites) addPower(site);
  addTime();
  for (const [site, entries] of ports) addRow(problem.sites.gbps[site]! - plan.gbps[site]!, entries);
  addLimits();
  return { model: builder.build(), moduleCol, openCol, siteOf: (pool) => pools.site[pool]!, groups };

  function addRow(upper: number, entries: Entries): void {
    builder.addRow(-Infinity, upper);
    for (const [col, value] of entries) builder.addEntry(col, value);
  }

  function addSite(site: number): void {
    const stands = plan.standing[site]! > 0 || problem.sites.forced[site] === 1;
    if (!stands) openCol.set(site, builder.addCol(problem.sites.usd[site]!, 0, 1, true));
    for (const pool of poolsOfSite[site]!) {
      if (refuges.placeOf[pool]! < 0 || plan.most[pool]! <= 0) continue;
      const least = pools.minCount[pool]!;
      moduleCol.set(pool, builder.addCol(pools.usd[pool]!, least, plan.most[pool]!, true));
    }
  }

  function addPower(site: number): void {
    const open = openCol.get(site);
    const here: Entries = [];
    let freeKw = problem.sites.kw[site]! - plan.kw[site]!;
    for (const pool of poolsOfSite[site]!) {
      const col = moduleCol.get(pool);
      if (col === undefined) continue;
      here.push([col, pools.kw[pool]!]);
      freeKw += pools.kw[pool]! * pools.minCount[pool]!;
      if (open !== undefined)
        addRow(0, [
          [col, 1],
          [open, -plan.most[pool]!],
        ]);
    }
    if (Number.isFinite(freeKw) && here.length > 0) addRow(freeKw, here);
  }

  function addGroup(group: AlikeRows): Group {
    const unservedUsd = group.rows.reduce((sum, row) => sum + problem.rows.unservedUsd[row]!, 0);
    builder.addOffset(unservedUsd);
    const gbps = group.rows.reduce((sum, row) => sum + problem.rows.gbps[row]!, 0);
    const serving = cheapest([...group.arcs], ([pool, of]) => costOf(pool, of)).map(([pool, of]) => {
      const site = pools.site[pool]!;
      const usd = of.reduce((sum, arc) => sum + arcs.usd[arc]!, 0);
      const load = of.reduce((sum, arc) => sum + arcs.load[arc]!, 0);
      const col = builder.addCol(usd - unservedUsd, 0, 1, false);
      push(busy, pool, [col, load]);
      if (gbps > 0 && Number.isFinite(problem.sites.gbps[site]!)) push(ports, site, [col, gbps]);
      for (const arc of arcLimits === null ? [] : of) {
        for (let j = arcLimits!.starts[arc]!; j < arcLimits!.starts[arc + 1]!; j++) {
          push(limited, arcLimits!.limit[j]!, [col, arcLimits!.weight[j]!]);
        }
      }
      const standing = moduleCol.get(pool);
      if (standing !== undefined && load < littleLoad)
        addRow(0, [
          [col, 1],
          [standing, -1],
        ]);
      return { pool, col };
    });
    addRow(
      1,
      serving.map(({ col }) => [col, 1]),
    );
    const lost = new Map<number, number[]>();
    for (const { pool, col } of serving) {
      if (refuges.placeOf[pool]! < 0) continue;
      for (const failure of refuges.failuresOf[pools.site[pool]!]!) {
        const known = lost.get(failure);
        if (known === undefined) lost.set(failure, [col]);
        else known.push(col);
      }
    }
    const taking = [...lost].flatMap(([failure, cols]) => {
      if (!book.mayMove(group.rows[0]!, failure)) return [];
      const sitesLost = refuges.lost[failure]!;
      const elsewhere = [...group.loads].filter(([place]) => !sitesLost.has(refuges.siteOf[place]!));
      const taken = cheapest(elsewhere, ([place, load]) => load * dearness(place)).map(([place, load]) => {
        const col = builder.addCol(0, 0, 1, false);
        const of = coming.get(place) ?? new Map<number, Entries>();
        coming.set(place, of);
        push(of, failure, [col, load]);
        const standing = refuges.poolsAt[place]!.flatMap((pool) => moduleCol.get(pool) ?? []);
        const isFixed = refuges.poolsAt[place]!.some((pool) => !moduleCol.has(pool) && plan.modules[pool]! > 0);
        if (!isFixed && load < littleLoad)
          addRow(0, [[col, 1], ...standing.map((each): [number, number] => [each, -1])]);
        return { failure, place, col };
      });
      addRow(0, [
        ...cols.map((col): [number, number] => [col, 1]),
        ...taken.map(({ col }): [number, number] => [col, -1]),
      ]);
      return taken;
    });
    return { ...group, serving, taking };
  }

  function costOf(pool: number, of: readonly number[]): number {
    return of.reduce((sum, arc) => sum + arcs.usd[arc]! + arcs.load[arc]! * pools.usd[pool]!, 0);
  }

  function dearness(place: number): number {
    return Math.min(...refuges.poolsAt[place]!.filter(mayServe).map((pool) => pools.usd[pool]!));
  }

  /** What is served and what is kept in reserve is no more than what stands. */
  function addTime(): void {
    for (const [pool, entries] of busy) addRow(...standing([pool], entries));
    const served = new Map<number, Entries>();
    for (const [pool, entries] of busy) {
      const place = refuges.placeOf[pool]!;
      if (place >= 0) served.set(place, [...(served.get(place) ?? []), ...entries]);
    }
    for (const place of new Set([...served.keys(), ...coming.keys()])) {
      const reserve = builder.addCol(0, book.reserve(place), Infinity, false);
      addRow(...standing(refuges.poolsAt[place]!, [...(served.get(place) ?? []), [reserve, 1]]));
      for (const [failure, entries] of coming.get(place) ?? []) {
        addRow(-book.coming(place, failure), [...entries, [reserve, -1]]);
      }
    }
  }

  function standing(of: readonly number[], entries: Entries): [upper: number, entries: Entries] {
    let free = 0;
    const all = entries.slice();
    for (const pool of of) {
      free -= plan.load[pool]!;
      const col = moduleCol.get(pool);
      if (col === undefined) free += plan.modules[pool]!;
      else all.push([col, -1]);
    }
    return [free, all];
  }

  function addLimits(): void {
    for (const [l, limit] of limits.entries()) {
      const entries = [...Map.groupBy(limited.get(l) ?? [], ([col]) => col)].map(([col, of]): [number, number] => [
        col,
        of.reduce((sum, [, weight]) => sum + weight, 0),
      ]);
      let least = 0;
      for (const [i, pool] of limit.pools.entries()) {
        const col = moduleCol.get(pool);
        if (col === undefined) continue;
        entries.push([col, limit.poolWeights[i]!]);
        least += limit.poolWeights[i]! * pools.minCount[pool]!;
      }
      for (const [i, site] of limit.sites.entries()) {
        const col = openCol.get(site);
        if (col !== undefined) entries.push([col, limit.siteWeights[i]!]);
      }
      if (entries.length > 0) addRow(Math.max(limit.upper, used[l]!) - plan.limitUse[l]! + least, entries);
    }
  }
}

function push(into: Map<number, Entries>, key: number, entry: [col: number, weight: number]): void {
  const known = into.get(key);
  if (known === undefined) into.set(key, [entry]);
  else known.push(entry);
}

function cheapest<T>(ways: readonly T[], usdOf: (way: T) => number): readonly T[] {
  if (ways.length <= mostWays) return ways;
  const priced = ways.map((way, i) => ({ way, i, usd: usdOf(way) }));
  priced.sort((a, b) => a.usd - b.usd || a.i - b.i);
  return priced.slice(0, mostWays).map(({ way }) => way);
}
