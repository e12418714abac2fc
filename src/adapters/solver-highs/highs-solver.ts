/**
 * `Solver` on HiGHS compiled to WebAssembly (npm `highs`): one thread per run, at most `threads` runs at a time. The module
 * has 32-bit memory; when it runs out it aborts, which is reported as the status `outOfMemory` with the last incumbent.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { MipModel, SolveOptions, SolveProgress, SolveResult, Solver, SolveStatus } from "../../plan/index.ts";
import type { FromWorker, ToWorker } from "./worker-messages.ts";

/** HiGHS looks at its clock only between steps of its work; beyond this much overrun the thread is ended. */
const overrunAllowedS = 20;
/** How long a cancelled run may take to notice before its thread is ended. */
const cancelGraceMs = 5000;

/** Memory of the module grows and never shrinks. After a model of so many entries its thread goes, and the memory with it. */
const manyEntries = 100_000;

/** Node ends a longer timer at once: 24 days. */
const longestTimerMs = 2 ** 31 - 1;

interface Job {
  readonly id: number;
  readonly model: MipModel;
  readonly options: SolveOptions;
  readonly finish: (result: SolveResult) => void;
}

interface Thread {
  readonly worker: Worker;
  run: { readonly job: Job; end: (result: SolveResult, keepThread: boolean) => void } | null;
  receive: (message: FromWorker) => void;
}

function seconds(): number {
  return performance.now() / 1000;
}

// Published code is JavaScript, a checkout runs TypeScript: the worker lies beside this file under the same extension.
const workerUrl = new URL(import.meta.url.endsWith(".ts") ? "./highs-worker.ts" : "./highs-worker.js", import.meta.url);

/** What we use of a global that the types of Node leave out. */
declare const WebAssembly: { readonly Module: new (bytes: Uint8Array) => object };

/** HiGHS as compiled for this process, at the first run: threads share it, for a compilation takes ten times a small run. */
let compiled: object | undefined;

function compiledHighs(): object {
  compiled ??= new WebAssembly.Module(readFileSync(fileURLToPath(import.meta.resolve("highs/runtime"))));
  return compiled;
}

