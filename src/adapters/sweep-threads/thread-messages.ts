import type { SweepCase, SweepOutcome } from "../../simulate/index.ts";

/** What a thread is told; the job comes as its `workerData`. */
export interface ToSweepThread {
  readonly run: SweepCase;
}

/** What a thread says: that it is ready for the first case, or how a case ended. */
export type FromSweepThread = { readonly ready: true } | { readonly outcome: SweepOutcome };
