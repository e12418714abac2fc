import type { KeyRecord } from "./account.ts";

/** Digits of a digest under which keys are looked up; the rest is compared in constant time. */
const indexDigits = 8;

/**
 * Finds the record of a presented key. No key is stored; those that were presented and found are remembered while this
 * ring is in use, as digesting one costs as much as deciding where its request goes. Unknown ones are not remembered, so
 * that there are never more than there are records.
 */
export class KeyRing {
  readonly #byIndex = new Map<string, KeyRecord[]>();
  readonly #digests: (secret: string) => readonly string[];
  readonly #known = new Map<string, KeyRecord>();

  constructor(keys: readonly KeyRecord[], digests: (secret: string) => readonly string[]) {
    this.#digests = digests;
    for (const key of keys) {
      const index = key.digest.slice(0, indexDigits);
      const same = this.#byIndex.get(index);
      if (same) same.push(key);
      else this.#byIndex.set(index, [key]);
    }
  }

  byId(id: string): KeyRecord | null {
    for (const keys of this.#byIndex.values()) {
      const found = keys.find((key) => key.id === id);
      if (found) return found;
    }
    return null;
  }

  find(secret: string): KeyRecord | null {
    const known = this.#known.get(secret);
    if (known !== undefined) return known;
    const found = this.#look(secret);
    // What is presented is a piece of a request's head, all of which would stay in memory with it.
    if (found !== null) this.#known.set(JSON.parse(JSON.stringify(secret)) as string, found);
    return found;
  }

  #look(secret: string): KeyRecord | null {
    for (const digest of this.#digests(secret)) {
      for (const key of this.#byIndex.get(digest.slice(0, indexDigits)) ?? []) if (same(key.digest, digest)) return key;
    }
    return null;
  }
}

/** Compares in a time that depends on the length alone, so that nothing can be learnt from how long a wrong key takes. */
function same(one: string, other: string): boolean {
  if (one.length !== other.length) return false;
  let difference = 0;
  for (let index = 0; index < one.length; index++) difference |= one.charCodeAt(index) ^ other.charCodeAt(index);
  return difference === 0;
}
