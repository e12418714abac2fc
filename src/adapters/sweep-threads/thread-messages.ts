import type { SweepCase, SweepJob, SweepOutcome } from "../../simulate/index.ts";

/** What a thread is told: the job that the cases after it belong to, or a case. */
export type ToSweepThread = { readonly job: SweepJob } | { readonly run: SweepCase };

/** What a thread says: that it is ready for the first case, or how a case ended. */
export type FromSweepThread = { readonly ready: true } | { readonly outcome: SweepOutcome };
