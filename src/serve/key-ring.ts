import type { KeyRecord } from "./accounts.ts";

/** Digits of a digest under which keys are looked up; the rest is compared in constant time. */
const indexDigits = 8;

/** Finds the record of a presented key without keeping any key. */
export class KeyRing {
  readonly #byIndex = new Map<string, KeyRecord[]>();
  readonly #digests: (secret: string) => readonly string[];

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
