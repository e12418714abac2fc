/**
 * Plans whose requests find engines of their models wherever a failure sends them, as one model for the solver. Beside the rows of
 * `formulate`, with n engines of each kind at a place and x(f, r, p) the share of row r that failure f sends to place p:
 *
 * | inequality                                                                 | because                               |
 * | -------------------------------------------------------------------------- | ------------------------------------- |
 * | Σ x(f, r, ·) = Σ share of r at what f takes                                  | nobody is left without a place        |
 * | Σ load · x(f, ·, p) + Σ load · share at p ≤ modules at p, per f and p        | the place has room, f happening alone |
 * | x(f, r, p) ≤ n of the kinds that run r's model at p                          | an engine of the model stands ready   |
 * | headroom · Σ engines · (x(f, ·, p) + share at p) ≤ n, per f and model at p   | as few engines as a layout may do with |
 *
 * The inequalities by which plans survive elsewhere (`resilience.ts`) count module time, whatever the model. This says more and grows
 * with failures × rows × places, so it is for problems where few models share scarce memory.
 */
import { continueModel } from "../problem/mip-builder.ts";
import { arcsByPool, formulate, fromColumns } from "../problem/formulate.ts";
import { checkSolution, objectiveUsd, type PlanProblem, type ProblemSolution } from "../problem/problem.ts";
import type { EngineSlots } from "../problem/engine-slots.ts";
import type { PathOptions, PathTools } from "../problem/solution-path.ts";
import { siteOfSpot } from "../problem/spots.ts";
import type { FailoverMove, Stage } from "../world/failover-terms.ts";
import type { FailoverTable, Failure } from "../world/resilience.ts";

/** Up to this many ways for what failures take the model is written. */
const mostWays = 40_000;
/** A share below this is the solver's rounding. */
const noticeable = 1e-9;

export interface SurvivingPlan {
  readonly solution: ProblemSolution;
  readonly usd: number;
  /** No plan that survives with engines for all costs less. */
  readonly boundUsd: number;
  readonly moves: readonly FailoverMove[];
  readonly isProven: boolean;
}

/** A way of a row in a failure. */
interface Way {
  readonly stage: number;
  readonly failure: number;
  /** Position in the stage's problem. */
  readonly row: number;
  readonly spot: number;
  readonly load: number;
  /** What runs its model there, in engines of one size or several: which of them takes it is not said. None where none is known. */
  readonly kinds: readonly number[];
}

/** What a failure takes of a row, and where that may go. */
interface Loss {
  /** Arcs of the whole problem. */
  readonly arcs: readonly number[];
  readonly ways: readonly Way[];
}

/**
 * @param problem With its engines.
 * @returns Null where it is too large to be written, or nothing was found in time.
 */
export async function surviveWithEngines(
  problem: PlanProblem,
  stages: readonly Stage[],
  tables: readonly FailoverTable[],
  failures: readonly Failure[],
  tools: PathTools,
  path: PathOptions,
): Promise<SurvivingPlan | null> {
  const { slotsAt, arcsOf } = placesOf(problem, problem.engines!, stages, tables);
  const losses = lossesOf(problem, stages, tables, failures, slotsAt);
  if (losses === null) return null;
  const formulation = formulate(problem, "all");
  const builder = continueModel(formulation.model);
  const colOf = new Map<Way, number>();
  for (const { ways } of losses) for (const way of ways) colOf.set(way, builder.addCol(0, 0, 1, false));
  const { firstArcCol, moduleCol } = formulation;
  const engineCol = formulation.engineCol!;
  // Where any number of engines has room they are not counted.
  const isCounted = ({ kinds }: Way): boolean => kinds.length > 0 && kinds.every((kind) => engineCol[kind]! >= 0);
  for (const { arcs, ways } of losses) {
    builder.addRow(0, 0);
    for (const way of ways) builder.addEntry(colOf.get(way)!, 1);
    for (const arc of arcs) builder.addEntry(firstArcCol + arc, -1);
    for (const way of ways) {
      if (!isCounted(way)) continue;
      builder.addRow(-Infinity, 0);
      builder.addEntry(colOf.get(way)!, 1);
      for (const kind of way.kinds) builder.addEntry(engineCol[kind]!, -1);
    }
  }
  const all = losses.flatMap(({ ways }) => ways);
  const { arcs } = problem;
  for (const coming of Map.groupBy(all, ({ stage, failure, spot }) => `${stage} ${failure} ${spot}`).values()) {
    const { pools, arcs: served } = slotsAt[coming[0]!.stage]!.get(coming[0]!.spot)!;
    builder.addRow(-Infinity, 0);
    for (const way of coming) builder.addEntry(colOf.get(way)!, way.load);
    for (const arc of served) builder.addEntry(firstArcCol + arc, arcs.load[arc]!);
    for (const pool of pools) builder.addEntry(moduleCol[pool]!, -1);
  }
  const ofEngines = Map.groupBy(all.filter(isCounted), ({ failure, kinds }) => `${failure} ${kinds[0]}`);
  for (const coming of ofEngines.values()) {
    const { kinds } = coming[0]!;
    // In engines of the first size: those of another carry as many of its as they carry load.
    const { enginesPerLoad } = problem.engines!.kinds[kinds[0]!]!;
    builder.addRow(-Infinity, 0);
    for (const way of coming) builder.addEntry(colOf.get(way)!, way.load * enginesPerLoad);
    for (const kind of kinds) {
      for (const arc of arcsOf[kind]!) builder.addEntry(firstArcCol + arc, arcs.load[arc]! * enginesPerLoad);
      builder.addEntry(engineCol[kind]!, -enginesPerLoad / problem.engines!.kinds[kind]!.enginesPerLoad);
    }
  }
  const model = builder.build();
  // What failures bring may take more engines of a kind than are served with on other days.
  for (const col of engineCol) if (col >= 0) model.colUpper[col] = Infinity;
  const { seed, relativeGap, timeLimitS, signal } = path;
  const found = await tools.solver.solve(model, { seed, relativeGap, timeLimitS, ...(signal && { signal }) });
  if (found.solution === null) return null;
  const solution = fromColumns(problem, formulation, found.solution);
  if (checkSolution(problem, solution).length > 0) return null;
  const moves = all.flatMap((way): FailoverMove[] => {
    const share = found.solution![colOf.get(way)!]!;
    const { stage, failure, row, spot } = way;
    // Parts of a module that solvers take for rounding are none, and nobody goes there.
    const stands = slotsAt[stage]!.get(spot)!.pools.some((pool) => solution.modules[pool]! > 0);
    return share > noticeable && stands ? [{ stage, failure, row, spot, share }] : [];
  });
  return {
    solution,
    usd: objectiveUsd(problem, solution),
    boundUsd: found.bound,
    moves,
    isProven: found.status === "optimal",
  };
}

