import * as laneTerms from "./lane-terms.ts";
import { termsAt, type Choices } from "./lane-terms.ts";

// Of this module, so that they are constants to the compiler: what is imported is fetched and checked at every use.
const { laneTerm, termCount } = laneTerms;

/** A candidate is what a lane says of it, and then its position in the workload's offers. */
const offerAt = termCount;
const candidateSize = termCount + 1;

/**
 * The cheapest candidates of a lane, so many of every tier. Tens of thousands of lanes are compiled in a row and each looks
 * at some dozens of candidates, so they are records of numbers in arrays that serve all lanes, kept in order as they come:
 * what the worst one costs then soon leaves most sites out of the running.
 */
export class Shortlist {
  /** Breaks ties of cost: whether one offer comes before another. */
  readonly #isBefore: (offer: number, other: number) => boolean;
  /** The candidate to be offered next, to be filled in by position as `laneTerm` says. */
  readonly candidate = new Float64Array(candidateSize);
  #figures = new Float64Array(64 * candidateSize);
  /** Slots, the cheapest of a tier first; tiers one after the other until they are merged. */
  #order = new Int32Array(64);
  #count = 0;
  /** Where the current tier begins. */
  #first = 0;
  #capacity = 0;
  /** Whether every candidate offered since `clear` is still there. */
  isWhole = true;

  constructor(isBefore: (offer: number, other: number) => boolean) {
    this.#isBefore = isBefore;
  }

  clear(): void {
    this.#count = 0;
    this.#first = 0;
    this.isWhole = true;
  }

  /** From now on candidates are of another tier, of which so many are kept. */
  beginTier(capacity: number): void {
    this.#first = this.#count;
    this.#capacity = capacity;
  }

  /** What the worst of the tier costs once it is full; a candidate that costs more has no chance. */
  get worstUsd(): number {
    return this.#isFull
      ? this.#figures[this.#order[this.#count - 1]! * candidateSize + laneTerm.boundUsd]!
      : Number.POSITIVE_INFINITY;
  }

  /** Offers the candidate that has been filled in, and says whether it is kept, for now. */
  offer(offer: number): boolean {
    const { candidate } = this;
    candidate[offerAt] = offer;
    let slot = this.#count;
    if (this.#isFull) {
      this.isWhole = false;
      slot = this.#order[this.#count - 1]!;
      if (!this.#isCheaper(candidate, 0, slot)) return false;
      this.#count--;
    } else if (slot === this.#order.length) this.#grow();
    const at = slot * candidateSize;
    for (let term = 0; term < candidateSize; term++) this.#figures[at + term] = candidate[term]!;
    this.#insert(slot, this.#first, this.#count++);
    return true;
  }

  /** Puts the tiers into one order. */
  merge(): void {
    // Each is in order already, so what comes after the first tier is put in its place one by one.
    for (let place = 1; place < this.#count; place++) this.#insert(this.#order[place]!, 0, place);
  }

  get count(): number {
    return this.#count;
  }

  /** Writes the terms of all candidates, in their order, where those of a lane stand. */
  copyTo(lane: Omit<Choices, "stakes">): void {
    const { terms } = lane;
    for (let place = 0; place < this.#count; place++) {
      const from = this.#order[place]! * candidateSize;
      const to = termsAt(lane, place);
      for (let term = 0; term < termCount; term++) terms[to + term] = this.#figures[from + term]!;
    }
  }

  get #isFull(): boolean {
    return this.#count - this.#first >= this.#capacity;
  }

  /** Puts a slot where it belongs between two places of the order, of which the second is free. */
  #insert(slot: number, from: number, to: number): void {
    const order = this.#order;
    let low = from;
    let high = to;
    // Most come in order.
    if (high > low && !this.#isCheaper(this.#figures, slot * candidateSize, order[high - 1]!)) low = high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#isCheaper(this.#figures, slot * candidateSize, order[middle]!)) high = middle;
      else low = middle + 1;
    }
    // Mostly a few, for which a loop is quicker than a call.
    for (let place = to; place > low; place--) order[place] = order[place - 1]!;
    order[low] = slot;
  }

  /** Whether what begins at `at` in `figures` comes before the candidate in a slot. */
  #isCheaper(figures: Float64Array, at: number, slot: number): boolean {
    const other = slot * candidateSize;
    const usd = figures[at + laneTerm.boundUsd]!;
    const otherUsd = this.#figures[other + laneTerm.boundUsd]!;
    if (usd !== otherUsd) return usd < otherUsd;
    return this.#isBefore(figures[at + offerAt]!, this.#figures[other + offerAt]!);
  }

  #grow(): void {
    const figures = new Float64Array(2 * this.#figures.length);
    figures.set(this.#figures);
    this.#figures = figures;
    const order = new Int32Array(2 * this.#order.length);
    order.set(this.#order);
    this.#order = order;
  }
}
