import { FairShare } from "./fair-share.ts";
import { LeastShare, leastShareRatio } from "./least-share.ts";
import { priorities } from "./priority.ts";
import { WaitingLine, type Applicant } from "./waiting-line.ts";

/** The time the line goes by. */
export interface LineClock {
  /** Never goes back; only differences mean something. */
  monotonicMs(): number;
  /** Calls `task` once, not before `delayMs` have passed. */
  schedule(delayMs: number, task: () => void): unknown;
}

/** Tokens that a request is expected to use, for the share of its account. */
export type ExpectedTokens = Pick<Applicant, "account" | "weight"> & {
  readonly inputTokens: number;
  readonly outputTokens: number;
};

/** A request at the door of the engines. */
export interface Candidate extends Applicant, ExpectedTokens {
  /**
   * Begins if there is room for it now; false = it has to wait. Who yields to someone more urgent, who waits, may only go
   * where hardly anybody queues.
   */
  begin(yields: boolean): boolean;
  /** It will not be served; called at most once, never after `begin` has returned true. */
  shed(retryAfterMs: number): void;
}

export interface AdmissionLimits {
  /** Requests that may wait; beyond, the least urgent are sent away. */
  readonly maxQueued: number;
  /** Bytes of bodies that may wait. */
  readonly maxQueuedBytes: number;
}

/** What the line looks like from outside. */
export interface AdmissionEvents {
  /** Someone waits or no longer waits. */
  depth(queued: number): void;
  waited(candidate: Candidate, ms: number): void;
  shed(candidate: Candidate): void;
}

/** How often those who wait are looked at, when nothing else gives a reason to, ms. */
const lookMs = 5;
/** Bounds of the advice to come back, ms. */
const retryAfterMs = { least: 1_000, most: 60_000 } as const;
/** Memory of the rate at which requests begin, ms. */
const rateMemoryMs = 5_000;

/**
 * Lets requests through while engines have room and keeps the others in order. Under overload the least urgent are sent
 * away with advice when to come back, and who can still be in time goes before who is late already: so engines work on
 * answers that are worth something, however many ask. Lesser priorities keep a small part of the engines and of the
 * places to wait, so that none is kept out for ever.
 */
export class Admission {
  readonly #clock: LineClock;
  readonly #limits: AdmissionLimits;
  readonly #events: AdmissionEvents;
  readonly #share = new FairShare();
  readonly #least = new LeastShare();
  readonly #lines = new Map<number, WaitingLine<Candidate>>();
  readonly #sinceMs = new Map<Candidate, number>();
  #bytes = 0;
  #scheduled = false;
  #looking = false;
  /** Requests begun, decaying with `rateMemoryMs`, as of that time. */
  #begun = 0;
  #begunAtMs = 0;

  constructor(clock: LineClock, limits: AdmissionLimits, events: AdmissionEvents) {
    this.#clock = clock;
    this.#limits = limits;
    this.#events = events;
  }

  get queued(): number {
    return this.#sinceMs.size;
  }

  /** Begins the request, lets it wait, or sends it or a less urgent one away. */
  submit(candidate: Candidate): void {
    // Most of the time nobody waits, so nobody is passed over and nobody is owed a turn.
    const alone = this.queued === 0;
    const owed = !alone && this.#least.owed().some((band) => band > candidate.band);
    // Whoever waits already for the same engines goes first, unless the newcomer is more urgent.
    const first = alone ? undefined : this.#lines.get(candidate.lane)?.first();
    // Lines share engines, and a more urgent request may wait for this very room in another one: it is asked first, soon.
    const yields = !alone && this.#least.isAnyMoreUrgent(candidate.band);
    if (!owed && !yields && (!first || candidate.band < first.band) && candidate.begin(false)) {
      this.#begins(candidate, 0);
      return;
    }
    this.#add(candidate);
    // Who is owed a turn comes before the newcomer, who then may begin as well.
    if (owed) this.look();
    while (this.queued > this.#limits.maxQueued || this.#bytes > this.#limits.maxQueuedBytes) {
      this.#sendAway(this.#leastUrgent());
    }
    this.#events.depth(this.queued);
  }

  /** The caller has left. */
  withdraw(candidate: Candidate): void {
    this.#remove(candidate);
  }

  /** Tokens were used in the end, where others had been expected. */
  settle(expected: ExpectedTokens, inputTokens: number, outputTokens: number): void {
    const { account, weight } = expected;
    this.#share.charge(account, weight, inputTokens - expected.inputTokens, outputTokens - expected.outputTokens);
  }

