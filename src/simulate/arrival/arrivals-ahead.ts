import type { Arrivals } from "./arrivals.ts";
import type { PrefixChain } from "../chance/prefix-chain.ts";

/** Requests drawn at a time. */
export const aheadCount = 32;

/**
 * The requests of a stream, drawn some dozens ahead. Nothing that happens to a request changes those to come, so this
 * changes nothing but the pace: one piece of code that runs in a loop stays in the processor's caches, and its reads of
 * memory overlap, while code that is returned to once per request finds both taken by others.
 */
export class ArrivalsAhead implements Arrivals {
  nextMs = Number.POSITIVE_INFINITY;
  row = -1;
  inputTokens = 0;
  outputTokens = 0;
  cachedTokens = 0;
  prefix: PrefixChain | null = null;

  readonly #stream: Arrivals;
  readonly #drawnAhead: (rows: Int32Array, count: number) => void;
  readonly #timeMs = new Float64Array(aheadCount);
  readonly #rows = new Int32Array(aheadCount);
  readonly #input = new Int32Array(aheadCount);
  readonly #output = new Int32Array(aheadCount);
  readonly #cached = new Int32Array(aheadCount);
  readonly #prefixes: (PrefixChain | null)[] = Array.from({ length: aheadCount }, () => null);
  #at = 0;
  #drawn = 0;

  /** `drawnAhead` hears the rows of the requests that come next, whenever some have been drawn. */
  constructor(stream: Arrivals, drawnAhead: (rows: Int32Array, count: number) => void) {
    this.#stream = stream;
    this.#drawnAhead = drawnAhead;
    this.#draw();
    this.#read();
  }

  step(): void {
    if (++this.#at >= this.#drawn) this.#draw();
    this.#read();
  }

  #draw(): void {
    const stream = this.#stream;
    let drawn = 0;
    while (drawn < aheadCount && stream.nextMs < Number.POSITIVE_INFINITY) {
      this.#timeMs[drawn] = stream.nextMs;
      this.#rows[drawn] = stream.row;
      this.#input[drawn] = stream.inputTokens;
      this.#output[drawn] = stream.outputTokens;
      this.#cached[drawn] = stream.cachedTokens;
      this.#prefixes[drawn] = stream.prefix;
      drawn++;
      stream.step();
    }
    this.#drawn = drawn;
    this.#drawnAhead(this.#rows, drawn);
    this.#at = 0;
  }

  #read(): void {
    const at = this.#at;
    if (at >= this.#drawn) {
      this.nextMs = Number.POSITIVE_INFINITY;
      return;
    }
    this.nextMs = this.#timeMs[at]!;
    this.row = this.#rows[at]!;
    this.inputTokens = this.#input[at]!;
    this.outputTokens = this.#output[at]!;
    this.cachedTokens = this.#cached[at]!;
    this.prefix = this.#prefixes[at]!;
  }
}
