import { Worker } from "node:worker_threads";
import type { SweepCase, SweepJob } from "../../simulate/index.ts";
import type { FromSweepThread, ToSweepThread } from "./thread-messages.ts";

/** What whoever employs a thread hears from it. */
export interface SweepThreadEvents {
  onMessage(message: FromSweepThread): void;
  /** The thread has ended, whether it was told to or not; `error` is the last it threw. */
  onExit(error: Error | undefined): void;
}

/**
 * A thread that outlives the sweeps it works for: what it has loaded serves the next one too. It keeps the process alive
 * only while somebody employs it.
 */
export class SweepThread {
  readonly #worker: Worker;
  #events: SweepThreadEvents | undefined;
  #job: SweepJob | undefined;
  #isReady = false;

  constructor(module: URL) {
    this.#worker = new Worker(module);
    this.#worker.unref();
    let lastError: Error | undefined;
    this.#worker.on("message", (message: FromSweepThread) => {
      this.#isReady = true;
      this.#events?.onMessage(message);
    });
    this.#worker.on("error", (error: Error) => {
      lastError = error;
    });
    this.#worker.on("exit", () => this.#events?.onExit(lastError));
  }

  /** Whether it has said that it takes cases. One that ends before has no more to hope for from its like. */
  get isReady(): boolean {
    return this.#isReady;
  }

  employ(job: SweepJob, events: SweepThreadEvents): void {
    this.#events = events;
    this.#worker.ref();
    // A job may be a whole world: it is sent once.
    if (this.#job !== job) this.#send({ job });
    this.#job = job;
  }

  run(sweepCase: SweepCase): void {
    this.#send({ run: sweepCase });
  }

  /** To be employed again; `onExit` hears of an end in the meantime. */
  release(onExit: () => void): void {
    this.#events = { onMessage: () => {}, onExit };
    this.#worker.unref();
  }

  terminate(): Promise<number> {
    return this.#worker.terminate();
  }

  #send(message: ToSweepThread): void {
    this.#worker.postMessage(message);
  }
}