  /** Room may have come free: lets through whoever is next, as long as there is some. */
  look(): void {
    // Requests that begin may end at once and ask to look again.
    if (this.#looking || this.queued === 0) return;
    this.#looking = true;
    try {
      this.#lookThrough(this.#clock.monotonicMs());
    } finally {
      // A mistake made over one request must not leave all the others waiting.
      this.#looking = false;
    }
  }

  #lookThrough(nowMs: number): void {
    for (const line of this.#lines.values()) for (const over of line.age(nowMs)) this.#sendAway(over);
    this.#payOwed(nowMs);
    // Whom not even the first of a line could pass, as there is no room for that one.
    const stuck = new Set<WaitingLine<Candidate>>();
    for (let band = 0; band < priorities.length; band++) {
      for (const line of this.#inOrder(band)) {
        if (stuck.has(line)) continue;
        let next = line.first(band);
        // Whom is more urgent found no room, perhaps at the same engines: others would keep them as busy as they are.
        const letsThrough = (candidate: Candidate) =>
          this.#letThrough(candidate, nowMs, this.#least.isAnyMoreUrgent(band));
        for (; next && letsThrough(next); next = line.first(band)) this.#payOwed(nowMs);
        if (next) stuck.add(line);
      }
    }
  }

  /** Begins requests of priorities that are owed one, as long as engines have room for them. */
  #payOwed(nowMs: number): void {
    for (const band of this.#least.owed()) {
      const heads = [...this.#lines.values()].flatMap((line) => line.first(band) ?? []);
      heads.sort((one, other) => this.#before(one, other));
      const due = heads.filter((head) => this.#least.covers(band, tokensOf(head)));
      if (due.some((head) => this.#letThrough(head, nowMs, false))) return this.#payOwed(nowMs);
      if (due.length > 0) this.#least.cannotHave(band);
    }
  }

  #letThrough(candidate: Candidate, nowMs: number, yields: boolean): boolean {
    if (!candidate.begin(yields)) return false;
    const sinceMs = this.#sinceMs.get(candidate)!;
    this.#remove(candidate);
    this.#begins(candidate, nowMs - sinceMs);
    return true;
  }

  /** Sends everyone away: the gateway stops. */
  close(): void {
    for (const candidate of this.#sinceMs.keys()) this.#sendAway(candidate);
  }

  #begins(candidate: Candidate, waitedMs: number): void {
    const { account, weight, inputTokens, outputTokens } = candidate;
    this.#share.charge(account, weight, inputTokens, outputTokens);
    // Only those who wait are owed anything.
    if (this.queued > 0) this.#least.began(candidate.band, tokensOf(candidate));
    this.#events.waited(candidate, waitedMs);
    const nowMs = this.#clock.monotonicMs();
    const sinceMs = nowMs - this.#begunAtMs;
    // In less than a thousandth of the memory nothing fades that anybody could tell.
    if (sinceMs > rateMemoryMs / 1000) {
      this.#begun *= Math.exp(-sinceMs / rateMemoryMs);
      this.#begunAtMs = nowMs;
    }
    this.#begun++;
  }

  #add(candidate: Candidate): void {
    let line = this.#lines.get(candidate.lane);
    if (!line) this.#lines.set(candidate.lane, (line = new WaitingLine(this.#share)));
    line.add(candidate);
    this.#least.joined(candidate.band);
    this.#sinceMs.set(candidate, this.#clock.monotonicMs());
    this.#bytes += candidate.bytes;
    this.#lookSoon();
  }

  #remove(candidate: Candidate): void {
    const line = this.#lines.get(candidate.lane);
    if (!line?.remove(candidate)) return;
    this.#least.left(candidate.band);
    if (line.size === 0) this.#lines.delete(candidate.lane);
    this.#sinceMs.delete(candidate);
    this.#bytes -= candidate.bytes;
    this.#events.depth(this.queued);
  }

  #sendAway(candidate: Candidate): void {
    const waitMs = (this.queued / Math.max(this.#begun, 1)) * rateMemoryMs;
    this.#remove(candidate);
    this.#events.shed(candidate);
    candidate.shed(Math.min(retryAfterMs.most, Math.max(retryAfterMs.least, waitMs)));
  }

  /** Lines that share engines compete through the first of theirs of a priority: less served, then due sooner. */
  #inOrder(band: number): WaitingLine<Candidate>[] {
    if (this.#least.waiting(band) === 0) return [];
    const heads: { line: WaitingLine<Candidate>; first: Candidate }[] = [];
    for (const line of this.#lines.values()) {
      const first = line.first(band);
      if (first) heads.push({ line, first });
    }
    heads.sort((one, other) => this.#before(one.first, other.first));
    return heads.map(({ line }) => line);
  }

  #before(one: Candidate, other: Candidate): number {
    const served = this.#share.tokensOf(one.account) - this.#share.tokensOf(other.account);
    return served || one.deadlineMs - other.deadlineMs;
  }

  /** Whom to send away: the least urgent of a priority that has more than its least part of the places, due last. */
  #leastUrgent(): Candidate {
    const keeps = Math.floor(this.#limits.maxQueued * leastShareRatio);
    const order = priorities.map((_, band) => band).toReversed();
    const waiting = order.filter((band) => this.#least.waiting(band) > 0);
    const band = waiting.find((candidate) => this.#least.waiting(candidate) > keeps) ?? waiting[0]!;
    let least: Candidate | undefined;
    for (const line of this.#lines.values()) {
      const last = line.last(band);
      if (last && (!least || last.deadlineMs > least.deadlineMs)) least = last;
    }
    return least!;
  }

  #lookSoon(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#clock.schedule(lookMs, () => {
      this.#scheduled = false;
      this.look();
      if (this.queued > 0) this.#lookSoon();
    });
  }
}

function tokensOf({ inputTokens, outputTokens }: Candidate): number {
  return inputTokens + outputTokens;
}
