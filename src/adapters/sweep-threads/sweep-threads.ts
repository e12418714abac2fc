import { Worker } from "node:worker_threads";
import type { SweepCase, SweepJob, SweepOutcome, SweepRunner } from "../../simulate/index.ts";
import type { FromSweepThread, ToSweepThread } from "./thread-messages.ts";

export interface SweepThreadsOptions {
  readonly threads: number;
  /** Module that runs cases: it speaks `ToSweepThread` and `FromSweepThread`. */
  readonly worker: URL;
}

/** A thread may end without a word, for example when the machine has no memory left; then its case is tried once more. */
const triesPerCase = 2;

/** Runs the cases of a sweep on threads of this machine. Which thread runs a case changes nothing in its outcome. */
export function createSweepThreads({ threads, worker }: SweepThreadsOptions): SweepRunner {
  const running = new Set<Worker>();

  const run = (
    job: SweepJob,
    cases: readonly SweepCase[],
    onOutcome: (outcome: SweepOutcome) => void,
    signal: AbortSignal,
  ): Promise<void> => {
    const waiting = cases.map((sweepCase) => ({ sweepCase, tries: 0 }));
    let left = cases.length;
    return new Promise((resolve, reject) => {
      const own = new Set<Worker>();
      let isOver = false;
      const end = (error?: Error): void => {
        if (isOver) return;
        isOver = true;
        signal.removeEventListener("abort", onAbort);
        for (const thread of own) void thread.terminate();
        if (error) reject(error);
        else resolve();
      };
      const onAbort = (): void => end();
      signal.addEventListener("abort", onAbort);
      const tell = (outcome: SweepOutcome): void => {
        if (isOver) return;
        try {
          onOutcome(outcome);
        } catch (error) {
          // What cannot be kept need not be computed: the disk may be full.
          return end(error as Error);
        }
        if (--left === 0) end();
      };
      const start = (): void => {
        const thread = new Worker(worker, { workerData: job });
        own.add(thread);
        running.add(thread);
        let current: (typeof waiting)[number] | undefined;
        let lastError: Error | undefined;
        let wasReady = false;
        const next = (): void => {
          current = waiting.shift();
          if (current === undefined) void thread.terminate();
          else thread.postMessage({ run: current.sweepCase } satisfies ToSweepThread);
        };
        thread.on("message", (message: FromSweepThread) => {
          wasReady = true;
          if ("outcome" in message) tell(message.outcome);
          next();
        });
        thread.on("error", (error: Error) => {
          lastError = error;
        });
        thread.on("exit", () => {
          own.delete(thread);
          running.delete(thread);
          if (isOver || (current === undefined && waiting.length === 0)) return;
          if (!wasReady) return end(lastError ?? new Error("a thread of the sweep could not be started"));
          if (current !== undefined && ++current.tries < triesPerCase) waiting.unshift(current);
          else if (current !== undefined) {
            const why = lastError?.message ?? "no memory left?";
            tell({
              id: current.sweepCase.id,
              failure: `its thread ended ${triesPerCase} times before it was done: ${why}`,
            });
          }
          if (!isOver && waiting.length > 0) start();
        });
      };
      if (left === 0 || signal.aborted) return end();
      for (let i = 0; i < Math.min(threads, cases.length); i++) start();
    });
  };

  return {
    run,
    async close() {
      await Promise.all([...running].map((thread) => thread.terminate()));
    },
  } satisfies SweepRunner;
}
