/**
 * Seeded random numbers. Every source of chance in a simulation draws from a stream of its own, named after what it
 * decides, so that switching one thing on (a fault, another policy) does not shift the draws of all the others and two
 * runs can be compared request by request.
 *
 * Generator: sfc32 (Doty-Humphrey, PractRand), 128 bits of state, period at least 2^32 per stream.
 */
export class RandomStream {
  #a: number;
  #b: number;
  #c: number;
  #counter: number;
  #spareNormal = Number.NaN;

  constructor(seed: number, name: string) {
    // FNV-1a over the seed's digits and the name, read out at three points, fills the state; twenty rounds then mix it,
    // so neighbouring seeds and similar names give unrelated streams.
    const text = `${seed}/${name}`;
    this.#a = fnv1a(text, 0x811c9dc5);
    this.#b = fnv1a(text, 0x9747b28c);
    this.#c = fnv1a(text, 0x5bd1e995);
    this.#counter = 1;
    for (let round = 0; round < 20; round++) this.uniform();
  }

  /** Uniform in [0, 1), 32 bits. */
  readonly uniform = (): number => {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 4294967296;
  };

  /** Exponential with mean 1. */
  exponential(): number {
    return -Math.log(1 - this.uniform());
  }

  /** Standard normal, Marsaglia's polar method: two per accepted pair, the second kept for the next call. */
  normal(): number {
    const spare = this.#spareNormal;
    if (spare === spare) {
      this.#spareNormal = Number.NaN;
      return spare;
    }
    for (;;) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const square = u * u + v * v;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(square)) / square);
      this.#spareNormal = v * factor;
      return u * factor;
    }
  }

  /** Gamma with the given shape and mean 1 (Marsaglia and Tsang 2000). */
  gamma(shape: number): number {
    if (shape < 1) {
      // The boost for small shapes: Gamma(k) = Gamma(k + 1) · U^(1/k); rescaled to keep the mean at 1.
      const boost = Math.pow(1 - this.uniform(), 1 / shape);
      return (this.gamma(shape + 1) * (shape + 1) * boost) / shape;
    }
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const z = this.normal();
      const root = 1 + c * z;
      if (root <= 0) continue;
      const cube = root * root * root;
      if (Math.log(1 - this.uniform()) < 0.5 * z * z + d - d * cube + d * Math.log(cube)) return (d * cube) / shape;
    }
  }
}

function fnv1a(text: string, basis: number): number {
  let hash = basis | 0;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash ^ (hash >>> 15);
}
