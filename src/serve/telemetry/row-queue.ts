import type { LedgerRow } from "../ledger/ledger.ts";
import type { Clock, Store, Telemetry } from "../wire/ports.ts";
import { RowGroup } from "../ledger/row-group.ts";
import { metrics } from "./metrics.ts";

/**
 * How long rows are collected before they go to the store together, ms: what a commit costs besides its rows, some
 * milliseconds of a processor's time, is then paid twenty times a second and not more.
 */
const groupMs = 50;
/** Pause after the store refused rows, ms. */
const retryMs = 500;
/** Rows handed over at once: what one hand-over costs this thread, a few milliseconds, stays the same however many wait. */
const groupRows = 1_000;

/**
 * Ledger rows on their way to the store, one group at a time and in order. A group the store refuses is handed over again
 * after a while, it alone, and the others behind it wait: so a store that is away costs no more with every row that waits
 * for it. How many may wait is for those to say who make them, see `size`.
 */
export class RowQueue {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #refused: { add(amount: number): void };
  /** Groups that wait, oldest first; the last one still grows. */
  #groups: RowGroup[] = [];
  /** One that is in the store, for the next rows. */
  #spare: RowGroup | null = null;
  #size = 0;
  /** Rows that have come so far, and who waits for as many to be safe, first come first. */
  #added = 0;
  #waiting: { readonly rows: number; readonly done: () => void }[] = [];
  #scheduled = false;
  #over = false;
  #saving: Promise<void> | null = null;

  constructor(store: Store, clock: Clock, telemetry: Telemetry) {
    this.#store = store;
    this.#clock = clock;
    this.#refused = telemetry.counter(metrics.ledgerFailures, {});
  }

  /** Rows that are not yet safe in the store. */
  get size(): number {
    return this.#size;
  }

  add(row: LedgerRow): void {
    let last = this.#groups.at(-1);
    if (last === undefined || last.length === groupRows) {
      last = this.#spare ?? new RowGroup();
      this.#spare = null;
      this.#groups.push(last);
    }
    last.add(row);
    this.#size++;
    this.#added++;
    if (this.#saving === null) this.#saveAfter(groupMs);
  }

  /** Resolves once every row that has come until now is safe in the store. */
  saved(): Promise<void> {
    if (this.#size === 0) return Promise.resolve();
    return new Promise((done) => this.#waiting.push({ rows: this.#added, done }));
  }

  /** Hands over what is left, for at most `patienceMs` if the store refuses it; what it has not taken by then is the `rest`. */
  async settled(patienceMs = 0): Promise<void> {
    // Whoever hands rows over for the last time must not be woken to try again for ever.
    this.#over = true;
    const untilMs = this.#clock.monotonicMs() + patienceMs;
    await this.#saving;
    for (let group = this.#groups[0]; group !== undefined; group = this.#groups[0]) {
      if (await this.#handOver(group)) this.#groups.shift();
      else if (this.#clock.monotonicMs() + retryMs > untilMs) return;
      else await new Promise<void>((resolve) => this.#clock.schedule(retryMs, resolve));
    }
  }

  /** Rows that were not saved to the end. */
  *rest(): Generator<LedgerRow> {
    for (const group of this.#groups) yield* group;
  }

  #saveAfter(delayMs: number): void {
    if (this.#scheduled || this.#over) return;
    this.#scheduled = true;
    this.#clock.schedule(delayMs, () => {
      this.#scheduled = false;
      if (this.#over) return;
      this.#saving = this.#save().then((delay) => {
        this.#saving = null;
        if (this.#groups.length > 0) this.#saveAfter(delay);
      });
    });
  }

  /** Hands over what waits now, and what has become a whole group meanwhile; returns how long to wait before the next. */
  async #save(): Promise<number> {
    do {
      const group = this.#groups.shift();
      if (group === undefined) break;
      if (await this.#handOver(group)) continue;
      this.#groups.unshift(group);
      return retryMs;
    } while (this.#groups.length > 1 && !this.#over);
    return groupMs;
  }

  /** A store takes an attempt once however often it is handed over, so after a failure the rows simply go again. */
  async #handOver(group: RowGroup): Promise<boolean> {
    try {
      await this.#store.append(group);
      this.#size -= group.length;
      group.clear();
      this.#spare = group;
      const safe = this.#added - this.#size;
      while (this.#waiting.length > 0 && this.#waiting[0]!.rows <= safe) this.#waiting.shift()!.done();
      return true;
    } catch {
      this.#refused.add(1);
      return false;
    }
  }
}
