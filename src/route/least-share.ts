import { priorities } from "./priority.ts";

/**
 * Part of the tokens served to more urgent requests that a priority with requests waiting is owed besides, so that none
 * is kept out for ever: under lasting overload each lesser priority gets three tokens for a hundred of those above it.
 */
export const leastShareRatio = 0.03;

/**
 * What priorities are owed for having been passed over. Only waiting earns: a priority that nobody waits in is owed
 * nothing, and one that is owed a request which finds no room earns no more until it is served, so that nothing is saved
 * up for later.
 */
export class LeastShare {
  readonly #owed: number[] = priorities.map(() => 0);
  /** Most that a priority may be owed: what it was owed when a request it is owed found no room. */
  readonly #most: number[] = priorities.map(() => Number.POSITIVE_INFINITY);
  readonly #waiting: number[] = priorities.map(() => 0);

  joined(band: number): void {
    this.#waiting[band]!++;
  }

  left(band: number): void {
    if (--this.#waiting[band]! === 0) this.#owed[band] = 0;
    this.#most[band] = Number.POSITIVE_INFINITY;
  }

  /** Requests that wait in a priority. */
  waiting(band: number): number {
    return this.#waiting[band]!;
  }

  /** Whether anybody more urgent than that priority waits. */
  isAnyMoreUrgent(band: number): boolean {
    for (let more = 0; more < band; more++) if (this.#waiting[more]! > 0) return true;
    return false;
  }

  /** A request began; those who are less urgent and wait are owed a part of it. */
  began(band: number, tokens: number): void {
    this.#owed[band] = Math.max(0, this.#owed[band]! - tokens);
    for (let lesser = band + 1; lesser < priorities.length; lesser++) {
      if (this.#waiting[lesser]! === 0) continue;
      this.#owed[lesser] = Math.min(this.#most[lesser]!, this.#owed[lesser]! + leastShareRatio * tokens);
    }
  }

  /** Priorities that are owed anything, the least urgent first: they were passed over by most. */
  owed(): number[] {
    const bands: number[] = [];
    for (let band = priorities.length - 1; band > 0; band--) if (this.#owed[band]! > 0) bands.push(band);
    return bands;
  }

  /** Whether a priority is owed a request of so many tokens. */
  covers(band: number, tokens: number): boolean {
    return this.#owed[band]! >= tokens;
  }

  /** No engine has room for a request it is owed: it stays owed what it is, and earns nothing until one of it leaves. */
  cannotHave(band: number): void {
    this.#most[band] = this.#owed[band]!;
  }
}
