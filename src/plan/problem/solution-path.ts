/** What every way of solving a `PlanProblem` takes and gives back, so that they can be exchanged by size. */
import type { Certificate } from "./prices.ts";
import type { PlanProblem, ProblemSolution } from "./problem.ts";
import type { Solver } from "./solver.ts";

export interface PathOptions {
  /** Stop when (objective − bound) / objective is at most this. */
  readonly relativeGap: number;
  readonly timeLimitS: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (point: SearchProgress) => void;
  /**
   * Makes a plan that can be run of one whose engines the search does not watch: models apart that do not fit together. Plans as they
   * are when left out.
   */
  readonly toRun?: (solution: ProblemSolution) => ProblemSolution;
}

export interface PathTools {
  readonly solver: Solver;
  /** A clock, ms; only differences are used. */
  readonly nowMs: () => number;
  /** Lets the caller's other events happen (a Ctrl-C, a request) during long work; without it they wait. */
  readonly breathe?: () => Promise<void>;
  /** Tools for a run beside others, where its clock must not depend on theirs; these tools themselves when absent. */
  readonly apart?: () => PathTools;
}

/** One point of the search: what was known after so many seconds. */
export interface CurvePoint {
  readonly seconds: number;
  readonly incumbentUsd: number;
  readonly boundUsd: number;
}

/** What is known now; without a plan and a bound ±Infinity. */
export interface SearchProgress extends CurvePoint {
  /** What is being done, in words, where it neither changes the plan nor the bound. */
  readonly stage?: string;
}

/**
 * How the search ended. `optimal`: the asked gap is proven. The others keep the best plan so far and its gap:
 * `gapNotReached` when the search ran out of ideas before it ran out of time.
 */
export type SearchStatus = "optimal" | "gapNotReached" | "timeLimit" | "cancelled" | "outOfMemory";

export interface PathResult {
  readonly status: SearchStatus;
  readonly solution: ProblemSolution;
  readonly objectiveUsd: number;
  readonly bestBoundUsd: number;
  readonly relativeGap: number;
  readonly curve: readonly CurvePoint[];
  readonly method: "exact" | "decomposition";
  /** What the solver said when it failed; empty otherwise. */
  readonly message: string;
  /** Prices from which the bound can be recomputed; the exact path has none. */
  readonly certificate?: Certificate;
}

/** What adding the same numbers up in another order, or a solver that takes sums as kept to some digits, moves of a total. */
const rounding = 1e-10;

/** (objective − bound) / |objective|; 0 when both are 0, or the same but for the order in which they were added up; Infinity without a plan. */
export function gapOf(objective: number, bound: number): number {
  if (objective === Infinity) return Infinity;
  const difference = objective - bound;
  return difference > rounding * Math.abs(objective) ? difference / Math.abs(objective) : 0;
}

/** The plan that always exists: what is forced stands, nobody is served. */
export function emptySolution(problem: PlanProblem): ProblemSolution {
  const open = Uint8Array.from(problem.sites.forced);
  const modules = Float64Array.from(problem.pools.minCount);
  for (let pool = 0; pool < modules.length; pool++) if (modules[pool]! > 0) open[problem.pools.site[pool]!] = 1;
  return { open, modules, share: new Float64Array(problem.arcs.pool.length) };
}
