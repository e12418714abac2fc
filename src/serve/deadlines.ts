import type { Clock } from "./ports.ts";

/** Something that must not wait for ever. `deadlineMs` may be moved at any time at no cost. */
export interface Waiting {
  /** Reading of the monotonic clock after which `expired` is called; Infinity = no limit now. */
  deadlineMs: number;
  expired(): void;
}

/** How late a time-out may be noticed. */
const sweepMs = 25;

/**
 * Time-outs for everything in flight with one timer: moving a deadline is an assignment, which matters because every
 * read of every stream moves one.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiting>();
  #scheduled = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(waiting: Waiting): void {
    this.#waiting.add(waiting);
    if (!this.#scheduled) this.#schedule();
  }

  remove(waiting: Waiting): void {
    this.#waiting.delete(waiting);
  }

  #schedule(): void {
    this.#scheduled = true;
    this.#clock.schedule(sweepMs, () => {
      this.#scheduled = false;
      const nowMs = this.#clock.monotonicMs();
      for (const waiting of this.#waiting) {
        if (nowMs < waiting.deadlineMs) continue;
        this.#waiting.delete(waiting);
        waiting.expired();
      }
      if (this.#waiting.size > 0) this.#schedule();
    });
  }
}
