import type { World } from "../../catalog/index.ts";
import { SenderArrivals, type RequestSize, type Senders } from "./arrivals-senders.ts";
import type { DemandRate } from "../chance/demand-rate.ts";
import { RandomStream } from "../chance/random.ts";
import { RequestSizes } from "../chance/request-sizes.ts";

/** How bursty single clients are and how unequal. */
export interface Burstiness {
  /** Clients per demand row; the k-th sends in proportion to 1/k, so that few of them send most. */
  readonly clientsPerRow: number;
  /** Coefficient of variation of a client's gaps; 1 is Poisson, public traces show 1 to 100. */
  readonly gapVariation: number;
}

const minuteMs = 60_000;

/**
 * Single clients: each is a renewal process with gamma gaps that runs on the clock of its own expected requests, so bursts
 * follow the daily curve. Bursts in public traces come from single clients (ServeGen: the first of them sends 16 to 52 %
 * of all requests); smooth totals hide them.
 */
class Clients implements Senders {
  readonly #rate: DemandRate;
  readonly #toMs: number;
  readonly #clientsPerRow: number;
  readonly #shape: number;
  readonly #workloadOfRow: Int32Array;
  readonly #sizes: RequestSizes;
  readonly #shares: Float64Array;
  readonly #time: RandomStream;
  readonly #size: RandomStream;

  constructor(world: World, rate: DemandRate, toMs: number, burstiness: Burstiness, seed: number) {
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
  }

  rowOf(sender: number): number {
    return Math.floor(sender / this.#clientsPerRow);
  }

  drawSize(sender: number, _timeMs: number, into: RequestSize): void {
    const workload = this.#workloadOfRow[this.rowOf(sender)]!;
    into.inputTokens = this.#sizes.input(workload, this.#size);
    into.outputTokens = this.#sizes.output(workload, this.#size);
    into.cachedTokens = this.#sizes.cached(workload, into.inputTokens);
  }

  /** A span begins in the middle of somebody's gap: a long one with more chance than a short one, anywhere in it. */
  firstMs(sender: number): number {
    const shape = this.#shape;
    return this.#after(sender, 0, (this.#time.uniform() * this.#time.gamma(shape + 1) * (shape + 1)) / shape);
  }

  nextMs(sender: number, fromMs: number): number {
    return this.#after(sender, fromMs, this.#time.gamma(this.#shape));
  }

  /** When a gap of `left` expected requests that begins at `fromMs` is over, ms; `Infinity` = not within the span. */
  #after(sender: number, fromMs: number, left: number): number {
    const row = this.rowOf(sender);
    const perMs = (this.#rate.maxPerS[row]! * this.#shares[sender - row * this.#clientsPerRow]!) / 1000;
    let timeMs = fromMs;
    while (timeMs < this.#toMs) {
      const now = perMs * this.#rate.shareAt(row, timeMs);
      const untilMs = (Math.floor(timeMs / minuteMs) + 1) * minuteMs;
      const expected = now * (untilMs - timeMs);
      if (left < expected) {
        const atMs = timeMs + left / now;
        return atMs < this.#toMs ? atMs : Number.POSITIVE_INFINITY;
      }
      left -= expected;
      timeMs = untilMs;
    }
    return Number.POSITIVE_INFINITY;
  }
}

/** Each keeps the time of its next request; with more, a run would not begin for minutes. */
const mostClients = 10_000_000;

/** Requests of single, bursty clients, merged. Rows with a weight of 0 send nothing. @throws RangeError when there are too many. */
export function clientArrivals(
  world: World,
  rate: DemandRate,
  toMs: number,
  burstiness: Burstiness,
  seed: number,
  weights?: Float64Array,
): SenderArrivals {
  const rows = [...world.demand.keys()].filter((row) => (weights?.[row] ?? 1) !== 0 && rate.maxPerS[row]! > 0);
  const { clientsPerRow } = burstiness;
  if (rows.length * clientsPerRow > mostClients) {
    throw new RangeError(
      `${clientsPerRow} bursty clients in each of ${rows.length} pairs of area and access are more than ${mostClients} together: ask for ${Math.floor(mostClients / rows.length)} at most`,
    );
  }
  const clients = new Clients(world, rate, toMs, burstiness, seed);
  const first = rows.flatMap((row) =>
    Array.from({ length: clientsPerRow }, (_, client): [number, number] => {
      const sender = row * clientsPerRow + client;
      return [sender, clients.firstMs(sender)];
    }),
  );
  return new SenderArrivals(clients, first);
}
