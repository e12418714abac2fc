/** Requests that are counted at a time. */
export const batchSize = 64;

/** Whoever counts what has finished. */
interface Counting {
  finish(batch: FinishedBatch): void;
}

/** Fills in the figures of a request, by its slot in the table, that had its last token then, at a place of the batch. */
type ReadFinished = (request: number, timeMs: number, at: number) => void;

/**
 * Finished requests on their way to the measures, some dozens at a time, a column for each figure. Code that counts in a
 * loop stays in the processor's caches, its reads of memory overlap, and what it adds to stays in registers while it goes
 * down a column. They keep their slots in the table until they are counted. `flush` before anybody looks at the measures.
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
  readonly #read: ReadFinished;
  /** Whose figures are still in the table, -1 = filled in already, and when they had their last tokens, ms. */
  readonly #requests = new Int32Array(batchSize);
  readonly #timeMs = new Float64Array(batchSize);
  #size = 0;

  constructor(measures: Counting, read: ReadFinished) {
    this.#measures = measures;
    this.#read = read;
  }

  /** A request has its last token. */
  add(request: number, timeMs: number): void {
    this.#requests[this.#size] = request;
    this.#timeMs[this.#size] = timeMs;
    if (++this.#size === batchSize) this.flush();
  }

  /** The place of a request whose figures are filled in at once; it counts once `addRead` is called. */
  get size(): number {
    return this.#size;
  }

  addRead(): void {
    this.add(-1, 0);
  }

  flush(): void {
    for (let at = 0; at < this.#size; at++) {
      const request = this.#requests[at]!;
      if (request >= 0) this.#read(request, this.#timeMs[at]!, at);
    }
    this.#measures.finish(this);
    this.#size = 0;
  }
}
