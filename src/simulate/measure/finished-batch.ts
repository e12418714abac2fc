/** Requests that are counted at a time. */
export const batchSize = 64;

/** Whoever counts what has finished. */
interface Counting {
  finish(batch: FinishedBatch): void;
}

/**
 * Finished requests on their way to the measures, some dozens at a time, a column for each figure. Code that counts in a
 * loop stays in the processor's caches, its reads of memory overlap, and what it adds to stays in registers while it goes
 * down a column. `flush` before anybody looks at the measures.
 */
export class FinishedBatch {
  readonly row = new Int32Array(batchSize);
  readonly workload = new Int32Array(batchSize);
  /** What users in one country ask of one workload, by the numbers of `Traffic`. */
  readonly stream = new Int32Array(batchSize);
  /** Position in `callerKinds`; -1 = nobody named. */
  readonly caller = new Int32Array(batchSize).fill(-1);
  readonly tier = new Int32Array(batchSize);
  readonly site = new Int32Array(batchSize);
  /** Position in the routes' groups; -1 when the answer came from a cache of answers. */
  readonly group = new Int32Array(batchSize);
  readonly inputTokens = new Int32Array(batchSize);
  readonly cachedTokens = new Int32Array(batchSize);
  readonly outputTokens = new Int32Array(batchSize);
  readonly preemptions = new Int32Array(batchSize);
  readonly arrivalMs = new Float64Array(batchSize);
  readonly ttftMs = new Float64Array(batchSize);
  /** NaN when there is one output token only. */
  readonly tpotMs = new Float64Array(batchSize);
  readonly e2eMs = new Float64Array(batchSize);
  readonly queueMs = new Float64Array(batchSize);
  /** From the site's door to the first token and to the last, network not counted. */
  readonly engineTtftMs = new Float64Array(batchSize);
  readonly engineE2eMs = new Float64Array(batchSize);

  readonly #measures: Counting;
  #size = 0;

  constructor(measures: Counting) {
    this.#measures = measures;
  }

  /** Requests filled in so far; the next one's place in every column. It counts once `add` is called. */
  get size(): number {
    return this.#size;
  }

  add(): void {
    if (++this.#size === batchSize) this.flush();
  }

  flush(): void {
    this.#measures.finish(this);
    this.#size = 0;
  }
}
