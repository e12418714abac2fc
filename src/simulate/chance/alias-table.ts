/**
 * Draws an index with a probability in proportion to its weight in constant time (Walker's alias method in Vose's form,
 * IEEE TSE 1991). Building takes time and memory linear in the number of weights.
 */
export class AliasTable {
  readonly totalWeight: number;
  readonly #length: number;
  /** Threshold and alias of each slot, side by side: a draw from a large table costs one line of memory. */
  readonly #slots: Float64Array;

  /** Weights must be finite, not negative, and not all zero. */
  constructor(weights: ArrayLike<number>) {
    const n = weights.length;
    let total = 0;
    for (let i = 0; i < n; i++) {
      const weight = weights[i]!;
      if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY)) throw new RangeError(`weight ${i} is ${weight}`);
      total += weight;
    }
    if (!(total > 0)) throw new RangeError("at least one weight must be above zero");
    this.totalWeight = total;
    this.#length = n;
    const slots = new Float64Array(2 * n);
    for (let i = 0; i < n; i++) {
      slots[2 * i] = 1;
      slots[2 * i + 1] = i;
    }
    this.#slots = slots;
    const scaled = Float64Array.from({ length: n }, (_, i) => (weights[i]! * n) / total);
    const small: number[] = [];
    const large: number[] = [];
    for (let i = 0; i < n; i++) (scaled[i]! < 1 ? small : large).push(i);
    while (small.length > 0 && large.length > 0) {
      const poor = small.pop()!;
      const rich = large.pop()!;
      slots[2 * poor] = scaled[poor]!;
      slots[2 * poor + 1] = rich;
      scaled[rich] = scaled[rich]! + scaled[poor]! - 1;
      (scaled[rich]! < 1 ? small : large).push(rich);
    }
    // What rounding left in `small` owns its whole slot, unless its weight is zero: then it must never be drawn.
    const heaviest = this.#heaviest(weights);
    for (const i of small) {
      if (weights[i] === 0) {
        slots[2 * i] = 0;
        slots[2 * i + 1] = heaviest;
      }
    }
  }

  /** Index for a uniform number in [0, 1); one number serves for the slot and for the coin. */
  pick(uniform: number): number {
    const scaled = uniform * this.#length;
    const slot = Math.floor(scaled);
    return scaled - slot < this.#slots[2 * slot]! ? slot : this.#slots[2 * slot + 1]!;
  }

  #heaviest(weights: ArrayLike<number>): number {
    let best = 0;
    for (let i = 1; i < weights.length; i++) if (weights[i]! > weights[best]!) best = i;
    return best;
  }
}
