/** Where a prompt's beginning was last computed, and how much of it is known to be the same. */
export interface Warm {
  readonly group: number;
  readonly tokens: number;
}

/** Beginnings that are told apart, characters, all of them even: each covers the one before, so the longest that matches says how much is shared. */
const markedCharacters = [256, 1_024, 4_096];
/** Latest beginnings that are remembered; twice as many are at most. About 100 bytes each. */
const remembered = 25_000;
/** Characters per token, for estimates only. Source: OpenAI's rule of thumb for English, seen 2025-11. */
const charactersPerToken = 4;

/**
 * Remembers at which engines the beginnings of prompts were computed, so that a conversation goes on where its cache is.
 * Holds marks, never text; what belongs to one tenant and workload cannot be found by another.
 */
export class PrefixIndex {
  /** By mark, those learned last and those before them: leaving one map after the other forgets the oldest without looking for them. */
  #groups = new Map<number, number>();
  #earlier = new Map<number, number>();
  /** What was learned last. */
  #latest = Number.NaN;
  #latestGroup = -1;

  /** Marks of the beginnings of `text` from `start` to `end`, shortest first; `owner` keeps tenants apart. */
  marks(owner: string, text: string, start: number, end: number): number[] {
    const marks: number[] = [];
    // Plain 32-bit numbers in one loop: kept anywhere else, they would become objects with every character.
    let one = 0x811c9dc5 | 0;
    let other = 0x9e3779b9 | 0;
    for (let at = 0; at < owner.length; at++) {
      const code = owner.charCodeAt(at);
      one = Math.imul(one ^ code, 0x01000193);
      other = Math.imul(other ^ code, 0x85ebca6b) ^ (other >>> 13);
    }
    let at = start;
    for (const length of markedCharacters) {
      const stop = start + length;
      if (stop > end) break;
      // Two characters at a time, as each step has to wait for the one before it.
      for (; at < stop; at += 2) {
        const code = text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16);
        one = Math.imul(one ^ code, 0x01000193) ^ (one >>> 15);
        other = Math.imul(other ^ code, 0x85ebca6b) ^ (other >>> 13);
      }
      // 53 bits: an index of this size then meets a foreign mark about once in 10^11 looks.
      // Products only carry upwards, so the upper bits are those that every character had a part in.
      marks.push((other >>> 0) * 0x200000 + (one >>> 11));
    }
    return marks;
  }

  /** The engine group that knows the longest of these beginnings; null when none does. */
  find(marks: readonly number[]): Warm | null {
    for (let level = marks.length - 1; level >= 0; level--) {
      const group = this.#groups.get(marks[level]!) ?? this.#earlier.get(marks[level]!);
      if (group !== undefined) return { group, tokens: markedCharacters[level]! / charactersPerToken };
    }
    return null;
  }

  learn(marks: readonly number[], group: number): void {
    // Prompts in a row often begin alike, and then nothing is new. The longest beginning covers the others.
    const longest = marks.at(-1) ?? Number.NaN;
    if (longest === this.#latest && group === this.#latestGroup) return;
    this.#latest = longest;
    this.#latestGroup = group;
    for (const mark of marks) this.#groups.set(mark, group);
    if (this.#groups.size < remembered) return;
    this.#earlier = this.#groups;
    this.#groups = new Map();
  }
}
