import type { World } from "../../catalog/index.ts";
import type { Deployment } from "../../route/index.ts";
import type { SweepCase } from "./sweep.ts";
import type { SweepRecord } from "./sweep-record.ts";

/** What all cases of a sweep share. Plain data: it travels to threads and machines. */
export interface SweepJob {
  /** Names the sweep: the same plan, options and traces have the same id. */
  readonly id: string;
  readonly world: World;
  readonly deployment: Deployment;
  /** Traces by path, for whoever runs a case to open. */
  readonly traces: readonly {
    readonly path: string;
    readonly workload: number;
    readonly loop: boolean;
    readonly byTimeZone: boolean;
  }[];
}

/** How a case ended. Every case has one outcome, whoever ran it and however often. */
export type SweepOutcome =
  | { readonly id: string; readonly record: SweepRecord }
  /** The case cannot be simulated, in words; the others go on. */
  | { readonly id: string; readonly failure: string };

/** Port: runs the cases of a sweep somewhere. */
export interface SweepRunner {
  /**
   * Runs every case and tells each outcome once, in any order. Ends early, without the outcomes that are missing, when
   * `signal` is aborted.
   *
   * @throws Error when nobody is left who could run the rest.
   */
  run(
    job: SweepJob,
    cases: readonly SweepCase[],
    onOutcome: (outcome: SweepOutcome) => void,
    signal: AbortSignal,
  ): Promise<void>;
  close(): Promise<void>;
}
