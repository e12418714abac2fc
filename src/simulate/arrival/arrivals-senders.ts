import type { Arrivals } from "./arrivals.ts";
import { EventQueue } from "../chance/event-queue.ts";

/** Sizes of a request, in tokens. */
export interface RequestSize {
  inputTokens: number;
  outputTokens: number;
  cachedTokens: number;
}

/** Those who send requests, each by a number, one request after the other. */
export interface Senders {
  /** Position in `World.demand` of the users a sender belongs to. */
  rowOf(sender: number): number;
  /** When a sender sends after `fromMs`, ms; `Infinity` when it does not within the span. */
  nextMs(sender: number, fromMs: number): number;
  /** Draws the sizes of a request that is sent at `timeMs`. */
  drawSize(sender: number, timeMs: number, into: RequestSize): void;
}

/**
 * Requests of many senders, merged in the order of time. Two at one instant come in the order in which it was found out when
 * they would.
 */
export class SenderArrivals implements Arrivals {
  nextMs = Number.POSITIVE_INFINITY;
  row = -1;
  inputTokens = 0;
  outputTokens = 0;
  cachedTokens = 0;
  readonly prefix = null;

  readonly #senders: Senders;
  readonly #queue = new EventQueue();

  /** `firstMs`: sender by sender, when each sends first, ms; `Infinity` = never. */
  constructor(senders: Senders, firstMs: Iterable<readonly [sender: number, firstMs: number]>) {
    this.#senders = senders;
    for (const [sender, timeMs] of firstMs) this.#expect(sender, timeMs);
    this.step();
  }

  step(): void {
    const queue = this.#queue;
    if (queue.size === 0) {
      this.nextMs = Number.POSITIVE_INFINITY;
      return;
    }
    const timeMs = queue.nextMs;
    const sender = queue.nextSubject;
    queue.pop();
    this.nextMs = timeMs;
    this.row = this.#senders.rowOf(sender);
    this.#senders.drawSize(sender, timeMs, this);
    this.#expect(sender, this.#senders.nextMs(sender, timeMs));
  }

  #expect(sender: number, timeMs: number): void {
    if (timeMs < Number.POSITIVE_INFINITY) this.#queue.push(timeMs, 0, 0, sender);
  }
}
