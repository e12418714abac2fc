import { Crowd, type Member } from "./crowd.ts";
import type { Clock } from "../wire/ports.ts";

/** Something that must not wait for ever. `deadlineMs` may be moved at any time at no cost. */
export interface Waiting extends Member {
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
  readonly #waiting = new Crowd<Waiting>();
  #scheduled = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(waiting: Waiting): void {
    this.#waiting.add(waiting);
    if (!this.#scheduled) this.#schedule();
  }

  remove(waiting: Waiting): void {
    this.#waiting.remove(waiting);
  }

  #schedule(): void {
    this.#scheduled = true;
    this.#clock.schedule(sweepMs, () => {
      this.#scheduled = false;
      const nowMs = this.#clock.monotonicMs();
      for (const waiting of this.#waiting.filter(({ deadlineMs }) => nowMs >= deadlineMs)) {
        // What the one before it did may have taken it out or given it more time.
        if (waiting.seat < 0 || nowMs < waiting.deadlineMs) continue;
        this.remove(waiting);
        waiting.expired();
      }
      if (this.#waiting.size > 0) this.#schedule();
    });
  }
}
