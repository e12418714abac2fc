/** Plans that survive failures: plan, look for a failure that leaves requests nowhere to go, add what forbids it, plan again. */
import type { CouplingLimit } from "./coupling-limit.ts";
import { MipBuilder } from "./mip-builder.ts";
import type { Failover, PlanDocument } from "./plan-document.ts";
import { checkSolution, objectiveUsd, type PlanProblem, type ProblemSolution } from "./problem.ts";
import { failoverTable, failureLimit, failuresOf, type FailoverTable, type Failure } from "./resilience.ts";
import { gapOf, type PathOptions, type PathResult, type PathTools } from "./solution-path.ts";
import { solveProblem } from "./solve-problem.ts";
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
}

/** Where requests go when something fails; shares are of the problem row. */
export interface FailoverMove {
  readonly stage: number;
  readonly failure: number;
  readonly row: number;
  readonly spot: number;
  readonly share: number;
}

export interface ResilientResult {
  readonly result: PathResult;
  /** With the limits that were found. */
  readonly problem: PlanProblem;
  readonly cuts: readonly FailureCut[];
  readonly moves: readonly FailoverMove[];
  /** What the plan does not survive, because no plan was found that does. */
  readonly fatal: readonly string[];
}

/** Solves a problem, so that its plan survives what the world asks for. */
export async function solvePlan(
  problem: PlanProblem,
  stages: readonly Stage[],
  tools: PathTools,
  path: PathOptions,
): Promise<ResilientResult> {
  if (stages[0]!.planned.world.limits.resilience !== undefined) return solveResilient(problem, stages, tools, path);
  return { result: await solveProblem(problem, tools, path), problem, cuts: [], moves: [], fatal: [] };
}

/** What the document says of the failures; `deployments` by period. */
export function failoverOf(
  { cuts, moves }: ResilientResult,
  stages: readonly Stage[],
  deployments: readonly PlanDocument["deployment"][],
): { readonly failover?: Failover } {
  const { world } = stages[0]!.planned;
  if (world.limits.resilience === undefined) return {};
  const positions = deployments.map(
    ({ pools }) => new Map(pools.map((pool, i) => [pool.site * world.modules.length + pool.module, i])),
  );
  return {
    failover: {
      failures: failuresOf(world).map((failure) => failure.name),
      cuts: cuts.map(({ stage, failure, prices }) => ({ period: stages[stage]!.planned.period, failure, prices })),
      moves: moves.map(({ stage, failure, row, spot, share }) => {
        const { period, memberStarts, members } = stages[stage]!.planned;
        const demand = members[memberStarts[row]!]!;
        const peakPerS = share * world.demand[demand]!.peakPerS[period]!;
        return { period, failure, row: demand, pool: positions[stage]!.get(spot)!, peakPerS };
      }),
    },
  };
}

/** Rounds of planning; what a plan still lacks then, it serves less. */
const mostRounds = 24;
const covered = 1e-7;

async function solveResilient(
  plain: PlanProblem,
  stages: readonly Stage[],
  tools: PathTools,
  path: PathOptions,
): Promise<ResilientResult> {
  const startedMs = tools.nowMs();
  const leftS = (): number => path.timeLimitS - (tools.nowMs() - startedMs) / 1000;
  const tables = stages.map(({ planned }) => failoverTable(planned));
  const failures = failuresOf(stages[0]!.planned.world);
  const cuts: FailureCut[] = [];
  let problem = plain;
  for (let round = 0; ; round++) {
    const result = await solveProblem(problem, tools, { ...path, timeLimitS: Math.max(1, leftS()) });
    const isLast = round + 1 >= mostRounds || leftS() <= 0 || path.signal?.aborted === true;
    const found = await examine(stages, tables, failures, result.solution, tools, path);
    if (found.missing.length === 0) return { result, problem, cuts, moves: found.moves, fatal: [] };
    if (isLast) {
      const solution = await serveLess(plain, stages, tables, failures, result.solution, tools, path);
      const usd = objectiveUsd(plain, solution);
      const { moves, missing } = await examine(stages, tables, failures, solution, tools, path);
      const fatal = [...new Set(missing.map(({ cut }) => failures[cut.failure]!.name))];
      const relativeGap = gapOf(usd, result.bestBoundUsd);
      const status = result.status === "optimal" && relativeGap > path.relativeGap ? "gapNotReached" : result.status;
      return { result: { ...result, solution, objectiveUsd: usd, relativeGap, status }, problem, cuts, moves, fatal };
    }
    const limits: CouplingLimit[] = [];
    for (const { cut } of found.missing) {
      cuts.push(cut);
      limits.push(stagedLimit(stages, tables, failures, cut));
    }
    problem = { ...problem, limits: [...problem.limits, ...limits] };
  }
}

/** The limit of a cut in the problem that is solved. */
function stagedLimit(
  stages: readonly Stage[],
  tables: readonly FailoverTable[],
  failures: readonly Failure[],
  { stage, failure, prices }: FailureCut,
): CouplingLimit {
  const limit = failureLimit(tables[stage]!, failures[failure]!, new Map(prices));
  const { arc, pool } = stages[stage]!;
  return {
    ...limit,
    pools: limit.pools.map((position) => position + pool),
    ...(limit.arcs !== undefined && { arcs: limit.arcs.map((position) => position + arc) }),
  };
}

interface Missing {
  readonly cut: FailureCut;
  /** Share of each row that finds no place. */
  readonly homeless: readonly (readonly [row: number, share: number])[];
}

async function examine(
  stages: readonly Stage[],
  tables: readonly FailoverTable[],
  failures: readonly Failure[],
  solution: ProblemSolution,
  tools: PathTools,
  path: PathOptions,
): Promise<{ missing: Missing[]; moves: FailoverMove[] }> {
  const missing: Missing[] = [];
  const moves: FailoverMove[] = [];
  for (const [stage, table] of tables.entries()) {
    for (const [failure, lost] of failures.entries()) {
      const found = await transport(table, stages[stage]!, lost, solution, tools, path);
      if (found === null) continue;
      for (const [row, spot, share] of found.moves) moves.push({ stage, failure, row, spot, share });
      if (found.homeless.length > 0) {
        missing.push({ cut: { stage, failure, prices: found.prices }, homeless: found.homeless });
      }
    }
  }
  return { missing, moves };
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
  const spotOf = (pool: number): number => problem.pools.site[pool]! * world.modules.length + poolModule[pool]!;
  const free = new Map<number, number>();
  for (const [spot, pools] of poolsOfSpot) {
    if (lost.has(Math.floor(spot / world.modules.length))) continue;
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

/** Leaves unserved what would have no place to go to. Serving less never takes a place from others. */
async function serveLess(
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
