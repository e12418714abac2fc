import type { PrefixChain } from "../chance/prefix-chain.ts";

/**
 * A stream of requests in order of time. The fields describe the request at `nextMs`; `step` moves to the one after.
 * One object serves the whole run, so a request costs no allocation.
 */
export interface Arrivals {
  /** When the next request is sent, ms since the start; `Infinity` when there is none. */
  readonly nextMs: number;
  /** Position in `World.demand`. */
  readonly row: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Input tokens found in the engine's prefix cache. */
  readonly cachedTokens: number;
  /** What the prompt shares with others, where it is simulated piece by piece; null = `cachedTokens` says it all. */
  readonly prefix: PrefixChain | null;
  step(): void;
}

/** Several streams as one; of two requests at the same instant, that of the stream listed first comes first. */
export class MergedArrivals implements Arrivals {
  readonly #streams: readonly Arrivals[];
  #current: Arrivals;

  constructor(streams: readonly [Arrivals, ...Arrivals[]]) {
    this.#streams = streams;
    this.#current = streams[0];
    this.#selectEarliest();
  }

  get nextMs(): number {
    return this.#current.nextMs;
  }

  get row(): number {
    return this.#current.row;
  }

  get inputTokens(): number {
    return this.#current.inputTokens;
  }

  get outputTokens(): number {
    return this.#current.outputTokens;
  }

  get cachedTokens(): number {
    return this.#current.cachedTokens;
  }

  get prefix(): PrefixChain | null {
    return this.#current.prefix;
  }

  step(): void {
    this.#current.step();
    this.#selectEarliest();
  }

  #selectEarliest(): void {
    let earliest = this.#streams[0]!;
    for (const stream of this.#streams) if (stream.nextMs < earliest.nextMs) earliest = stream;
    this.#current = earliest;
  }
}
