/** Weight of the newest observation in the running figures. */
const memory = 0.05;
/** Mean deviations added: most first tokens come within. */
const deviations = 2;

/** Where the running figures of a workload stand: means of time and queue, how they vary together, mean error of the line. */
const tookMean = 0;
const queueMean = 1;
const queueVariance = 2;
const covariance = 3;
const deviation = 4;
const figures = 5;

/**
 * How long engines take for a first token once they have a request, by workload, as seen lately: a straight line over the
 * queue that the engine was known to have. What is expected is its value where nobody queues, as whoever waits will be sent
 * to another queue than those before. (Were the queues part of it, then under overload, where they take what the budget
 * leaves, everybody would be late as soon as he waited.) The line is learnt because queues are known by estimates only, some
 * of which are too long.
 */
export class FirstTokens {
  /** NaN where nothing was seen. */
  readonly #seen: Float64Array;

  constructor(workloads: number) {
    this.#seen = new Float64Array(workloads * figures).fill(Number.NaN);
  }

  /** A first token came so long after its request was sent to an engine with that queue, ms. */
  observe(workload: number, tookMs: number, queueMs: number): void {
    const seen = this.#seen;
    const at = workload * figures;
    if (Number.isNaN(seen[at]!)) {
      seen.fill(0, at, at + figures);
      seen[at + tookMean] = tookMs;
      seen[at + queueMean] = queueMs;
      return;
    }
    const error = Math.abs(tookMs - this.#behind(at, queueMs));
    const took = tookMs - seen[at + tookMean]!;
    const queue = queueMs - seen[at + queueMean]!;
    seen[at + tookMean] = seen[at + tookMean]! + memory * took;
    seen[at + queueMean] = seen[at + queueMean]! + memory * queue;
    seen[at + queueVariance] = (1 - memory) * (seen[at + queueVariance]! + memory * queue * queue);
    seen[at + covariance] = (1 - memory) * (seen[at + covariance]! + memory * queue * took);
    seen[at + deviation] = seen[at + deviation]! + memory * (error - seen[at + deviation]!);
  }

  /** What most first tokens need where nobody queues, ms; 0 while none was seen. */
  expectedMs(workload: number): number {
    const at = workload * figures;
    if (Number.isNaN(this.#seen[at]!)) return 0;
    return this.#behind(at, 0) + deviations * this.#seen[at + deviation]!;
  }

  /** The line: a first token behind a queue, ms. A queue makes nobody quicker, and costs no more than its length. */
  #behind(at: number, queueMs: number): number {
    const seen = this.#seen;
    const variance = seen[at + queueVariance]!;
    const slope = variance > 0 ? Math.min(1, Math.max(0, seen[at + covariance]! / variance)) : 1;
    return Math.max(0, seen[at + tookMean]! + slope * (queueMs - seen[at + queueMean]!));
  }
}
