/**
 * The cheapest plan that survives among those that stand where known plans do: with every way of moving load written out, so that
 * what stands, who is served from where and the reserve for all failures are decided together. Adding reserves to a finished plan,
 * one failure after the other, costs more: who is far from a reserve could have been served from elsewhere to begin with.
 */
import type { FailoverMove, Stage } from "../world/failover-terms.ts";
import { formulate, fromColumns, toColumns, type Formulation } from "../problem/formulate.ts";
import { continueModel, type MipBuilder } from "../problem/mip-builder.ts";
import { checkSolution, type PlanProblem, type ProblemSolution } from "../problem/problem.ts";
import { refugesOf, type FailoverTable, type Failure } from "../world/resilience.ts";
import { restrictArcs, type RestrictedProblem } from "../problem/restrict-arcs.ts";
import type { PathOptions, PathTools } from "../problem/solution-path.ts";
import { siteOfSpot, spotAt } from "../problem/spots.ts";

/** Models with more ways of moving load take longer than they are worth. */
const mostWays = 60_000;

/** A plan that survives, and where requests go in it. */
export interface Surviving {
  readonly solution: ProblemSolution;
  readonly moves: readonly FailoverMove[];
}

/** One way of moving a row's load when something fails. */
interface Way {
  readonly key: string;
  readonly spot: number;
  readonly load: number;
  readonly col: number;
}

/** The model while it is written. */
interface Written {
  readonly plain: PlanProblem;
  readonly formulation: Formulation;
  readonly builder: MipBuilder;
  /** Column of each arc of the plain problem; -1 where it is left out. */
  readonly arcCol: Int32Array;
  /** Modules without work per stage and spot where something may stand. */
  readonly idle: ReadonlyMap<number, number>[];
  readonly ways: Way[];
}

/**
 * @param around Plans whose places may stay open.
 * @param start One of them that survives, to begin with.
 * @returns null where there are too many ways, or nothing was found in time.
 */
export async function surviveTogether(
  plain: PlanProblem,
  stages: readonly Stage[],
  tables: readonly FailoverTable[],
  failures: readonly Failure[],
  around: readonly ProblemSolution[],
  start: Surviving | null,
  tools: PathTools,
  { relativeGap, timeLimitS, seed, signal }: PathOptions,
): Promise<ProblemSolution | null> {
  const { problem, arc } = standingAround(plain, around);
  const formulation = formulate(problem, "all");
  const builder = continueModel(formulation.model);
  const arcCol = new Int32Array(plain.arcs.pool.length).fill(-1);
  for (const [position, whole] of arc.entries()) arcCol[whole] = formulation.firstArcCol + position;
  const written: Written = { plain, formulation, builder, arcCol, idle: [], ways: [] };
  for (const [stage, table] of tables.entries()) {
    writeIdle(written, table, stages[stage]!);
    for (const [failure, lost] of failures.entries()) {
      writeMoves(written, table, stages[stage]!, stage, failure, lost);
      if (written.ways.length > mostWays) return null;
    }
  }
  const model = builder.build();
  const result = await tools.solver.solve(model, {
    relativeGap,
    timeLimitS,
    seed,
    ...(start !== null && { start: startColumns(written, { problem, arc }, stages, tables, start, model.numCols) }),
    ...(signal && { signal }),
  });
  if (result.solution === null) return null;
  const found = fromColumns(problem, formulation, result.solution);
  const share = new Float64Array(plain.arcs.pool.length);
  for (const [position, whole] of arc.entries()) share[whole] = found.share[position]!;
  const solution = { ...found, share };
  return checkSolution(plain, solution).length === 0 ? solution : null;
}

/** The problem where only those places may be open that are in one of the plans, in any period. */
function standingAround(plain: PlanProblem, around: readonly ProblemSolution[]): RestrictedProblem {
  const { pools, sites } = plain;
  const placeOf = (site: number): number => sites.place?.[site] ?? site;
  const places = new Set<number>();
  for (const { open } of around)
    for (let site = 0; site < sites.count; site++) if (open[site]) places.add(placeOf(site));
  const may = Uint8Array.from(pools.site, (site) => (places.has(placeOf(site)) ? 1 : 0));
  const maxCount = pools.maxCount.map((most, pool) => (may[pool] === 1 ? most : Math.min(most, pools.minCount[pool]!)));
  const { problem, arc } = restrictArcs(plain, (at) => may[plain.arcs.pool[at]!] === 1, Infinity);
  return { problem: { ...problem, pools: { ...pools, maxCount } }, arc };
}

const spotOf = ({ planned: { problem, poolModule, world } }: Stage, pool: number): number =>
  spotAt(world, problem.pools.site[pool]!, poolModule[pool]!);

