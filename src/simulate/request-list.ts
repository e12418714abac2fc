import type { RequestTable } from "./request-table.ts";

/** A list of requests threaded through the request table; a request is in one list at a time. Slots, -1 when absent. */
export class RequestList {
  readonly #table: RequestTable;
  #head = -1;
  #tail = -1;
  #length = 0;

  constructor(table: RequestTable) {
    this.#table = table;
  }

  get head(): number {
    return this.#head;
  }

  get tail(): number {
    return this.#tail;
  }

  get length(): number {
    return this.#length;
  }

  append(request: number): void {
    this.insertAfter(this.#tail, request);
  }

  /** Inserts behind `before`, or at the head when that is -1. */
  insertAfter(before: number, request: number): void {
    const { next, previous } = this.#table;
    const after = before < 0 ? this.#head : next[before]!;
    previous[request] = before;
    next[request] = after;
    if (before < 0) this.#head = request;
    else next[before] = request;
    if (after < 0) this.#tail = request;
    else previous[after] = request;
    this.#length++;
  }

  remove(request: number): void {
    const { next, previous } = this.#table;
    const before = previous[request]!;
    const after = next[request]!;
    if (before < 0) this.#head = after;
    else next[before] = after;
    if (after < 0) this.#tail = before;
    else previous[after] = before;
    this.#length--;
  }

  clear(): void {
    this.#head = this.#tail = -1;
    this.#length = 0;
  }
}
