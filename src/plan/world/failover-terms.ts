/** What planning for failures speaks of: the problems they concern, where requests go, and what rules plans out. */
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

/** Where requests go when something fails, and the prices that rule out plans which do not survive; see `resilience.ts`. */
export interface Failover {
  /** Names of what may fail, one at a time; the other lists refer to it by position. */
  readonly failures: readonly string[];
  /** How many limits that follow from the world alone the certificate prices, before those of `cuts`; none when left out. */
  readonly derived?: number;
  /** `large`: they are those of large problems, fewer kinds with fewer entries. */
  readonly derivedAs?: "large";
  readonly moves: readonly {
    readonly period: number;
    readonly failure: number;
    /** Position in `World.demand`, and of the pool in the period's deployment. */
    readonly row: number;
    readonly pool: number;
    readonly peakPerS: number;
  }[];
  /** Spots as in `spots.ts`. */
  readonly cuts: readonly {
    readonly period: number;
    readonly failure: number;
    readonly prices: readonly (readonly [spot: number, price: number])[];
    /** Places, by position in `World.sites`, that do nothing in the inequality but by being open; none when left out. */
    readonly shut?: readonly number[];
  }[];
}
