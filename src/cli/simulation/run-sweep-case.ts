import {
  Simulation,
  sweepRecord,
  type SweepCase,
  type SweepJob,
  type SweepOutcome,
  type TraceInput,
} from "../../simulate/index.ts";

/** Simulates one case to its end. Options that make no sense are an outcome too, as the other cases may well be fine. */
export function runSweepCase(job: SweepJob, { id, options }: SweepCase, traces: readonly TraceInput[]): SweepOutcome {
  try {
    const simulation = new Simulation({ world: job.world, deployment: job.deployment, options, traces });
    simulation.advance(simulation.durationMs);
    return { id, record: sweepRecord(simulation.result()) };
  } catch (error) {
    if (error instanceof RangeError) return { id, failure: error.message };
    throw error;
  }
}
