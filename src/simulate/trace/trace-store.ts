/** Requests of a trace side by side. Row i has the hashes from `hashStart[i]` to `hashStart[i + 1]`. */
export interface TraceChunk {
  readonly count: number;
  readonly atMs: Float64Array;
  readonly inputTokens: Int32Array;
  readonly outputTokens: Int32Array;
  readonly hashStart: Int32Array;
  readonly hashes: Float64Array;
}

/** Keeps chunks of a trace, in memory or on disk. Chunks are read in no particular order. */
export interface TraceStore {
  /** The store may keep the arrays. */
  append(chunk: TraceChunk): void;
  read(position: number): TraceChunk;
}

/** Requests per chunk: about a megabyte without hashes. */
export const chunkRows = 65_536;

export class MemoryTraceStore implements TraceStore {
  readonly #chunks: TraceChunk[] = [];

  append(chunk: TraceChunk): void {
    this.#chunks.push(chunk);
  }

  read(position: number): TraceChunk {
    return this.#chunks[position]!;
  }
}

/** Fills chunks row by row and hands each full one to the store. */
export class ChunkWriter {
  /** Time of the first row of every chunk written, and how many rows it has. */
  readonly starts: number[] = [];
  readonly counts: number[] = [];
  readonly #store: TraceStore;
  #atMs = new Float64Array(0);
  #inputTokens = new Int32Array(0);
  #outputTokens = new Int32Array(0);
  #hashStart = new Int32Array(1);
  #hashes = new Float64Array(0);
  #rows = 0;
  #hashCount = 0;

  constructor(store: TraceStore) {
    this.#store = store;
  }

  add(atMs: number, inputTokens: number, outputTokens: number, hashes: ArrayLike<number>): void {
    if (this.#rows === this.#atMs.length) this.#grow();
    this.#atMs[this.#rows] = atMs;
    this.#inputTokens[this.#rows] = inputTokens;
    this.#outputTokens[this.#rows] = outputTokens;
    if (this.#hashCount + hashes.length > this.#hashes.length) {
      const grown = new Float64Array(Math.max(1024, 2 * (this.#hashCount + hashes.length)));
      grown.set(this.#hashes);
      this.#hashes = grown;
    }
    this.#hashes.set(hashes, this.#hashCount);
    this.#hashCount += hashes.length;
    this.#rows++;
    this.#hashStart[this.#rows] = this.#hashCount;
    // Long prompts fill a chunk by their hashes rather than by their number.
    if (this.#rows === chunkRows || this.#hashCount > 16 * chunkRows) this.flush();
  }

  flush(): void {
    if (this.#rows === 0) return;
    this.starts.push(this.#atMs[0]!);
    this.counts.push(this.#rows);
    this.#store.append({
      count: this.#rows,
      atMs: this.#atMs.slice(0, this.#rows),
      inputTokens: this.#inputTokens.slice(0, this.#rows),
      outputTokens: this.#outputTokens.slice(0, this.#rows),
      hashStart: this.#hashStart.slice(0, this.#rows + 1),
      hashes: this.#hashes.slice(0, this.#hashCount),
    });
    this.#rows = 0;
    this.#hashCount = 0;
  }

  #grow(): void {
    const capacity = Math.min(chunkRows, Math.max(256, this.#rows * 4));
    const copy = <T extends Float64Array | Int32Array>(from: T, to: T): T => (to.set(from), to);
    this.#atMs = copy(this.#atMs, new Float64Array(capacity));
    this.#inputTokens = copy(this.#inputTokens, new Int32Array(capacity));
    this.#outputTokens = copy(this.#outputTokens, new Int32Array(capacity));
    this.#hashStart = copy(this.#hashStart, new Int32Array(capacity + 1));
  }
}
