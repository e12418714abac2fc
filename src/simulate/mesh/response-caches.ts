import type { World } from "../../catalog/index.ts";
import { HashedLots } from "../chance/hashed-lots.ts";

/** Answers kept near the users: the same question asked again is answered without an engine. */
export interface ResponseCaching {
  /** Different questions that are asked, and how unequal they are: the k-th is asked in proportion to `1 / k^zipf`. */
  readonly distinct: number;
  readonly zipf: number;
  /** Answers each site keeps, the least recently used first out. */
  readonly entries: number;
  /** Time to find an answer and begin to send it, ms. */
  readonly hitMs: number;
  /** Ids of the workloads whose answers may be kept; all when left out. */
  readonly workloads?: readonly string[];
}

/**
 * The answers kept at the sites. An answer is kept only at a site that may process the question, so the law holds for
 * caches as for engines.
 */
export class ResponseCaches {
  readonly hitMs: number;
  readonly #lots: HashedLots;
  readonly #upTo: Float64Array;
  readonly #cached: readonly boolean[];
  readonly #entries: number;
  readonly #kept: (Map<number, true> | undefined)[] = [];

  constructor(world: World, options: ResponseCaching, seed: number) {
    this.hitMs = options.hitMs;
    this.#lots = new HashedLots(seed, "questions");
    this.#entries = options.entries;
    this.#cached = world.workloads.map(({ id }) => options.workloads?.includes(id) ?? true);
    this.#upTo = new Float64Array(options.distinct);
    let sum = 0;
    for (let k = 0; k < options.distinct; k++) this.#upTo[k] = sum += (k + 1) ** -options.zipf;
    for (let k = 0; k < options.distinct; k++) this.#upTo[k] = this.#upTo[k]! / sum;
  }

  /** The question of a request, the same whenever it is asked for; -1 when answers of its workload are not kept. */
  questionOf(serial: number, workload: number): number {
    if (!this.#cached[workload]) return -1;
    const uniform = this.#lots.uniform(serial, 0);
    let low = 0;
    let high = this.#upTo.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#upTo[middle]! > uniform) high = middle;
      else low = middle + 1;
    }
    return low * this.#cached.length + workload;
  }

  /** Whether the site has the answer; then it counts as just used. */
  has(site: number, question: number): boolean {
    const kept = this.#kept[site];
    if (!kept?.delete(question)) return false;
    kept.set(question, true);
    return true;
  }

  keep(site: number, question: number): void {
    const kept = (this.#kept[site] ??= new Map());
    kept.delete(question);
    kept.set(question, true);
    if (kept.size > this.#entries) kept.delete(kept.keys().next().value!);
  }

  /** The site has crashed. */
  clear(site: number): void {
    this.#kept[site]?.clear();
  }
}
