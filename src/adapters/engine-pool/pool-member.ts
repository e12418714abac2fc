import type { Engine, EngineEvents, EngineRequest, EngineRun } from "../../serve/index.ts";

/** Failures in a row after which a server is left alone for a while. */
const failuresToRest = 2;
const firstRestMs = 1_000;
/** After a single failure the request that met it, and whoever comes with it, is better off at another server, ms. */
const oneFailureMs = 100;
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

  /** How long it is still to be left alone, ms. */
  restMs(nowMs: number): number {
    return Math.max(0, this.#restUntilMs - nowMs);
  }

  /**
   * Starts a generation. A server that cannot even be reached has done nothing, so `unreachable` is called instead of
   * `events.end`, and another may be asked. One that wishes to be left alone is, and the wish is its own: the pool is left
   * alone until the first of its servers takes requests, which is in `poolRestMs`.
   */
  start(request: EngineRequest, events: EngineEvents, unreachable: () => void, poolRestMs: () => number): EngineRun {
    this.inFlight++;
    let over = false;
    let answered = false;
    /** Whether it did well is known, or will never be. */
    let judged = false;
    const judge = (failed: boolean) => {
      if (!judged) this.#note(failed);
      judged = true;
    };
    const leave = () => {
      if (over) return;
      over = true;
      this.inFlight--;
      if (this.retired && this.inFlight === 0) void this.engine.close();
    };
    const run = this.engine.start(request, {
      head: (head) => {
        answered = true;
        // That it began an answer says little: many break down over the work and not over the greeting. Once its status
        // says that it failed, whether the words to it come whole makes it no better and no worse. 501 is an endpoint that
        // the server was not started for, and no sign of its health.
        if (head.status >= 500 && head.status !== 501) judge(true);
        if (head.retryAfterMs === null || !isWish(head.status)) return events.head(head);
        this.#rest(head.retryAfterMs);
        const restMs = Math.ceil(poolRestMs());
        events.head({ ...head, retryAfterMs: restMs > 0 ? Math.min(restMs, head.retryAfterMs) : null });
      },
      data: (bytes) => events.data(bytes),
      end: (failure) => {
        leave();
        if (failure !== null) judge(true);
        if (failure?.kind === "connect" && !answered) return unreachable();
        // What came whole may still be no answer. Who reads it knows, and cancels in vain what has ended.
        events.end(failure);
        judge(false);
      },
    });
    return {
      cancel(inVain = false) {
        if (inVain) judge(true);
        judged = true;
        leave();
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
    const isStreak = this.#failures >= failuresToRest;
    this.#rest(isStreak ? firstRestMs * 2 ** (this.#failures - failuresToRest) : oneFailureMs);
  }

  #rest(ms: number): void {
    this.#restUntilMs = Math.max(this.#restUntilMs, performance.now() + Math.min(longestRestMs, ms));
  }
}

/** Statuses with which a server says that it has too much to do. */
function isWish(status: number): boolean {
  return status === 429 || status === 503;
}
