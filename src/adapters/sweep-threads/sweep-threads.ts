import type { SweepCase, SweepJob, SweepOutcome, SweepRunner } from "../../simulate/index.ts";
import { SweepThread } from "./sweep-thread.ts";

export interface SweepThreadsOptions {
  readonly threads: number;
  /** Module that runs cases: it speaks `ToSweepThread` and `FromSweepThread`. */
  readonly worker: URL;
}

/** A thread may end without a word, for example when the machine has no memory left; then its case is tried once more. */
const triesPerCase = 2;

/**
 * Runs the cases of a sweep on threads of this machine. Which thread runs a case changes nothing in its outcome. Threads
 * wait for the next sweep, or the next cases of this one, until the runner is closed.
 */
export function createSweepThreads({ threads, worker }: SweepThreadsOptions): SweepRunner {
  const all = new Set<SweepThread>();
  const idle = new Set<SweepThread>();

  /** A thread that is idle, else a new one. */
  const hire = (): SweepThread => {
    const [waiting] = idle;
    const thread = waiting ?? new SweepThread(worker);
    idle.delete(thread);
    all.add(thread);
    return thread;
  };
  const forget = (thread: SweepThread): void => {
    all.delete(thread);
    idle.delete(thread);
  };
  const dismiss = (thread: SweepThread): void => {
    idle.add(thread);
    thread.release(() => forget(thread));
  };

  const run = (
    job: SweepJob,
    cases: readonly SweepCase[],
    onOutcome: (outcome: SweepOutcome) => void,
    signal: AbortSignal,
  ): Promise<void> => {
    const waiting = cases.map((sweepCase) => ({ sweepCase, tries: 0 }));
    let left = cases.length;
    return new Promise((resolve, reject) => {
      const own = new Set<SweepThread>();
      let isOver = false;
      const end = (): boolean => {
        if (isOver) return false;
        isOver = true;
        signal.removeEventListener("abort", onAbort);
        return true;
      };
      /** Before all cases are done: each thread is in the middle of one that nobody wants any more. */
      const endEarly = (error?: Error): void => {
        if (!end()) return;
        for (const thread of own) void thread.terminate();
        own.clear();
        if (error) reject(error);
        else resolve();
      };
      const onAbort = (): void => endEarly();
      signal.addEventListener("abort", onAbort);
      const tell = (outcome: SweepOutcome): void => {
        if (isOver) return;
        try {
          onOutcome(outcome);
        } catch (error) {
          // What cannot be kept need not be computed: the disk may be full.
          return endEarly(error as Error);
        }
        if (--left === 0 && end()) resolve();
      };
      const start = (): void => {
        const thread = hire();
        own.add(thread);
        let current: (typeof waiting)[number] | undefined;
        const next = (): void => {
          current = isOver ? undefined : waiting.shift();
          if (current !== undefined) return thread.run(current.sweepCase);
          own.delete(thread);
          dismiss(thread);
        };
        thread.employ(job, {
          onMessage(message) {
            if ("outcome" in message) tell(message.outcome);
            if (own.has(thread)) next();
          },
          onExit(error) {
            own.delete(thread);
            forget(thread);
            if (isOver || (current === undefined && waiting.length === 0)) return;
            if (!thread.isReady) return endEarly(error ?? new Error("a thread of the sweep could not be started"));
            if (current !== undefined && ++current.tries < triesPerCase) waiting.unshift(current);
            else if (current !== undefined) {
              const why = error?.message ?? "no memory left?";
              tell({
                id: current.sweepCase.id,
                failure: `its thread ended ${triesPerCase} times before it was done: ${why}`,
              });
            }
            if (!isOver && waiting.length > 0) start();
          },
        });
        if (thread.isReady) next();
      };
      if (left === 0 || signal.aborted) return endEarly();
      for (let i = 0; i < Math.min(threads, cases.length); i++) start();
    });
  };

  return {
    run,
    async close() {
      await Promise.all([...all].map((thread) => thread.terminate()));
    },
  } satisfies SweepRunner;
}