/** `idle + Σ load · share ≤ Σ modules` per spot. */
function writeIdle(
  { formulation, builder, arcCol, idle }: Written,
  { poolsOfSpot }: FailoverTable,
  stage: Stage,
): void {
  const { arcs } = stage.planned.problem;
  const { moduleCol, model } = formulation;
  const cols = new Map<number, number>();
  for (const [spot, pools] of poolsOfSpot) {
    if (!pools.some((pool) => model.colUpper[moduleCol[stage.pool + pool]!]! > 0)) continue;
    cols.set(spot, builder.addCol(0, 0, Infinity, false));
  }
  idle.push(cols);
  const served = new Map<number, [col: number, load: number][]>();
  for (let arc = 0; arc < arcs.pool.length; arc++) {
    const col = arcCol[stage.arc + arc]!;
    // Modules that train are none of those that stand ready.
    if (col < 0 || stage.planned.poolTrains[arcs.pool[arc]!]) continue;
    const spot = spotOf(stage, arcs.pool[arc]!);
    const here = served.get(spot);
    if (here === undefined) served.set(spot, [[col, arcs.load[arc]!]]);
    else here.push([col, arcs.load[arc]!]);
  }
  for (const [spot, col] of cols) {
    builder.addRow(-Infinity, 0);
    builder.addEntry(col, 1);
    for (const [arc, load] of served.get(spot) ?? []) builder.addEntry(arc, load);
    for (const pool of poolsOfSpot.get(spot)!) builder.addEntry(moduleCol[stage.pool + pool]!, -1);
  }
}

/** What is served at the lost places goes elsewhere, and finds room there. */
function writeMoves(
  { builder, arcCol, idle, ways }: Written,
  table: FailoverTable,
  { planned, arc: firstArc }: Stage,
  stage: number,
  failure: number,
  { sites }: Failure,
): void {
  const { problem, world, demandRowCount } = planned;
  const { starts, pool } = problem.arcs;
  const lost = new Set(sites);
  const stays = (spot: number): boolean => !lost.has(siteOfSpot(world, spot));
  const here: Way[] = [];
  for (let row = 0; row < demandRowCount; row++) {
    const served: number[] = [];
    for (let arc = starts[row]!; arc < starts[row + 1]!; arc++) {
      if (arcCol[firstArc + arc]! >= 0 && lost.has(problem.pools.site[pool[arc]!]!))
        served.push(arcCol[firstArc + arc]!);
    }
    // What no place in the world could take over is lost with its own.
    const elsewhere = refugesOf(table, row).filter(({ spot }) => stays(spot));
    if (served.length === 0 || elsewhere.length === 0) continue;
    const standing = elsewhere.filter(({ spot }) => idle[stage]!.has(spot));
    const cols = standing.map(({ spot, load }) => {
      const col = builder.addCol(0, 0, 1, false);
      here.push({ key: wayKey(stage, failure, row, spot), spot, load, col });
      return col;
    });
    builder.addRow(0, 0);
    for (const col of served) builder.addEntry(col, 1);
    for (const col of cols) builder.addEntry(col, -1);
  }
  const bySpot = new Map<number, Way[]>();
  for (const way of here) bySpot.set(way.spot, [...(bySpot.get(way.spot) ?? []), way]);
  for (const [spot, coming] of bySpot) {
    builder.addRow(-Infinity, 0);
    for (const { col, load } of coming) builder.addEntry(col, load);
    builder.addEntry(idle[stage]!.get(spot)!, -1);
  }
  ways.push(...here);
}

const wayKey = (...parts: [stage: number, failure: number, row: number, spot: number]): string => parts.join();

function startColumns(
  { plain, formulation, idle, ways }: Written,
  { problem, arc }: RestrictedProblem,
  stages: readonly Stage[],
  tables: readonly FailoverTable[],
  { solution, moves }: Surviving,
  count: number,
): Float64Array {
  const columns = new Float64Array(count);
  const { open, modules, share } = solution;
  columns.set(toColumns(problem, formulation, { open, modules, share: Float64Array.from(arc, (at) => share[at]!) }));
  const colOf = new Map(ways.map(({ key, col }) => [key, col]));
  for (const { stage, failure, row, spot, share: part } of moves) {
    const col = colOf.get(wayKey(stage, failure, row, spot));
    if (col !== undefined) columns[col] = part;
  }
  for (const [stage, cols] of idle.entries()) {
    const { planned, pool: firstPool, arc: firstArc } = stages[stage]!;
    const busy = new Map<number, number>();
    const { arcs } = planned.problem;
    for (let at = 0; at < arcs.pool.length; at++) {
      if (planned.poolTrains[arcs.pool[at]!]) continue;
      const spot = spotOf(stages[stage]!, arcs.pool[at]!);
      const load = share[firstArc + at]! * plain.arcs.load[firstArc + at]!;
      if (load > 0) busy.set(spot, (busy.get(spot) ?? 0) + load);
    }
    for (const [spot, col] of cols) {
      const standing = tables[stage]!.poolsOfSpot.get(spot)!.reduce((sum, at) => sum + modules[firstPool + at]!, 0);
      columns[col] = Math.max(0, standing - (busy.get(spot) ?? 0));
    }
  }
  return columns;
}
