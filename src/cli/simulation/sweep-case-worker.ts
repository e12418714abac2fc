/** A thread of sweeps: opens a job's traces once and simulates one case after the other, until it is told another job. */
import { parentPort } from "node:worker_threads";
import type { FromSweepThread, ToSweepThread } from "../../adapters/sweep-threads/index.ts";
import type { SweepJob } from "../../simulate/index.ts";
import { openTraces, type OpenTraces } from "./read-traces.ts";
import { runSweepCase } from "./run-sweep-case.ts";

const port = parentPort;
if (port === null) throw new Error("sweep-case-worker must be started as a worker thread");

let current: { readonly job: SweepJob; readonly opened: Promise<OpenTraces> } | undefined;

function say(message: FromSweepThread): void {
  port?.postMessage(message);
}

/** The traces of the job before are closed: a thread may see many jobs. */
function take(job: SweepJob): void {
  void current?.opened.then(
    (opened) => opened.close(),
    () => {},
  );
  // The command has named the rows that cannot be used already.
  current = { job, opened: openTraces(job.traces, () => {}) };
}

port.on("message", (message: ToSweepThread) => {
  if ("job" in message) return take(message.job);
  if (current === undefined) throw new Error("a case came before its job");
  const { job, opened } = current;
  void opened.then(
    ({ traces }) => say({ outcome: runSweepCase(job, message.run, traces) }),
    (error: Error) => say({ outcome: { id: message.run.id, failure: error.message } }),
  );
});
say({ ready: true });
