import { emptyCompleted, type CompletedRequest } from "./completed-request.ts";
import type { Measures } from "./measures.ts";

/** Requests that are counted at a time. */
const batch = 32;

/**
 * Finished requests on their way to the measures, some dozens at a time: code that counts in a loop stays in the
 * processor's caches and its reads of memory overlap. `flush` before anybody looks at the measures.
 */
export class FinishedBatch {
  readonly #measures: Measures;
  /** The same objects serve the whole run, so a request costs no allocation. */
  readonly #requests: readonly CompletedRequest[] = Array.from({ length: batch }, emptyCompleted);
  #size = 0;

  constructor(measures: Measures) {
    this.#measures = measures;
  }

  /** The request to be filled in next; it counts once `add` is called. */
  get next(): CompletedRequest {
    return this.#requests[this.#size]!;
  }

  add(): void {
    if (++this.#size === batch) this.flush();
  }

  flush(): void {
    for (let i = 0; i < this.#size; i++) this.#measures.finish(this.#requests[i]!);
    this.#size = 0;
  }
}
