import { mergeMetrics, type CollectedFamily } from "../../adapters/telemetry-prometheus/index.ts";

/**
 * What workers last told of their metrics. What counts upwards must not fall because a worker is busy or was started again:
 * whoever reads rates from it would take the fall for a new beginning and count everything twice.
 */
export class WorkerReadings {
  readonly #latest = new Map<number, readonly CollectedFamily[]>();
  /** Counts of workers that have ended, added up. */
  #past: readonly CollectedFamily[] = [];

  told(worker: number, families: readonly CollectedFamily[]): void {
    this.#latest.set(worker, families);
  }

  /** It counts from zero when it is started again. */
  ended(worker: number): void {
    const last = this.#latest.get(worker);
    if (last === undefined) return;
    this.#latest.delete(worker);
    const entries = [this.#past, last].map((families) => ({ name: "", families: counting(families) }));
    this.#past = mergeMetrics(entries);
  }

  /** Of all workers together: `silent` ones, which did not answer this time, with their counts of last time. */
  merged(silent: ReadonlySet<number>): CollectedFamily[] {
    const latest = [...this.#latest].map(([worker, families]) => ({
      name: String(worker),
      families: silent.has(worker) ? counting(families) : families,
    }));
    return mergeMetrics([{ name: "", families: this.#past }, ...latest]);
  }
}

/** A gauge tells what is now, so it ends with its process. */
function counting(families: readonly CollectedFamily[]): CollectedFamily[] {
  return families.filter(({ type }) => type !== "gauge");
}
