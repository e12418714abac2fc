/** Looks for failures that leave requests nowhere to go, and says by which prices: one transport problem each. */
import { MipBuilder } from "./mip-builder.ts";
import type { ProblemSolution } from "./problem.ts";
import type { FailoverTable, Failure } from "./resilience.ts";
import type { PathOptions, PathTools } from "./solution-path.ts";
import { siteOfSpot, spotAt } from "./spots.ts";
import type { WorldProblem } from "./world-problem.ts";

/** A period's problem and where it begins in the problem that is solved. */
export interface Stage {
  readonly planned: WorldProblem;
  readonly arc: number;
  readonly pool: number;
}

/** Prices that rule out plans which do not survive, by which anyone can write the same limits again. */
export interface FailureCut {
  readonly stage: number;
  readonly failure: number;
  readonly prices: readonly (readonly [spot: number, price: number])[];
  /** Places that stand empty in the plan it rules out, one of which would have to be open instead; see `failureLimit`. */
  readonly shut?: readonly number[];
}

/** Where requests go when something fails; shares are of the problem row. */
export interface FailoverMove {
  readonly stage: number;
  readonly failure: number;
  readonly row: number;
  readonly spot: number;
  readonly share: number;
}

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
    for (const [failure, lost] of failures.entries()) {
      const found = await transport(table, stages[stage]!, lost, solution, tools, path);
      if (found === null) continue;
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

/** Where the load of a failed place goes; null when it carries none. */
async function transport(
  { planned, refuges, poolsOfSpot }: FailoverTable,
  { arc: firstArc, pool: firstPool }: Stage,
  failure: Failure,
  { share, modules }: ProblemSolution,
  tools: PathTools,
  path: PathOptions,
): Promise<{
  moves: [row: number, spot: number, share: number][];
  homeless: [row: number, share: number][];
  prices: [spot: number, price: number][];
} | null> {
  const { world, problem, poolModule, demandRowCount } = planned;
  const lost = new Set(failure.sites);
  const spotOf = (pool: number): number => spotAt(world, problem.pools.site[pool]!, poolModule[pool]!);
  const free = new Map<number, number>();
  for (const [spot, pools] of poolsOfSpot) {
    if (lost.has(siteOfSpot(world, spot))) continue;
    free.set(
      spot,
      pools.reduce((sum, pool) => sum + modules[firstPool + pool]!, 0),
    );
  }
  const load = new Map<number, number>();
  for (let row = 0; row < demandRowCount; row++) {
    for (let arc = problem.arcs.starts[row]!; arc < problem.arcs.starts[row + 1]!; arc++) {
      const part = share[firstArc + arc]!;
      if (part === 0) continue;
      const spot = spotOf(problem.arcs.pool[arc]!);
      if (lost.has(problem.pools.site[problem.arcs.pool[arc]!]!)) load.set(row, (load.get(row) ?? 0) + part);
      else free.set(spot, free.get(spot)! - part * problem.arcs.load[arc]!);
    }
  }
  const waiting = [...load].filter(([row]) => refuges[row]!.some(({ spot }) => free.has(spot)));
  if (waiting.length === 0) return null;
  const builder = new MipBuilder();
  const homelessCol = waiting.map(() => builder.addCol(1, 0, Infinity, false));
  const moveCol: { row: number; spot: number; load: number; col: number }[] = [];
  for (const [row] of waiting) {
    for (const refuge of refuges[row]!) {
      // Where nothing stands nobody goes.
      if (!((free.get(refuge.spot) ?? 0) > covered)) continue;
      moveCol.push({ row, ...refuge, col: builder.addCol(0, 0, Infinity, false) });
    }
  }
  for (const [i, [row, part]] of waiting.entries()) {
    builder.addRow(part, part);
    builder.addEntry(homelessCol[i]!, 1);
    for (const move of moveCol) if (move.row === row) builder.addEntry(move.col, 1);
  }
  const spots = [...new Set(moveCol.map((move) => move.spot))];
  const firstCapacity = builder.numRows;
  for (const spot of spots) {
    builder.addRow(-Infinity, Math.max(0, free.get(spot)!));
    for (const move of moveCol) if (move.spot === spot) builder.addEntry(move.col, move.load);
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
    for (const refuge of refuges[row]!) {
      if (!free.has(refuge.spot) || spots.includes(refuge.spot)) continue;
      prices.set(refuge.spot, Math.max(prices.get(refuge.spot) ?? 0, worth.get(row)! / refuge.load));
    }
  }
  return { moves, homeless, prices: [...prices].filter(([, price]) => price > 0).sort((a, b) => a[0] - b[0]) };
}
