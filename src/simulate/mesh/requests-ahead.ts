import type { Arrivals } from "../arrival/arrivals.ts";
import type { Callers } from "../arrival/callers.ts";
import type { PrefixChain } from "../chance/prefix-chain.ts";
import type { RandomStream } from "../chance/random.ts";
import * as requestRecords from "../engine/request-records.ts";
import type { RequestTable } from "../engine/request-table.ts";
import type { Measures } from "../measure/measures.ts";
import * as packedPlaces from "./packed-places.ts";

// Of this module, so that they are constants to the compiler: what is imported is fetched and checked at every use.
const { rowInt, rowInts } = packedPlaces;
const { requestFloat, requestInt, requestInts, requestSize } = requestRecords;

/** Requests drawn at a time. */
export const aheadCount = 32;
// Not exported, so that it is a constant to the compiler.
const mostDrawn = aheadCount;

/** What requests come from and go to before they are sent. */
export interface RequestParts {
  readonly stream: Arrivals;
  readonly table: RequestTable;
  /** See `packRows`. */
  readonly rows: Int32Array;
  readonly network: RandomStream;
  /** Null where no workload names its callers. */
  readonly callers: Callers | null;
  readonly measures: Measures;
  /** Hears the rows of the requests that come next, whenever some have been drawn. */
  readonly drawnAhead: (rows: Int32Array, count: number) => void;
}

/**
 * The requests of a stream, some dozens ahead: drawn, written into the table, and counted when they have been sent. Nothing that
 * happens to a request changes those to come, so this changes nothing but the pace: one piece of code that runs in a loop
 * stays in the processor's caches, and its reads of memory overlap, while code that is returned to once per request finds
 * both taken by others.
 */
export class RequestsAhead {
  /** When the next request is sent, ms since the start; `Infinity` when there is none. Its slot in the table is `request`. */
  nextMs = Number.POSITIVE_INFINITY;
  request = -1;
  /** What prompts share with others, by slot; holes for the many that need no cache of their own. */
  readonly prefixOf: (PrefixChain | null)[] = [];

  readonly #parts: RequestParts;
  readonly #timeMs = new Float64Array(mostDrawn);
  readonly #rows = new Int32Array(mostDrawn);
  readonly #slots = new Int32Array(mostDrawn);
  #at = 0;
  #drawn = 0;
  /** Of those drawn, so many have been counted. */
  #counted = 0;
  #serial = 0;

  constructor(parts: RequestParts) {
    this.#parts = parts;
    this.#draw();
    this.#read();
  }

  /** Requests that have been sent. */
  get sent(): number {
    return this.#serial - this.#drawn + this.#at;
  }

  /** The next request has been sent: the one after is next. */
  step(): void {
    if (++this.#at >= this.#drawn) this.#draw();
    this.#read();
  }

  /** Counts those sent that have not been counted; before anybody looks at the measures. */
  count(): void {
    const { callers, measures, rows } = this.#parts;
    for (; this.#counted < this.#at; this.#counted++) {
      const row = this.#rows[this.#counted]!;
      const workload = rows[row * rowInts + rowInt.workload]!;
      // Slots are taken anew by `#draw` alone, so it is still known who sent it.
      const caller = callers === null ? -1 : callers.kindOf(this.#slots[this.#counted]!);
      measures.arrive(row, workload, this.#timeMs[this.#counted]!, caller);
    }
  }

  #draw(): void {
    this.count();
    const { stream, table, rows, network, callers } = this.#parts;
    let drawn = 0;
    while (drawn < mostDrawn && stream.nextMs < Number.POSITIVE_INFINITY) {
      const { nextMs, row, prefix } = stream;
      const request = table.take();
      const { float, int } = table;
      const ints = request * requestInts;
      const floats = request * requestSize;
      int[ints + requestInt.row] = row;
      int[ints + requestInt.inputTokens] = stream.inputTokens;
      int[ints + requestInt.outputTokens] = stream.outputTokens;
      int[ints + requestInt.cachedTokens] = stream.cachedTokens;
      float[floats + requestFloat.serial] = this.#serial;
      float[floats + requestFloat.arrivalMs] = nextMs;
      // Drawn once per request, so that the same user has the same luck with the network under every routing rule.
      float[floats + requestFloat.networkDraw] = network.normal();
      if (prefix !== null) this.prefixOf[request] = prefix;
      else if (request < this.prefixOf.length) this.prefixOf[request] = null;
      callers?.draw(request, rows[row * rowInts + rowInt.workload]!, this.#serial, prefix);
      this.#serial++;
      this.#timeMs[drawn] = nextMs;
      this.#rows[drawn] = row;
      this.#slots[drawn] = request;
      drawn++;
      stream.step();
    }
    // In a loop so short that the reads of many rows overlap.
    const { int } = table;
    for (let at = 0; at < drawn; at++) {
      const record = this.#rows[at]! * rowInts;
      const ints = this.#slots[at]! * requestInts;
      int[ints + requestInt.stream] = rows[record + rowInt.stream]!;
      int[ints + requestInt.area] = rows[record + rowInt.area]!;
    }
    this.#drawn = drawn;
    this.#at = 0;
    this.#counted = 0;
    this.#parts.drawnAhead(this.#rows, drawn);
  }

  #read(): void {
    const isThere = this.#at < this.#drawn;
    this.nextMs = isThere ? this.#timeMs[this.#at]! : Number.POSITIVE_INFINITY;
    this.request = isThere ? this.#slots[this.#at]! : -1;
  }
}
