import type { World } from "../catalog/index.ts";
import type { Arrivals } from "./arrivals.ts";
import type { DemandRate } from "./demand-rate.ts";
import { EventQueue } from "./event-queue.ts";
import { RandomStream } from "./random.ts";
import { RequestSizes } from "./request-sizes.ts";

/** How bursty single clients are and how unequal. */
export interface Burstiness {
  /** Clients per demand row; the k-th sends in proportion to 1/k, so that few of them send most. */
  readonly clientsPerRow: number;
  /** Coefficient of variation of a client's gaps; 1 is Poisson, public traces show 1 to 100. */
  readonly gapVariation: number;
}

const minuteMs = 60_000;

/**
 * Requests of single clients, merged: each client is a renewal process with gamma gaps that runs on the clock of its own
 * expected requests, so bursts follow the daily curve. Bursts in public traces come from single clients (ServeGen:
 * the first of them sends 16 to 52 % of all requests); smooth totals hide them.
 */
export class ClientArrivals implements Arrivals {
  nextMs = Number.POSITIVE_INFINITY;
  row = -1;
  inputTokens = 0;
  outputTokens = 0;
  cachedTokens = 0;
  readonly prefix = null;

  readonly #rate: DemandRate;
  readonly #toMs: number;
  readonly #clientsPerRow: number;
  readonly #shape: number;
  readonly #workloadOfRow: Int32Array;
  readonly #sizes: RequestSizes;
  readonly #queue: EventQueue;
  readonly #shares: Float64Array;
  readonly #time: RandomStream;
  readonly #size: RandomStream;

  constructor(
    world: World,
    rate: DemandRate,
    toMs: number,
    burstiness: Burstiness,
    seed: number,
    weights?: Float64Array,
  ) {
    this.#rate = rate;
    this.#toMs = toMs;
    this.#clientsPerRow = burstiness.clientsPerRow;
    this.#shape = 1 / burstiness.gapVariation ** 2;
    this.#workloadOfRow = Int32Array.from(world.demand, (row) => row.workload);
    this.#sizes = new RequestSizes(world);
    this.#time = new RandomStream(seed, "clients/time");
    this.#size = new RandomStream(seed, "clients/size");
    const ranks = Float64Array.from({ length: burstiness.clientsPerRow }, (_, rank) => 1 / (rank + 1));
    const total = ranks.reduce((sum, share) => sum + share, 0);
    this.#shares = ranks.map((share) => share / total);
    this.#queue = new EventQueue();
    for (const row of world.demand.keys()) {
      if ((weights?.[row] ?? 1) === 0 || rate.maxPerS[row]! <= 0) continue;
      for (let client = 0; client < burstiness.clientsPerRow; client++) this.#schedule(row, client, 0, true);
    }
    this.step();
  }

  step(): void {
    const queue = this.#queue;
    if (queue.size === 0) {
      this.nextMs = Number.POSITIVE_INFINITY;
      return;
    }
    const timeMs = queue.nextMs;
    const subject = queue.nextSubject;
    queue.pop();
    const row = Math.floor(subject / this.#clientsPerRow);
    const workload = this.#workloadOfRow[row]!;
    this.nextMs = timeMs;
    this.row = row;
    this.inputTokens = this.#sizes.input(workload, this.#size);
    this.outputTokens = this.#sizes.output(workload, this.#size);
    this.cachedTokens = this.#sizes.cached(workload, this.inputTokens);
    this.#schedule(row, subject - row * this.#clientsPerRow, timeMs, false);
  }

  /** Puts the client's next request in the queue, if it falls within the span. */
  #schedule(row: number, client: number, fromMs: number, isFirst: boolean): void {
    const shape = this.#shape;
    // A span begins in the middle of somebody's gap: a long one with more chance than a short one, anywhere in it.
    let left = isFirst
      ? (this.#time.uniform() * this.#time.gamma(shape + 1) * (shape + 1)) / shape
      : this.#time.gamma(shape);
    const perMs = (this.#rate.maxPerS[row]! * this.#shares[client]!) / 1000;
    let timeMs = fromMs;
    while (timeMs < this.#toMs) {
      const now = perMs * this.#rate.shareAt(row, timeMs);
      const untilMs = (Math.floor(timeMs / minuteMs) + 1) * minuteMs;
      const expected = now * (untilMs - timeMs);
      if (left < expected) {
        const atMs = timeMs + left / now;
        if (atMs < this.#toMs) this.#queue.push(atMs, 0, 0, row * this.#clientsPerRow + client);
        return;
      }
      left -= expected;
      timeMs = untilMs;
    }
  }
}
