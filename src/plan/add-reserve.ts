/** Mends a plan that does not survive: by modules that stand ready where that pays, by serving less where it does not. */
import { examine, type Missing, type Stage } from "./examine-failures.ts";
import { MipBuilder } from "./mip-builder.ts";
import { createPlanState, type PlanState } from "./plan-state.ts";
import { checkSolution, type PlanProblem, type ProblemSolution } from "./problem.ts";
import type { FailoverTable, Failure } from "./resilience.ts";
import type { PathOptions, PathTools } from "./solution-path.ts";

const timeEachS = 10;

/**
 * Adds modules for one failure after the other, each time as few dollars as needed beside what the earlier ones added: the
 * reserve is shared. What would cost more than not serving it is left to `serveLess`.
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
  for (const { cut } of order) {
    if (path.signal?.aborted === true) break;
    await reserveFor(state, tables[cut.stage]!, stages[cut.stage]!, failures[cut.failure]!, tools, path);
  }
  const solution = state.solution();
  return checkSolution(plain, solution).length === 0 ? solution : from;
}

const weightOf = ({ homeless }: Missing): number => homeless.reduce((sum, [, share]) => sum + share, 0);

async function reserveFor(
  state: PlanState,
  { planned, refuges, poolsOfSpot }: FailoverTable,
  { arc: firstArc, pool: firstPool }: Stage,
  failure: Failure,
  tools: PathTools,
  path: PathOptions,
): Promise<void> {
  const { world, problem, poolInstalled, demandRowCount } = planned;
  const lost = new Set(failure.sites);
  const builder = new MipBuilder();
  const free = new Map<number, number>();
  for (const [spot, pools] of poolsOfSpot) {
    if (lost.has(Math.floor(spot / world.modules.length))) continue;
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
    if (share === 0 || !refuges[row]!.some(({ spot }) => free.has(spot))) continue;
    waiting.push({ row, share, col: builder.addCol(problem.rows.unservedUsd[row]!, 0, Infinity, false) });
  }
  const moves = waiting.flatMap(({ row }) =>
    refuges[row]!.filter(({ spot }) => free.has(spot)).map((refuge) => ({
      row,
      ...refuge,
      col: builder.addCol(0, 0, Infinity, false),
    })),
  );
  const spots = [...new Set(moves.map((move) => move.spot))];
  const bought = spots.map((spot) => {
    const pool = poolsOfSpot.get(spot)!.find((candidate) => poolInstalled[candidate] === 0);
    if (pool === undefined || !state.fits(firstPool + pool, 1)) return null;
    const usd = state.nextModuleUsd(firstPool + pool) + state.nextOpeningUsd(firstPool + pool);
    return { pool: firstPool + pool, col: builder.addCol(usd, 0, Infinity, true) };
  });
  for (const { row, share, col } of waiting) {
    builder.addRow(share, share);
    builder.addEntry(col, 1);
    for (const move of moves) if (move.row === row) builder.addEntry(move.col, 1);
  }
  for (const [i, spot] of spots.entries()) {
    builder.addRow(-Infinity, Math.max(0, free.get(spot)!));
    for (const move of moves) if (move.spot === spot) builder.addEntry(move.col, move.load);
    if (bought[i] !== null) builder.addEntry(bought[i]!.col, -1);
  }
  const result = await tools.solver.solve(builder.build(), {
    timeLimitS: timeEachS,
    relativeGap: 0.01,
    seed: path.seed,
  });
  if (result.solution === null) return;
  for (const entry of bought) {
    if (entry === null) continue;
    let more = Math.round(result.solution[entry.col]!);
    while (more > 0 && !state.fits(entry.pool, more)) more--;
    if (more > 0) state.build(entry.pool, state.modules[entry.pool]! + more);
  }
}

/** Leaves unserved what would have no place to go to. Serving less never takes a place from others. */
export async function serveLess(
  plain: PlanProblem,
  stages: readonly Stage[],
  tables: readonly FailoverTable[],
  failures: readonly Failure[],
  from: ProblemSolution,
  tools: PathTools,
  path: PathOptions,
): Promise<ProblemSolution> {
  const solution = { ...from, share: from.share.slice() };
  for (const { cut, homeless } of (await examine(stages, tables, failures, solution, tools, path)).missing) {
    const { planned, arc: firstArc } = stages[cut.stage]!;
    const lost = new Set(failures[cut.failure]!.sites);
    const { problem } = planned;
    for (const [row, share] of homeless) {
      let left = share;
      for (let arc = problem.arcs.starts[row]!; arc < problem.arcs.starts[row + 1]!; arc++) {
        if (!lost.has(problem.pools.site[problem.arcs.pool[arc]!]!)) continue;
        const less = Math.min(left, solution.share[firstArc + arc]!);
        solution.share[firstArc + arc]! -= less;
        left -= less;
      }
    }
  }
  // Where serving less breaks another limit there is no plan that keeps both; the caller says so.
  return checkSolution(plain, solution).length === 0 ? solution : from;
}
