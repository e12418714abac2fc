/**
 * Uniform numbers that belong to a key and not to an order: asked again with the same key, the same number comes. For
 * lots that several passes over the same requests have to agree on.
 */
export class HashedLots {
  readonly #seed: number;

  constructor(seed: number, name: string) {
    let hash = 0x811c9dc5;
    const text = `${seed}/${name}`;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    this.#seed = hash;
  }

  /** Uniform in [0, 1), for whole numbers of at least 0. */
  uniform(key: number, purpose: number): number {
    const low = key >>> 0;
    const high = Math.floor(key / 4294967296);
    const first = mixed(this.#seed ^ Math.imul(low, 0x9e3779b1));
    const second = mixed(first ^ Math.imul(high, 0x85ebca6b) ^ Math.imul(purpose + 1, 0xc2b2ae35));
    return mixed(second ^ low) / 4294967296;
  }
}

/** Finaliser of MurmurHash3: every input bit moves every output bit. */
export function mixed(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
