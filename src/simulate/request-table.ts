/**
 * The requests in flight, as columns over typed arrays. A request is a slot number; slots of finished requests are used
 * again, so memory follows the number in flight and not the number simulated.
 *
 * Columns belong to three parties: what the request is (`row` to `cachedTokens`), what has happened to it (`attempts`
 * to `preemptions`), and the book-keeping of the engine that holds it (`prefillDone` to `heapRight`). Absent links are -1.
 */
export class RequestTable {
  /** Position in `World.demand`. */
  row = new Int32Array(0);
  /** Serial number since the start of the simulation. */
  serial = new Float64Array(0);
  /** When the user sent it, ms. */
  arrivalMs = new Float64Array(0);
  /** Round trip between the user and the serving site, ms. */
  rttMs = new Float64Array(0);
  /** Standard normal number that says how lucky the user is with the network. */
  networkDraw = new Float64Array(0);
  inputTokens = new Int32Array(0);
  outputTokens = new Int32Array(0);
  /** Input tokens whose keys and values the engine already holds. */
  cachedTokens = new Int32Array(0);

  /** When it was last sent to a site, and how long the site's port keeps its answer waiting, ms. */
  sentMs = new Float64Array(0);
  portWaitMs = new Float64Array(0);
  /** Sites tried so far. */
  attempts = new Int32Array(0);
  /** Engine that holds it. */
  replica = new Int32Array(0);
  /** When it reached the engine's queue, ms. */
  readyMs = new Float64Array(0);
  /** When its first prefill step began, ms; NaN before. */
  scheduledMs = new Float64Array(0);
  /** When the engine produced its first token, ms; NaN before. */
  firstTokenMs = new Float64Array(0);
  generatedTokens = new Int32Array(0);
  preemptions = new Int32Array(0);

  /** Tokens to process before the next output token: the input, after a preemption the output so far as well. */
  prefillTarget = new Int32Array(0);
  prefillDone = new Int32Array(0);
  /** Tokens of the current step's chunk. */
  chunk = new Int32Array(0);
  /** What it holds in the KV cache minus what any sequence gained since the engine started: constant while it decodes. */
  kvOffset = new Float64Array(0);
  /** Step counter after which the last output token is there. */
  finishStep = new Int32Array(0);
  /** After a preemption: the tokens whose blocks were freed, and when these begin to be overwritten (see `KvBlocks`). */
  keptTokens = new Int32Array(0);
  overwrittenFrom = new Float64Array(0);
  next = new Int32Array(0);
  previous = new Int32Array(0);
  heapLeft = new Int32Array(0);
  heapRight = new Int32Array(0);

  #free = -1;
  #capacity = 0;
  #inUse = 0;

  get inUse(): number {
    return this.#inUse;
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** Takes a slot; all columns but the engine's book-keeping are the caller's to fill. */
  take(): number {
    if (this.#free < 0) this.#grow();
    const slot = this.#free;
    this.#free = this.next[slot]!;
    this.#inUse++;
    this.scheduledMs[slot] = Number.NaN;
    this.firstTokenMs[slot] = Number.NaN;
    this.generatedTokens[slot] = 0;
    this.preemptions[slot] = 0;
    this.attempts[slot] = 0;
    this.replica[slot] = -1;
    return slot;
  }

  release(slot: number): void {
    this.next[slot] = this.#free;
    this.#free = slot;
    this.#inUse--;
  }

  #grow(): void {
    const before = this.#capacity;
    const capacity = Math.max(1024, before * 2);
    const longer = (column: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
      const grown = new Int32Array(capacity);
      grown.set(column);
      return grown;
    };
    const longerFloat = (column: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> => {
      const grown = new Float64Array(capacity);
      grown.set(column);
      return grown;
    };
    this.row = longer(this.row);
    this.serial = longerFloat(this.serial);
    this.arrivalMs = longerFloat(this.arrivalMs);
    this.rttMs = longerFloat(this.rttMs);
    this.networkDraw = longerFloat(this.networkDraw);
    this.inputTokens = longer(this.inputTokens);
    this.outputTokens = longer(this.outputTokens);
    this.cachedTokens = longer(this.cachedTokens);
    this.sentMs = longerFloat(this.sentMs);
    this.portWaitMs = longerFloat(this.portWaitMs);
    this.attempts = longer(this.attempts);
    this.replica = longer(this.replica);
    this.readyMs = longerFloat(this.readyMs);
    this.scheduledMs = longerFloat(this.scheduledMs);
    this.firstTokenMs = longerFloat(this.firstTokenMs);
    this.generatedTokens = longer(this.generatedTokens);
    this.preemptions = longer(this.preemptions);
    this.prefillTarget = longer(this.prefillTarget);
    this.prefillDone = longer(this.prefillDone);
    this.chunk = longer(this.chunk);
    this.kvOffset = longerFloat(this.kvOffset);
    this.finishStep = longer(this.finishStep);
    this.keptTokens = longer(this.keptTokens);
    this.overwrittenFrom = longerFloat(this.overwrittenFrom);
    this.next = longer(this.next);
    this.previous = longer(this.previous);
    this.heapLeft = longer(this.heapLeft);
    this.heapRight = longer(this.heapRight);
    for (let slot = capacity - 1; slot >= before; slot--) {
      this.next[slot] = this.#free;
      this.#free = slot;
    }
    this.#capacity = capacity;
  }
}
