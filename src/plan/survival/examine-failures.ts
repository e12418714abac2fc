/** Looks for failures that leave requests nowhere to go, and says by which prices: one transport problem each. */
import type { FailoverMove, FailureCut, Stage } from "../world/failover-terms.ts";
import { MipBuilder } from "../problem/mip-builder.ts";
import type { ProblemSolution } from "../problem/problem.ts";
import { refugesOf, type FailoverTable, type Failure } from "../world/resilience.ts";
import type { PathOptions, PathTools } from "../problem/solution-path.ts";
import { siteOfSpot, spotAt } from "../problem/spots.ts";

export interface Missing {
  readonly cut: FailureCut;
  /** The same without the places that stand empty; absent where none does. */
  readonly shutCut?: FailureCut;
  /** Share of each row that finds no place. */
  readonly homeless: readonly (readonly [row: number, share: number])[];
}

/** Shares of a row, or modules, below which nothing is missing. */
const covered = 1e-7;

export interface Examination {
  readonly missing: readonly Missing[];
  readonly moves: readonly FailoverMove[];
}

export async function examine(
  stages: readonly Stage[],
  tables: readonly FailoverTable[],
  failures: readonly Failure[],
  solution: ProblemSolution,
  tools: PathTools,
  path: PathOptions,
): Promise<Examination> {
  const missing: Missing[] = [];
  const moves: FailoverMove[] = [];
  for (const [stage, table] of tables.entries()) {
    const standing = standingIn(table, stages[stage]!, solution);
    for (const [failure, lost] of failures.entries()) {
      const load = loadOf(table, standing, lost);
      if (load.length === 0) continue;
      const found = moveAll(table, standing, lost, load) ?? (await transport(table, standing, lost, load, tools, path));
      for (const [row, spot, share] of found.moves) moves.push({ stage, failure, row, spot, share });
      if (found.homeless.length > 0) {
        const cut = { stage, failure, prices: found.prices };
        const shut = shutPlaces(table, stage, solution);
        const shutCut = shut.length > 0 && { shutCut: { ...cut, shut } };
        missing.push({ cut, ...shutCut, homeless: found.homeless });
      }
    }
  }
  return { missing, moves };
}

/** A plan in one period, by place. */
interface Standing {
  /** Module time without work, by spot where something may stand. */
  readonly idle: ReadonlyMap<number, number>;
  /** Shares of rows served at each site, as the rows come. */
  readonly served: ReadonlyMap<number, (readonly [row: number, share: number])[]>;
}

function standingIn(
  { planned, poolsOfSpot }: FailoverTable,
  { arc: firstArc, pool: firstPool }: Stage,
  { share, modules }: ProblemSolution,
): Standing {
  const { world, problem, poolModule, demandRowCount } = planned;
  const { starts, pool, load } = problem.arcs;
  const idle = new Map<number, number>();
  for (const [spot, pools] of poolsOfSpot) {
    idle.set(
      spot,
      pools.reduce((sum, at) => sum + modules[firstPool + at]!, 0),
    );
  }
  const served = new Map<number, [number, number][]>();
  for (let row = 0; row < demandRowCount; row++) {
    for (let arc = starts[row]!; arc < starts[row + 1]!; arc++) {
      const part = share[firstArc + arc]!;
      if (part === 0) continue;
      const site = problem.pools.site[pool[arc]!]!;
      const spot = spotAt(world, site, poolModule[pool[arc]!]!);
      idle.set(spot, idle.get(spot)! - part * load[arc]!);
      const here = served.get(site);
      if (here === undefined) served.set(site, [[row, part]]);
      else if (here.at(-1)![0] === row) here.at(-1)![1] += part;
      else here.push([row, part]);
    }
  }
  return { idle, served };
}

/** Shares of rows that a failure takes from their places; what no other place in the world could take over is lost with its own. */
function loadOf(table: FailoverTable, { served }: Standing, { sites }: Failure): [row: number, share: number][] {
  const lost = new Set(sites);
  const load = new Map<number, number>();
  for (const site of sites)
    for (const [row, part] of served.get(site) ?? []) load.set(row, (load.get(row) ?? 0) + part);
  const { starts, spot } = table.refuges;
  const mayMove = (row: number): boolean => {
    for (let at = starts[row]!; at < starts[row + 1]!; at++) {
      if (!lost.has(siteOfSpot(table.planned.world, spot[at]!))) return true;
    }
    return false;
  };
  return [...load].filter(([row]) => mayMove(row));
}

interface Found {
  readonly moves: [row: number, spot: number, share: number][];
  readonly homeless: [row: number, share: number][];
  readonly prices: [spot: number, price: number][];
}

/**
 * Where the load of a failed place goes, found without a solver: those with the least room first, each where most room is left.
 *
 * @returns null when somebody is left; that says nothing yet, for others could have gone elsewhere.
 */
