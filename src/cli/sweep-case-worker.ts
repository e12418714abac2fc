/** A thread of a sweep: opens the job's traces once and simulates one case after the other. */
import { parentPort, workerData } from "node:worker_threads";
import type { FromSweepThread, ToSweepThread } from "../adapters/sweep-threads/index.ts";
import type { SweepJob } from "../simulate/index.ts";
import { openTraces } from "./read-traces.ts";
import { runSweepCase } from "./run-sweep-case.ts";

const port = parentPort;
if (port === null) throw new Error("sweep-case-worker must be started as a worker thread");

const job = workerData as SweepJob;
// The command has named the rows that cannot be used already.
const opened = openTraces(job.traces, () => {});

function say(message: FromSweepThread): void {
  port?.postMessage(message);
}

port.on("message", ({ run }: ToSweepThread) => {
  void opened.then(
    ({ traces }) => say({ outcome: runSweepCase(job, run, traces) }),
    (error: Error) => say({ outcome: { id: run.id, failure: error.message } }),
  );
});
say({ ready: true });