/** What each failure may take of each row, and where that may go; null where that is too much to write down. */
function lossesOf(
  problem: PlanProblem,
  stages: readonly Stage[],
  tables: readonly FailoverTable[],
  failures: readonly Failure[],
  slotsAt: readonly ReadonlyMap<number, SpotPlace>[],
): Loss[] | null {
  const { modelOfRow, kinds } = problem.engines!;
  const losses: Loss[] = [];
  let [count, firstRow] = [0, 0];
  for (const [stage, { planned, arc: firstArc }] of stages.entries()) {
    const { world, demandRowCount } = planned;
    const { starts, pool } = planned.problem.arcs;
    const { refuges } = tables[stage]!;
    for (const [failure, { sites }] of failures.entries()) {
      const lost = new Set(sites);
      for (let row = 0; row < demandRowCount; row++) {
        const arcs: number[] = [];
        for (let arc = starts[row]!; arc < starts[row + 1]!; arc++) {
          if (lost.has(planned.problem.pools.site[pool[arc]!]!)) arcs.push(firstArc + arc);
        }
        if (arcs.length === 0) continue;
        const ways: Way[] = [];
        let mayMove = false;
        for (let at = refuges.starts[row]!; at < refuges.starts[row + 1]!; at++) {
          const spot = refuges.spot[at]!;
          if (lost.has(siteOfSpot(world, spot))) continue;
          mayMove = true;
          const place = slotsAt[stage]!.get(spot);
          if (place === undefined) continue;
          const model = modelOfRow[firstRow + row]!;
          const ofModel = place.kinds.filter((kind) => kinds[kind]!.model === model);
          ways.push({ stage, failure, row, spot, load: refuges.load[at]!, kinds: ofModel });
        }
        // What nothing else could take over is lost with its place, as in `examine-failures.ts`.
        if (!mayMove) continue;
        losses.push({ arcs, ways });
        if ((count += ways.length) > mostWays) return null;
      }
    }
    firstRow += planned.problem.rows.count;
  }
  return losses;
}

/** What stands, or may stand, at a spot: pools and arcs of the whole problem, and the kinds of its engines. */
interface SpotPlace {
  readonly pools: readonly number[];
  readonly arcs: readonly number[];
  readonly kinds: readonly number[];
}

function placesOf(
  problem: PlanProblem,
  slots: EngineSlots,
  stages: readonly Stage[],
  tables: readonly FailoverTable[],
): { slotsAt: ReadonlyMap<number, SpotPlace>[]; arcsOf: readonly (readonly number[])[] } {
  const arcsOf: number[][] = slots.kinds.map(() => []);
  for (const [arc, kind] of slots.kindOfArc.entries()) if (kind >= 0) arcsOf[kind]!.push(arc);
  const byPool = arcsByPool(problem);
  const placeOfPool = new Map(slots.places.flatMap((place) => place.pools.map((pool) => [pool, place] as const)));
  const slotsAt = stages.map(({ pool: firstPool }, stage) => {
    const places = new Map<number, SpotPlace>();
    for (const [spot, own] of tables[stage]!.poolsOfSpot) {
      const pools = own.map((pool) => firstPool + pool);
      const arcs = pools.flatMap((pool) => [...byPool.arc.subarray(byPool.starts[pool]!, byPool.starts[pool + 1]!)]);
      places.set(spot, { pools, arcs, kinds: placeOfPool.get(pools[0]!)?.kinds ?? [] });
    }
    return places;
  });
  return { slotsAt, arcsOf };
}
