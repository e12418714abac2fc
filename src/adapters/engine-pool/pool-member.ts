import type { Engine, EngineEvents, EngineRequest, EngineRun } from "../../serve/index.ts";

/** Failures in a row after which a server is left alone for a while. */
const failuresToRest = 2;
const firstRestMs = 1_000;
const longestRestMs = 30_000;

/** One server of a pool and what happened there lately. */
export class PoolMember {
  readonly address: string;
  readonly engine: Engine;
  /** No longer listed: it finishes what it has and is closed then. */
  retired = false;
  inFlight = 0;
  #failures = 0;
  #restUntilMs = 0;

  constructor(address: string, engine: Engine) {
    this.address = address;
    this.engine = engine;
  }

  rests(nowMs: number): boolean {
    return nowMs < this.#restUntilMs;
  }

  /**
   * Starts a generation. A server that cannot even be reached has done nothing, so `unreachable` is called instead of
   * `events.end`, and another may be asked.
   */
  start(request: EngineRequest, events: EngineEvents, unreachable: () => void): EngineRun {
    this.inFlight++;
    let over = false;
    let answered = false;
    const finish = (failed: boolean) => {
      if (over) return;
      over = true;
      this.inFlight--;
      this.#note(failed);
      if (this.retired && this.inFlight === 0) void this.engine.close();
    };
    const run = this.engine.start(request, {
      head: (head) => {
        answered = true;
        // 501 is an endpoint that the server was not started for, and no sign of its health.
        this.#note(head.status >= 500 && head.status !== 501);
        events.head(head);
      },
      data: (bytes) => events.data(bytes),
      end: (failure) => {
        finish(failure !== null);
        if (failure?.kind === "connect" && !answered) unreachable();
        else events.end(failure);
      },
    });
    return {
      cancel() {
        finish(false);
        run.cancel();
      },
      pause: () => run.pause(),
      resume: () => run.resume(),
    };
  }

  #note(failed: boolean): void {
    if (!failed) {
      this.#failures = 0;
      return;
    }
    this.#failures++;
    if (this.#failures < failuresToRest) return;
    const restMs = Math.min(longestRestMs, firstRestMs * 2 ** (this.#failures - failuresToRest));
    this.#restUntilMs = performance.now() + restMs;
  }
}
