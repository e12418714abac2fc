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
  /** The same by all of the header field. Whoever keeps a connection sends one and the same text, whose hash is known by then. */
  readonly #presented = new Map<string, KeyRecord>();
  readonly #mostPresented: number;

  constructor(keys: readonly KeyRecord[], digests: (secret: string) => readonly string[]) {
    this.#digests = digests;
    this.#mostPresented = 2 * keys.length;
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

  /** The record of the key in an `Authorization` header; null when there is none. */
  presented(authorization: string): KeyRecord | null {
    const known = this.#presented.get(authorization);
    if (known !== undefined) return known;
    const secret = bearerOf(authorization);
    const found = secret === undefined ? null : this.find(secret);
    // One key can be written in many ways.
    if (found === null || this.#presented.size >= this.#mostPresented) return found;
    this.#presented.set(ownText(authorization), found);
    return found;
  }

  find(secret: string): KeyRecord | null {
    const known = this.#known.get(secret);
    if (known !== undefined) return known;
    const found = this.#look(secret);
    if (found !== null) this.#known.set(ownText(secret), found);
    return found;
  }

  #look(secret: string): KeyRecord | null {
    for (const digest of this.#digests(secret)) {
      for (const key of this.#byIndex.get(digest.slice(0, indexDigits)) ?? []) if (same(key.digest, digest)) return key;
    }
    return null;
  }
}

/** What is presented is a piece of a request's head, all of which would stay in memory with it. */
function ownText(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}

/** Compares in a time that depends on the length alone, so that nothing can be learnt from how long a wrong key takes. */
function same(one: string, other: string): boolean {
  if (one.length !== other.length) return false;
  let difference = 0;
  for (let index = 0; index < one.length; index++) difference |= one.charCodeAt(index) ^ other.charCodeAt(index);
  return difference === 0;
}

/** The key in a header field as clients send it; undefined when there is none. */
function bearerOf(authorization: string): string | undefined {
  // As nearly all of them write it; others are looked at more closely, at a multiple of the cost.
  const { length } = "Bearer ";
  if (authorization.startsWith("Bearer ") && authorization.lastIndexOf(" ") === length - 1)
    return authorization.slice(length) || undefined;
  return /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
}
