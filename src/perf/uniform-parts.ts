/**
 * A quantity that is uniform within each of some parts, and how likely it stays within a bound together with a uniform wait.
 *
 * With density d_k between the edges x_k and x_(k+1), and A(y) the integral of the wait's distribution up to y,
 * P(X + W ≤ t) = Σ (d_k − d_(k−1)) A(t − x_k). A is 0, then a parabola, then a line, so sums of the weights, of the weights
 * times edges and times their squares answer for any t without looking at each part. Edges count from the first, so that
 * what is summed is of the size of the spread, however far from 0 all lies.
 */
export class UniformParts {
  /** What `look` found. */
  share = 0;
  perMs = 0;
  readonly leastMs: number;
  readonly #spanMs: number;
  readonly #meanMs: number;
  readonly #edges: number[] = [];
  /** Sums over the edges before each: of the weights, times the edge, times its square. */
  readonly #weight = [0];
  readonly #first = [0];
  readonly #second = [0];

  /** @param edges rising, one more than parts, ms. @param parts probability of each, 1 in all. */
  constructor(edges: Float64Array, parts: Float64Array) {
    const last = edges.length - 1;
    const least = edges[0]!;
    const span = edges[last]! - least;
    this.leastMs = least;
    this.#spanMs = span;
    let mean = 0;
    let [at, inside, before] = [0, 0, 0];
    for (let i = 0; i < last; i++) {
      const end = edges[i + 1]! - least;
      mean += parts[i]! * ((edges[i]! + edges[i + 1]!) / 2 - least);
      inside += parts[i]!;
      // What is hardly apart is one part: a density without bound would leave nothing of the sums' digits.
      if (i + 1 < last && end - at <= closest * span) continue;
      if (!(span > 0)) continue;
      const density = inside / (end - at);
      this.#add(at, density - before);
      [at, inside, before] = [end, 0, density];
    }
    if (span > 0) this.#add(at, -before);
    this.#meanMs = mean;
  }

  #add(edge: number, weight: number): void {
    const n = this.#edges.length;
    this.#edges.push(edge);
    this.#weight.push(this.#weight[n]! + weight);
    this.#first.push(this.#first[n]! + weight * edge);
    this.#second.push(this.#second[n]! + weight * edge * edge);
  }

  /**
   * Probability that it and a wait that is uniform up to `waitMs` come to at most `ms`, and its slope there: into `share` and
   * `perMs`, as thousands are asked for at a time.
   */
  look(ms: number, waitMs: number): void {
    const y = ms - this.leastMs;
    const spanMs = this.#spanMs;
    if (y <= 0 || y >= spanMs + waitMs) {
      this.share = y <= 0 ? 0 : 1;
      this.perMs = 0;
      return;
    }
    if (spanMs <= asOne * waitMs) {
      this.share = Math.min(1, Math.max(0, (y - this.#meanMs) / waitMs));
      this.perMs = 1 / waitMs;
      return;
    }
    const edges = this.#edges;
    const settled = y - waitMs;
    let n = edges.length;
    while (edges[n - 1]! >= y) n--;
    let past = n;
    while (past > 0 && edges[past - 1]! > settled) past--;
    const w = this.#weight[past]!;
    const u = this.#first[past]!;
    this.share = w * (y - waitMs / 2) - u;
    this.perMs = w;
    if (past === n) return;
    const steep = this.#weight[n]! - w;
    const first = this.#first[n]! - u;
    this.share += (steep * y * y - 2 * first * y + this.#second[n]! - this.#second[past]!) / (2 * waitMs);
    this.perMs += (steep * y - first) / waitMs;
  }
}

/** Share of the whole spread below which edges are not told apart. */
const closest = 1e-6;
/** A spread below this share of the wait is no spread: its mean stands for it. */
const asOne = 1e-4;
