import type { Stakes } from "./stakes.ts";

/**
 * What `choose` weighs of one candidate, by position within its `termCount` numbers. They lie side by side: the lanes of
 * a large mesh do not fit the processor's caches, and a candidate then costs one miss instead of eight.
 */
export const laneTerm = {
  /** Expected cost with an idle engine, below which no load can bring the candidate, USD. */
  boundUsd: 0,
  fixedUsd: 1,
  mu: 2,
  sigma: 3,
  rttMs: 4,
  prefillMs: 5,
  perTokenMs: 6,
  group: 7,
} as const;
export const termCount = 8;
// Not exported, so that they are constants to the compiler.
const doublesEach = termCount;
const groupTerm = laneTerm.group;

/** So many candidates of every lane stand in front, beside those of other lanes; a decision seldom goes beyond them. */
const frontCount = 4;

/** What a choice among the eligible groups of one origin reads: their terms, cheapest first; see `termsAt`. */
export interface Choices {
  readonly stakes: Stakes;
  readonly terms: Float64Array;
  readonly count: number;
  /** Where the first candidates stand, and where the others would begin if these were among them. */
  readonly front: number;
  readonly rest: number;
}

/** Where the terms of a candidate begin in `terms`; `laneTerm` says what is where from there on. */
export function termsAt({ front, rest }: Pick<Choices, "front" | "rest">, index: number): number {
  return (index < frontCount ? front : rest) + index * doublesEach;
}

/** Position of a group in a lane; -1 when it is not there. Those looked for stand in front, where a decision just was. */
export function positionOf(lane: Choices, group: number): number {
  for (let index = 0; index < lane.count; index++) {
    if (lane.terms[termsAt(lane, index) + groupTerm] === group) return index;
  }
  return -1;
}

/**
 * Where the terms of lanes stand side by side. A large mesh has tens of thousands of lanes; an array of its own for each
 * would cost every decision two more lines of memory, and as much memory as a short lane's terms again. The first
 * candidates of all lanes fill an array from its beginning and the others from its end: what decisions read is then a few
 * megabytes side by side and not some lines in each page of many.
 */
export class LaneShelf {
  #terms: Float64Array = new Float64Array(0);
  #front = 0;
  #rest = 0;

  /** Room for the terms of a lane with so many candidates, to be filled in. */
  take(count: number): Omit<Choices, "stakes"> {
    const length = count * termCount;
    if (this.#front + length > this.#rest) {
      // What is left of the full one stays empty; it is a small part of it. The first is small, as most meshes are.
      const size = Math.min(largestShelf, Math.max(2 * this.#terms.length, smallestShelf));
      this.#terms = onLines(Math.max(size, length));
      this.#front = 0;
      this.#rest = this.#terms.length;
    }
    const inFront = Math.min(count, frontCount) * termCount;
    const front = this.#front;
    this.#front += inFront;
    this.#rest -= length - inFront;
    return { terms: this.#terms, count, front, rest: this.#rest - frontCount * termCount };
  }
}

/** Doubles. */
const smallestShelf = 1024;
const largestShelf = 1 << 17;

/** So many doubles, a candidate's in one line of memory: large blocks begin 16 bytes behind a line's border. */
function onLines(length: number): Float64Array {
  return new Float64Array(new ArrayBuffer(length * 8 + 64), 48, length);
}
