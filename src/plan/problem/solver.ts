/**
 * The port to a mixed-integer linear solver. Plain arrays go in, plain arrays come out; how a run ended is a value, never
 * an exception, because running out of time or memory is an ordinary outcome of planning.
 */

/**
 * Minimise `offset + colCost · x` subject to `rowLower ≤ A x ≤ rowUpper` and `colLower ≤ x ≤ colUpper`. `A` is stored by
 * rows: row i has the entries `rowStarts[i]` to `rowStarts[i + 1] - 1` of `colIndices` and `values`. A bound that does
 * not exist is ±Infinity. The model is numbers only, so that it can be copied to another thread; the names of rows and
 * columns stay with whoever built it.
 */
export interface MipModel {
  readonly numCols: number;
  readonly numRows: number;
  readonly offset: number;
  readonly colCost: Float64Array;
  readonly colLower: Float64Array;
  readonly colUpper: Float64Array;
  /** 1 where the column must take a whole number. All zero: a linear programme. */
  readonly colInteger: Uint8Array;
  readonly rowLower: Float64Array;
  readonly rowUpper: Float64Array;
  readonly rowStarts: Int32Array;
  readonly colIndices: Int32Array;
  readonly values: Float64Array;
}

export interface SolveOptions {
  /** Wall-clock limit of this run, s. */
  readonly timeLimitS: number;
  /** Stop as soon as (incumbent − bound) / |incumbent| is at most this. */
  readonly relativeGap: number;
  /** Seed of the solver's own randomness; the same seed and model give the same run where no time limit strikes. */
  readonly seed: number;
  /** Most nodes of the search tree: a limit that is the same on every machine. Ends like a time limit. */
  readonly nodeLimit?: number;
  /** How far a row or a bound may be overrun, and a number that must be whole be off it; usual for the solver when left out. */
  readonly feasibilityTolerance?: number;
  /** A feasible point to start from, one value per column. A point that is not feasible is ignored. */
  readonly start?: Float64Array;
  /** Stops the run and keeps the incumbent. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: SolveProgress) => void;
}

export interface SolveProgress {
  readonly seconds: number;
  /** Objective of the best feasible point so far; Infinity when there is none. */
  readonly incumbent: number;
  /** Proven lower bound; -Infinity when there is none. */
  readonly bound: number;
}

/**
 * How a run ended. `optimal` means within the asked gap. `timeLimit`, `cancelled` and `outOfMemory` may still carry an
 * incumbent and a bound. `error` is a failure inside the solver; `message` says what it said.
 */
export type SolveStatus = "optimal" | "infeasible" | "unbounded" | "timeLimit" | "cancelled" | "outOfMemory" | "error";

export interface SolveResult {
  readonly status: SolveStatus;
  /** Objective of `solution`; Infinity when there is none. */
  readonly objective: number;
  /**
   * Proven lower bound on the optimum; -Infinity when there is none, and of what is called infeasible: whoever knows a solution must not
   * take a slip of the solver's tolerances for a proof of it.
   */
  readonly bound: number;
  readonly solution: Float64Array | null;
  /** Dual value per row (change of the optimum per unit of the row's bound); linear programmes only. */
  readonly rowDuals: Float64Array | null;
  readonly seconds: number;
  readonly message: string;
  /** What was done, the same on every machine: steps of the simplex method and nodes of the search tree. */
  readonly work?: { readonly iterations: number; readonly nodes: number };
}

export interface Solver {
  /** Solves one model. Calls may overlap; an adapter queues what it cannot run at once. Never rejects for an outcome. */
  solve(model: MipModel, options: SolveOptions): Promise<SolveResult>;
  /** Releases threads and memory. The solver cannot be used afterwards. */
  close(): Promise<void>;
}