/** @param options.threads Runs that may be in progress at once; further calls wait. */
export function createHighsSolver(options: { readonly threads?: number } = {}): Solver {
  const limit = Math.max(1, options.threads ?? 1);
  const threads = new Set<Thread>();
  const idle: Thread[] = [];
  const queue: Job[] = [];
  let nextId = 1;
  let closed = false;

  function startThread(): Thread {
    const worker = new Worker(workerUrl, { workerData: compiledHighs() });
    worker.unref();
    const thread: Thread = { worker, run: null, receive: () => undefined };
    worker.on("message", (message: FromWorker) => thread.receive(message));
    const fail = (message: string): void => {
      threads.delete(thread);
      const position = idle.indexOf(thread);
      if (position >= 0) idle.splice(position, 1);
      thread.run?.end(lost("outOfMemory", message), false);
    };
    worker.on("error", (cause: unknown) => fail(cause instanceof Error ? cause.message : String(cause)));
    worker.on("exit", () => fail("the solver thread ended"));
    threads.add(thread);
    return thread;
  }

  function lost(status: SolveStatus, message: string): SolveResult {
    return { status, objective: Infinity, bound: -Infinity, solution: null, rowDuals: null, seconds: 0, message };
  }

  function pump(): void {
    while (queue.length > 0) {
      const thread = idle.pop() ?? (threads.size < limit ? startThread() : undefined);
      if (thread === undefined) return;
      const job = queue.shift();
      if (job !== undefined) start(thread, job);
    }
  }

  function start(thread: Thread, job: Job): void {
    const startedS = seconds();
    const stop = new SharedArrayBuffer(4);
    const best: { solution: Float64Array | null; objective: number; bound: number } = {
      solution: null,
      objective: Infinity,
      bound: -Infinity,
    };
    let stopReason: SolveStatus | null = null;
    let killTimer: NodeJS.Timeout | undefined;

    const end = (result: SolveResult, keepThread: boolean): void => {
      if (thread.run === null) return;
      thread.run = null;
      clearTimeout(watchdog);
      clearTimeout(killTimer);
      thread.worker.unref();
      job.options.signal?.removeEventListener("abort", cancel);
      if (keepThread && !closed) idle.push(thread);
      else {
        threads.delete(thread);
        void thread.worker.terminate();
      }
      // A run that lost its final answer still has the last incumbent and bound it reported.
      const better = result.solution === null && best.solution !== null && result.status !== "infeasible";
      job.finish({
        ...result,
        status: result.status === "cancelled" && stopReason !== null ? stopReason : result.status,
        objective: better ? best.objective : result.objective,
        solution: better ? best.solution : result.solution,
        bound: Math.max(result.bound, best.bound),
        seconds: seconds() - startedS,
      });
      pump();
    };
    const ask = (reason: SolveStatus): void => {
      stopReason ??= reason;
      Atomics.store(new Int32Array(stop), 0, 1);
      killTimer ??= setTimeout(() => end(lost(reason, "the solver did not stop in time"), false), cancelGraceMs);
    };
    const cancel = (): void => ask("cancelled");
    const overrunMs = Math.min(longestTimerMs, (job.options.timeLimitS + overrunAllowedS) * 1000);
    const watchdog = setTimeout(() => ask("timeLimit"), overrunMs);

    thread.run = { job, end };
    // Only a run in progress keeps the process alive.
    thread.worker.ref();
    thread.receive = (message) => {
      if (message.id !== job.id) return;
      if (message.kind === "done") end(message.result, job.model.values.length < manyEntries);
      else if (message.kind === "broken") end(lost(statusOfFailure(message.message), message.message), false);
      else {
        if (message.kind === "incumbent") {
          best.solution = message.solution;
          best.objective = message.objective;
        } else if (Number.isFinite(message.bound)) best.bound = Math.max(best.bound, message.bound);
        const incumbent = message.kind === "progress" ? Math.min(message.incumbent, best.objective) : best.objective;
        const progress: SolveProgress = { seconds: seconds() - startedS, incumbent, bound: best.bound };
        job.options.onProgress?.(progress);
      }
    };
    if (job.options.signal?.aborted === true) cancel();
    else job.options.signal?.addEventListener("abort", cancel, { once: true });

    const { timeLimitS, relativeGap, seed, nodeLimit, feasibilityTolerance, start: point } = job.options;
    const request: ToWorker = {
      id: job.id,
      model: job.model,
      // HiGHS takes a number, not "no limit"; 1e9 s is thirty years.
      options: {
        timeLimitS: Math.min(timeLimitS, 1e9),
        relativeGap,
        seed,
        ...(nodeLimit === undefined ? {} : { nodeLimit }),
        ...(feasibilityTolerance === undefined ? {} : { feasibilityTolerance }),
        ...(point === undefined ? {} : { start: point }),
      },
      stop,
    };
    thread.worker.postMessage(request);
  }

  return {
    solve(model, solveOptions) {
      if (closed) return Promise.resolve(lost("error", "the solver was closed"));
      return new Promise((finish) => {
        queue.push({ id: nextId++, model, options: solveOptions, finish });
        pump();
      });
    },
    async close() {
      closed = true;
      for (const job of queue.splice(0)) job.finish(lost("cancelled", "the solver was closed"));
      const ending = [...threads].map(async (thread) => {
        thread.run?.end(lost("cancelled", "the solver was closed"), false);
        await thread.worker.terminate();
      });
      threads.clear();
      await Promise.all(ending);
    },
  } satisfies Solver;
}

/** WebAssembly reports exhausted memory as an abort, an out-of-bounds access or `unreachable`. */
function statusOfFailure(message: string): SolveStatus {
  return /abort|memory|unreachable|out of bounds|alloc/i.test(message) ? "outOfMemory" : "error";
}
