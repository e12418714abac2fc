import type { PrefixChain } from "../chance/prefix-chain.ts";
import type { TraceChunk } from "./trace-store.ts";
import type { Trace } from "./trace.ts";

/** Steps through a trace from any time on, and from its end to its beginning. Holds one chunk at a time. */
export class TraceCursor {
  readonly #trace: Trace;
  #position = 0;
  #chunkNumber = 0;
  #chunk: TraceChunk;
  #row = 0;

  /** Begins with the first request at or after `fromMs`, or with the first of all when there is none. */
  constructor(trace: Trace, fromMs: number) {
    this.#trace = trace;
    const starts = trace.chunkStartMs;
    let number = 0;
    while (number + 1 < starts.length && starts[number + 1]! < fromMs) number++;
    for (let before = 0; before < number; before++) this.#position += trace.chunkCounts[before]!;
    this.#chunkNumber = number;
    this.#chunk = trace.chunk(number);
    let low = 0;
    let high = this.#chunk.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#chunk.atMs[middle]! < fromMs) low = middle + 1;
      else high = middle;
    }
    this.#row = low;
    this.#position += low;
    if (low === this.#chunk.count) this.#nextChunk();
  }

  /** Number of the request within the trace, from 0. */
  get position(): number {
    return this.#position;
  }

  get atMs(): number {
    return this.#chunk.atMs[this.#row]!;
  }

  get inputTokens(): number {
    return this.#chunk.inputTokens[this.#row]!;
  }

  get outputTokens(): number {
    return this.#chunk.outputTokens[this.#row]!;
  }

  /** The blocks of the prompt; null when the trace has none. Copies of a trace are other people and share nothing. */
  prefix(copy: number): PrefixChain | null {
    const block = this.#trace.hashBlockTokens;
    if (block === null) return null;
    const { hashStart, hashes } = this.#chunk;
    const from = hashStart[this.#row]!;
    const count = hashStart[this.#row + 1]! - from;
    const keys = new Float64Array(count);
    const tokens = new Int32Array(count);
    let left = this.inputTokens;
    for (let i = 0; i < count; i++) {
      keys[i] = hashes[from + i]! + copy * copyStride;
      tokens[i] = Math.max(0, Math.min(block, left));
      left -= block;
    }
    return { keys, tokens };
  }

  step(): void {
    this.#position++;
    this.#row++;
    if (this.#row === this.#chunk.count) this.#nextChunk();
  }

  #nextChunk(): void {
    this.#row = 0;
    this.#chunkNumber = (this.#chunkNumber + 1) % this.#trace.chunkStartMs.length;
    if (this.#chunkNumber === 0) this.#position = 0;
    this.#chunk = this.#trace.chunk(this.#chunkNumber);
  }
}

/** Hashes of a copy lie this far from those of the next; published traces number their blocks from 0 on. */
const copyStride = 2 ** 40;
