/** What the limits of a world are made from. */
import type { World } from "../../catalog/index.ts";
import type { AuxiliaryPool } from "../problem/auxiliary-pools.ts";
import type { PlanProblem } from "../problem/problem.ts";

/** A problem without any, and what its pools and rows mean. */
export interface LimitSource {
  readonly world: World;
  readonly period: number;
  readonly problem: PlanProblem;
  /** -1 for auxiliary pools. */
  readonly poolModule: Int32Array;
  readonly poolTrains: Uint8Array;
  readonly poolInstalled: Uint8Array;
  /** The last pools of the problem, in this order. */
  readonly auxiliary: readonly AuxiliaryPool[];
  readonly firstAuxiliary: number;
  readonly demandRowCount: number;
  /** Per demand row: its workload, and its requests per second. */
  readonly rowWorkload: Int32Array;
  readonly rowPeakPerS: Float64Array;
  readonly rowMeanPerS: Float64Array;
}

/** Positions of the pools of servers that `counts`. */
export function poolsThat({ problem, poolModule }: LimitSource, counts: (pool: number) => boolean): number[] {
  const found: number[] = [];
  for (let pool = 0; pool < problem.pools.count; pool++) if (poolModule[pool]! >= 0 && counts(pool)) found.push(pool);
  return found;
}
