/** Mends a plan that does not survive: by modules that stand ready where that pays, by serving less where it does not. */
import { examine, type Missing } from "./examine-failures.ts";
import type { Stage } from "../world/failover-terms.ts";
import { mend } from "../search/mend-plan.ts";
import { MipBuilder } from "../problem/mip-builder.ts";
import { createPlanState, type PlanState } from "../search/plan-state.ts";
import { checkSolution, type PlanProblem, type ProblemSolution } from "../problem/problem.ts";
import { refugesOf, type FailoverTable, type Failure } from "../world/resilience.ts";
import { moveTables } from "../search/row-moves.ts";
import type { PathOptions, PathTools } from "../problem/solution-path.ts";
import { siteOfSpot } from "../problem/spots.ts";

const timeEachS = 10;

/**
 * Adds modules for one failure after the other, each time as few dollars as needed beside what the earlier ones added: the
 * reserve is shared. What would cost more than not serving it is left to `serveLess`, and so is what the time does not reach.
 */
export async function addReserve(
  plain: PlanProblem,
  stages: readonly Stage[],
  tables: readonly FailoverTable[],
  failures: readonly Failure[],
  from: ProblemSolution,
  missing: readonly Missing[],
  tools: PathTools,
  path: PathOptions,
): Promise<ProblemSolution> {
  const state = createPlanState(plain, from);
  const order = missing.toSorted((a, b) => weightOf(b) - weightOf(a));
  const endMs = tools.nowMs() + 1000 * path.timeLimitS;
  for (const { cut } of order) {
    const timeLimitS = Math.min(timeEachS, (endMs - tools.nowMs()) / 1000);
    if (path.signal?.aborted === true || timeLimitS <= 0) break;
    const terms = { ...path, timeLimitS };
    await reserveFor(state, tables[cut.stage]!, stages[cut.stage]!, failures[cut.failure]!, tools, terms);
  }
  const solution = state.solution();
  return checkSolution(plain, solution).length === 0 ? solution : from;
}

const weightOf = ({ homeless }: Missing): number => homeless.reduce((sum, [, share]) => sum + share, 0);

async function reserveFor(
  state: PlanState,
  table: FailoverTable,
  { arc: firstArc, pool: firstPool }: Stage,
  failure: Failure,
  tools: PathTools,
  path: PathOptions,
): Promise<void> {
  const { planned, poolsOfSpot } = table;
  const { world, problem, poolInstalled, demandRowCount } = planned;
  const lost = new Set(failure.sites);
  const builder = new MipBuilder();
  const free = new Map<number, number>();
  for (const [spot, pools] of poolsOfSpot) {
    if (lost.has(siteOfSpot(world, spot))) continue;
    free.set(
      spot,
      pools.reduce((sum, pool) => sum + state.modules[firstPool + pool]! - state.load[firstPool + pool]!, 0),
    );
  }
  const waiting: { row: number; share: number; col: number }[] = [];
  for (let row = 0; row < demandRowCount; row++) {
    let share = 0;
    for (let arc = problem.arcs.starts[row]!; arc < problem.arcs.starts[row + 1]!; arc++) {
      if (lost.has(problem.pools.site[problem.arcs.pool[arc]!]!)) share += state.share[firstArc + arc]!;
    }
    if (share === 0 || !refugesOf(table, row).some(({ spot }) => free.has(spot))) continue;
    waiting.push({ row, share, col: builder.addCol(problem.rows.unservedUsd[row]!, 0, Infinity, false) });
  }
  const moves = waiting.flatMap(({ row }) =>
    refugesOf(table, row)
      .filter(({ spot }) => free.has(spot))
      .map((refuge) => ({
        row,
        ...refuge,
        col: builder.addCol(0, 0, Infinity, false),
      })),
  );
  const spots = [...new Set(moves.map((move) => move.spot))];
  // What stands there and is idle comes before what would have to be bought.
  const added = spots.flatMap((spot) =>
    poolsOfSpot.get(spot)!.flatMap((position) => {
      const pool = firstPool + position;
      const most = poolInstalled[position] ? problem.pools.maxCount[position]! - state.modules[pool]! : Infinity;
      if (most < 1 || !state.fits(pool, 1)) return [];
      const usd = state.nextModuleUsd(pool) + state.nextOpeningUsd(pool);
      return [{ spot, pool, col: builder.addCol(usd, 0, most, true) }];
    }),
  );
  for (const { row, share, col } of waiting) {
    builder.addRow(share, share);
    builder.addEntry(col, 1);
    for (const move of moves) if (move.row === row) builder.addEntry(move.col, 1);
  }
  for (const spot of spots) {
    builder.addRow(-Infinity, Math.max(0, free.get(spot)!));
    for (const move of moves) if (move.spot === spot) builder.addEntry(move.col, move.load);
    for (const entry of added) if (entry.spot === spot) builder.addEntry(entry.col, -1);
  }
  const result = await tools.solver.solve(builder.build(), {
    timeLimitS: path.timeLimitS,
    relativeGap: 0.01,
    seed: path.seed,
  });
  if (result.solution === null) return;
  for (const entry of added) {
    let more = Math.round(result.solution[entry.col]!);
    while (more > 0 && !state.fits(entry.pool, more)) more--;
    if (more > 0) state.build(entry.pool, state.modules[entry.pool]! + more);
  }
}

/** Passes of serving less; each leaves less to move, so the last resort is to serve nothing. */
const mostPasses = 12;

/**
 * Leaves unserved what would have no place to go to. Serving less takes no place from others, but limits such as a least use may
 * then ask for fewer modules, which does: so until nothing is missing.
 */
export async function serveLess(
  plain: PlanProblem,
  stages: readonly Stage[],
  tables: readonly FailoverTable[],
  failures: readonly Failure[],
  from: ProblemSolution,
  tools: PathTools,
  path: PathOptions,
): Promise<ProblemSolution> {
  let solution: ProblemSolution = from;
  for (let pass = 0; pass < mostPasses; pass++) {
    const { missing } = await examine(stages, tables, failures, solution, tools, path);
    if (missing.length === 0) return solution;
    const share = solution.share.slice();
    for (const { cut, homeless } of missing) {
      const { planned, arc: firstArc } = stages[cut.stage]!;
      const lost = new Set(failures[cut.failure]!.sites);
      const { arcs, pools } = planned.problem;
      for (const [row, part] of homeless) {
        let left = part;
        for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
          if (!lost.has(pools.site[arcs.pool[arc]!]!)) continue;
          const less = Math.min(left, share[firstArc + arc]!);
          share[firstArc + arc]! -= less;
          left -= less;
        }
      }
    }
    solution = { ...solution, share };
    if (checkSolution(plain, solution).length === 0) continue;
    const state = createPlanState(plain, solution);
    mend(state, moveTables(plain, plain.pools.usd));
    solution = state.solution();
    // There may be no plan that keeps both; the caller says so.
    if (checkSolution(plain, solution).length > 0) return from;
  }
  return solution;
}
