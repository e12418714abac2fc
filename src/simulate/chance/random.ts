/**
 * Seeded random numbers. Every source of chance in a simulation draws from a stream of its own, named after what it
 * decides, so that switching one thing on (a fault, another policy) does not shift the draws of all the others and two
 * runs can be compared request by request.
 *
 * Generator: sfc32 (Doty-Humphrey, PractRand), 128 bits of state, period at least 2^32 per stream.
 */
export class RandomStream {
  /** Numbers drawn ahead: a loop that draws some dozens keeps the state in registers. */
  readonly #ahead = new Uint32Array(aheadCount);
  #at = aheadCount;
  #a: number;
  #b: number;
  #c: number;
  #counter: number;

  constructor(seed: number, name: string) {
    // FNV-1a over the seed's digits and the name, read out at three points, fills the state; twenty rounds then mix it,
    // so neighbouring seeds and similar names give unrelated streams.
    const text = `${seed}/${name}`;
    this.#a = fnv1a(text, 0x811c9dc5);
    this.#b = fnv1a(text, 0x9747b28c);
    this.#c = fnv1a(text, 0x5bd1e995);
    this.#counter = 1;
    for (let round = 0; round < 20; round++) this.#next32();
  }

  /** Uniform in [0, 1), 32 bits. */
  readonly uniform = (): number => this.#next32() / 4294967296;

  #next32(): number {
    if (this.#at === aheadCount) this.#drawAhead();
    return this.#ahead[this.#at++]!;
  }

  #drawAhead(): void {
    const ahead = this.#ahead;
    let a = this.#a;
    let b = this.#b;
    let c = this.#c;
    let counter = this.#counter;
    for (let at = 0; at < aheadCount; at++) {
      const sum = (((a + b) | 0) + counter) | 0;
      counter = (counter + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + sum) | 0;
      ahead[at] = sum;
    }
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#counter = counter;
    this.#at = 0;
  }

  /** Exponential with mean 1, by the ziggurat. */
  exponential(): number {
    for (;;) {
      const bits = this.#next32();
      const layer = bits & 255;
      const x = (bits >>> 8) * exponentialLayers.width[layer]!;
      if (x < exponentialLayers.edge[layer + 1]!) return x;
      // The tail of an exponential is an exponential again.
      if (layer === 0) return exponentialLayers.edge[1]! - Math.log(1 - this.uniform());
      const low = exponentialLayers.density[layer]!;
      if (low + this.uniform() * (exponentialLayers.density[layer + 1]! - low) < Math.exp(-x)) return x;
    }
  }

  /** Standard normal, by the ziggurat. */
  normal(): number {
    for (;;) {
      const bits = this.#next32();
      const layer = bits & 255;
      const magnitude = (bits >>> 9) * normalLayers.width[layer]!;
      const x = (bits & 256) === 0 ? magnitude : -magnitude;
      if (magnitude < normalLayers.edge[layer + 1]!) return x;
      if (layer === 0) return this.#normalTail(x < 0);
      const low = normalLayers.density[layer]!;
      if (low + this.uniform() * (normalLayers.density[layer + 1]! - low) < Math.exp((-x * x) / 2)) return x;
    }
  }

  /** Beyond the outermost layer (Marsaglia 1964). */
  #normalTail(isNegative: boolean): number {
    const start = normalLayers.edge[1]!;
    for (;;) {
      const x = -Math.log(1 - this.uniform()) / start;
      const y = -Math.log(1 - this.uniform());
      if (2 * y > x * x) return isNegative ? -start - x : start + x;
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

const aheadCount = 64;

/**
 * A decreasing density cut into 256 layers of equal area (Marsaglia and Tsang, J. Stat. Software 5(8), 2000): 99 % of
 * the draws need one look at a table. `edge[i]` is where layer i begins to be cut by the curve, `edge[0]` the width
 * layer 0 would have as a rectangle of the same area, `density[i]` the curve there. 24 bits say where in a layer.
 */
interface Layers {
  readonly edge: Float64Array;
  readonly density: Float64Array;
  /** Width of a layer per unit of the bits drawn. */
  readonly width: Float64Array;
}

/** `start` and `area` are the published constants for 256 layers, `bits` how many place a point in its layer. */
function cutLayers(
  start: number,
  area: number,
  bits: number,
  density: (x: number) => number,
  inverse: (y: number) => number,
): Layers {
  const layers = 256;
  const edge = new Float64Array(layers + 1);
  edge[0] = area / density(start);
  edge[1] = start;
  for (let layer = 2; layer < layers; layer++) {
    edge[layer] = inverse(area / edge[layer - 1]! + density(edge[layer - 1]!));
  }
  edge[layers] = 0;
  return {
    edge,
    density: edge.map((x) => density(x)),
    width: edge.map((x) => x / 2 ** bits),
  };
}

const normalLayers = cutLayers(
  3.6541528853610088,
  0.00492867323399,
  23,
  (x) => Math.exp((-x * x) / 2),
  (y) => Math.sqrt(-2 * Math.log(y)),
);

const exponentialLayers = cutLayers(
  7.69711747013105,
  0.003949659822581557,
  24,
  (x) => Math.exp(-x),
  (y) => -Math.log(y),
);

function fnv1a(text: string, basis: number): number {
  let hash = basis | 0;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash ^ (hash >>> 15);
}