function moveAll(
  table: FailoverTable,
  { idle }: Standing,
  { sites }: Failure,
  waiting: readonly (readonly [row: number, share: number])[],
): Found | null {
  const { starts, spot, load } = table.refuges;
  const lost = new Set(sites);
  const room = new Map<number, number>();
  const roomAt = (at: number): number => {
    const known = room.get(spot[at]!);
    if (known !== undefined) return known;
    const free = lost.has(siteOfSpot(table.planned.world, spot[at]!)) ? 0 : Math.max(0, idle.get(spot[at]!)!);
    room.set(spot[at]!, free);
    return free;
  };
  const order = waiting.map(([row, share]) => {
    let most = 0;
    for (let at = starts[row]!; at < starts[row + 1]!; at++) most += roomAt(at) / load[at]!;
    return { row, share, spare: most / share };
  });
  order.sort((a, b) => a.spare - b.spare || a.row - b.row);
  const moves: [number, number, number][] = [];
  for (const { row, share } of order) {
    let left = share;
    while (left > 1e-12) {
      let [best, most] = [-1, covered];
      for (let at = starts[row]!; at < starts[row + 1]!; at++) if (roomAt(at) > most) [best, most] = [at, roomAt(at)];
      if (best < 0) {
        if (left > covered) return null;
        break;
      }
      const part = Math.min(left, most / load[best]!);
      room.set(spot[best]!, most - part * load[best]!);
      moves.push([row, spot[best]!, part]);
      left -= part;
    }
  }
  return { moves, homeless: [], prices: [] };
}

/** Places that may take requests over and stand empty. */
function shutPlaces({ planned, poolsOfSpot }: FailoverTable, stage: number, { open }: ProblemSolution): number[] {
  const { problem, world } = planned;
  const first = stage * problem.sites.count;
  const places = new Set([...poolsOfSpot.keys()].map((spot) => siteOfSpot(world, spot)));
  return [...places].filter((site) => open[first + site] === 0).sort((a, b) => a - b);
}

/** The inequalities that a plan breaks. */
export function brokenCuts(missing: readonly Missing[]): FailureCut[] {
  return missing.flatMap(({ cut, shutCut }) => (shutCut === undefined ? [cut] : [cut, shutCut]));
}

/** Where the load of a failed place goes: as much of it as finds room anywhere, and the prices by which no more does. */
async function transport(
  table: FailoverTable,
  { idle }: Standing,
  failure: Failure,
  waiting: readonly (readonly [row: number, share: number])[],
  tools: PathTools,
  path: PathOptions,
): Promise<Found> {
  const { world } = table.planned;
  const lost = new Set(failure.sites);
  const free = new Map([...idle].filter(([spot]) => !lost.has(siteOfSpot(world, spot))));
  const refuges = new Map(waiting.map(([row]) => [row, refugesOf(table, row)]));
  const builder = new MipBuilder();
  const homelessCol = waiting.map(() => builder.addCol(1, 0, Infinity, false));
  const moveCol: { row: number; spot: number; load: number; col: number }[] = [];
  for (const [row] of waiting) {
    for (const refuge of refuges.get(row)!) {
      // Where nothing stands nobody goes.
      if (!((free.get(refuge.spot) ?? 0) > covered)) continue;
      moveCol.push({ row, ...refuge, col: builder.addCol(0, 0, Infinity, false) });
    }
  }
  const ofRow = Map.groupBy(moveCol, ({ row }) => row);
  for (const [i, [row, part]] of waiting.entries()) {
    builder.addRow(part, part);
    builder.addEntry(homelessCol[i]!, 1);
    for (const move of ofRow.get(row) ?? []) builder.addEntry(move.col, 1);
  }
  const ofSpot = Map.groupBy(moveCol, ({ spot }) => spot);
  const spots = [...ofSpot.keys()];
  const firstCapacity = builder.numRows;
  for (const [spot, coming] of ofSpot) {
    builder.addRow(-Infinity, Math.max(0, free.get(spot)!));
    for (const { col, load } of coming) builder.addEntry(col, load);
  }
  const result = await tools.solver.solve(builder.build(), { timeLimitS: 60, relativeGap: 0, seed: path.seed });
  if (result.solution === null) throw new Error(`the solver has no answer for the loss of ${failure.name}`);
  const x = result.solution;
  const homeless = waiting.flatMap(([row], i): [number, number][] =>
    x[homelessCol[i]!]! > covered ? [[row, x[homelessCol[i]!]!]] : [],
  );
  const moves = moveCol.flatMap(({ row, spot, col }): [number, number, number][] =>
    x[col]! > 1e-12 ? [[row, spot, x[col]!]] : [],
  );
  if (homeless.length === 0) return { moves, homeless, prices: [] };
  const worth = new Map(waiting.map(([row], i) => [row, Math.max(0, result.rowDuals![i]!)]));
  const prices = new Map(spots.map((spot, i) => [spot, Math.max(0, -result.rowDuals![firstCapacity + i]!)]));
  // Places that stand empty are priced just so that they do not make the inequality weaker than it has to be.
  for (const [row] of waiting) {
    for (const refuge of refuges.get(row)!) {
      if (!free.has(refuge.spot) || ofSpot.has(refuge.spot)) continue;
      prices.set(refuge.spot, Math.max(prices.get(refuge.spot) ?? 0, worth.get(row)! / refuge.load));
    }
  }
  return { moves, homeless, prices: [...prices].filter(([, price]) => price > 0).sort((a, b) => a[0] - b[0]) };
}
