import type { FairShare } from "./fair-share.ts";
import { priorities } from "./priority.ts";

/** A request that waits for room at an engine. */
export interface Applicant {
  /** Those of one lane wait for the same engines. */
  readonly lane: number;
  /** Position in `priorities`: 0 is most urgent. */
  readonly band: number;
  readonly account: string;
  readonly weight: number;
  /** When the first token is due (monotonic clock). */
  readonly deadlineMs: number;
  /** When it is no longer worth waiting; not before `deadlineMs`. */
  readonly giveUpMs: number;
  /** The deadline has passed: it comes after those of its priority who can still be in time. Kept by the line. */
  late: boolean;
  /** What is held in memory for it. */
  readonly bytes: number;
}

/**
 * The order in which one lane is served: by priority; then who can still be in time before who is late already; among
 * those by fair share, the account that has had least; within an account by deadline, the earliest first.
 */
export class WaitingLine<Entry extends Applicant> {
  readonly #share: FairShare;
  /** Entries by band and account, earliest deadline first. */
  readonly #bands: Map<string, Entry[]>[] = priorities.flatMap(() => [new Map<string, Entry[]>(), new Map()]);
  /** What `last` said of each priority, as long as nobody has come or gone and no share of accounts decides it. */
  readonly #last: (Entry | undefined)[] = priorities.map(() => undefined);
  /** Before this nobody's deadline passes and nobody has waited in vain. */
  #nextMs = Number.POSITIVE_INFINITY;
  size = 0;

  constructor(share: FairShare) {
    this.#share = share;
  }

  add(entry: Entry): void {
    const band = this.#bandOf(entry);
    let entries = band.get(entry.account);
    if (!entries) band.set(entry.account, (entries = []));
    let at = entries.length;
    while (at > 0 && entries[at - 1]!.deadlineMs > entry.deadlineMs) at--;
    entries.splice(at, 0, entry);
    this.size++;
    this.#nextMs = Math.min(this.#nextMs, entry.late ? entry.giveUpMs : entry.deadlineMs);
    this.#last[entry.band] = undefined;
    this.#share.joined(entry.account);
  }

  remove(entry: Entry): boolean {
    const band = this.#bandOf(entry);
    const entries = band.get(entry.account);
    const at = entries?.indexOf(entry) ?? -1;
    if (at < 0) return false;
    entries!.splice(at, 1);
    if (entries!.length === 0) band.delete(entry.account);
    this.size--;
    this.#last[entry.band] = undefined;
    this.#share.left(entry.account);
    return true;
  }

  /** Who is next, of one priority when it is given; undefined when nobody waits. */
  first(priority?: number): Entry | undefined {
    const from = priority === undefined ? 0 : 2 * priority;
    const to = priority === undefined ? this.#bands.length : from + 2;
    for (let at = from; at < to; at++) {
      const band = this.#bands[at]!;
      let first: Entry | undefined;
      for (const [entry] of band.values()) if (!first || this.#before(entry!, first)) first = entry;
      if (first) return first;
    }
    return undefined;
  }

  /** Whom of a priority to send away when not all can wait: who is late, of the account that has had most, due last. */
  last(priority: number): Entry | undefined {
    // Under overload every line is asked whenever one is sent away, and most have not changed since.
    if (this.#last[priority]) return this.#last[priority];
    for (const band of [this.#bands[2 * priority + 1]!, this.#bands[2 * priority]!]) {
      let last: Entry | undefined;
      for (const entries of band.values()) {
        const candidate = entries.at(-1)!;
        if (!last || this.#before(last, candidate)) last = candidate;
      }
      if (last && band.size === 1) this.#last[priority] = last;
      if (last) return last;
    }
    return undefined;
  }

  /** Puts those whose deadline has passed behind the others; returns those who have waited in vain. */
  age(nowMs: number): readonly Entry[] {
    if (nowMs < this.#nextMs) return nobody;
    let nextMs = Number.POSITIVE_INFINITY;
    const over: Entry[] = [];
    const late: Entry[] = [];
    for (const band of this.#bands) {
      for (const entries of band.values()) {
        for (const entry of entries) {
          if (entry.giveUpMs <= nowMs) over.push(entry);
          else if (entry.deadlineMs > nowMs) {
            nextMs = Math.min(nextMs, entry.deadlineMs);
            break;
          } else if (entry.late) nextMs = Math.min(nextMs, entry.giveUpMs);
          else late.push(entry);
        }
      }
    }
    this.#nextMs = nextMs;
    for (const entry of late) {
      this.remove(entry);
      entry.late = true;
      this.add(entry);
    }
    return over;
  }

  #bandOf(entry: Entry): Map<string, Entry[]> {
    return this.#bands[2 * entry.band + (entry.late ? 1 : 0)]!;
  }

  #before(one: Entry, other: Entry): boolean {
    if (one.account === other.account) return one.deadlineMs < other.deadlineMs;
    const difference = this.#share.tokensOf(one.account) - this.#share.tokensOf(other.account);
    return difference !== 0 ? difference < 0 : one.deadlineMs < other.deadlineMs;
  }
}

const nobody: readonly never[] = [];
