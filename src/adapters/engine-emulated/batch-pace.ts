import { stepMs, type Replica } from "../../perf/index.ts";

/** A generation inside a batch. Times are on the emulated engine's own clock, which is never late. */
export interface Generation {
  readonly uncachedTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  /** Called with the number of tokens that have come into being so far. */
  onTokens(produced: number): void;
}

interface Slot {
  readonly generation: Generation;
  readonly readyMs: number;
  prefilled: number;
  /** Whole tokens so far, and with what a draft gained of the next. */
  produced: number;
  gained: number;
  cancelled: boolean;
}

/**
 * Continuous batching of one engine in steps. Each step takes every decoding sequence and as much waiting prefill as
 * the token budget allows, lasts as long as the engine model says, and ends with one token per sequence, or as many
 * as a draft gains on average.
 *
 * Steps follow each other on an exact time line: a timer that fires late makes several steps due at once, but never
 * moves the ones after them.
 */
export class BatchPace {
  readonly #replica: Replica;
  readonly #slowdown: number;
  readonly #waiting: Slot[] = [];
  readonly #running: Slot[] = [];
  /** Start of the step in progress; steps begin and end on this line, not when a timer happens to fire. */
  #stepStartMs = 0;
  #stepEndMs: number | null = null;
  #prefilling: { slot: Slot; tokens: number }[] = [];
  #decoding: Slot[] = [];

  constructor(replica: Replica, speedRatio: number) {
    this.#replica = replica;
    this.#slowdown = 1 / speedRatio;
  }

  /** Adds a generation at `nowMs`; returns a function that takes it out again. */
  add(generation: Generation, nowMs: number): () => void {
    const readyMs = nowMs + this.#replica.requestOverheadMs;
    const slot: Slot = { generation, readyMs, prefilled: 0, produced: 0, gained: 0, cancelled: false };
    this.#waiting.push(slot);
    return () => {
      slot.cancelled = true;
    };
  }

  /** When something happens next; null when idle. */
  nextMs(): number | null {
    if (this.#stepEndMs !== null) return this.#stepEndMs;
    let next = Number.POSITIVE_INFINITY;
    if (this.#running.length > 0) next = this.#stepStartMs;
    for (const slot of this.#waiting) if (!slot.cancelled) next = Math.min(next, slot.readyMs);
    return Number.isFinite(next) ? next : null;
  }

  /** Lets time pass up to `nowMs`. */
  advance(nowMs: number): void {
    for (;;) {
      if (this.#stepEndMs === null && !this.#beginStep(nowMs)) return;
      if (this.#stepEndMs! > nowMs) return;
      this.#endStep();
    }
  }

  get runningCount(): number {
    return this.#running.length;
  }

  get waitingCount(): number {
    return this.#waiting.reduce((count, slot) => count + (slot.cancelled ? 0 : 1), 0);
  }

  /** Wait of a new request before its prefill begins: the step in progress and the prefill queued before it, ms. */
  drainMs(nowMs: number): number {
    const stepMsLeft = this.#stepEndMs === null ? 0 : Math.max(0, this.#stepEndMs - nowMs);
    const queued = this.#waiting.reduce(
      (sum, slot) => sum + (slot.cancelled ? 0 : slot.generation.uncachedTokens - slot.prefilled),
      0,
    );
    const started = this.#prefilling.reduce((sum, { tokens }) => sum + tokens, 0);
    return stepMsLeft + Math.max(0, queued - started) * this.#replica.perPrefillTokenMs * this.#slowdown;
  }

  get kvUsageRatio(): number {
    return Math.min(1, this.#contextTokens() / Math.max(1, this.#replica.kvTokenCapacity));
  }

  #contextTokens(): number {
    return this.#running.reduce(
      (sum, { generation, produced }) => sum + generation.uncachedTokens + generation.cachedTokens + produced,
      0,
    );
  }

  /** Starts a step if there is work at or before `nowMs`. */
  #beginStep(nowMs: number): boolean {
    this.#drop(this.#running);
    this.#drop(this.#waiting);
    const startMs =
      this.#running.length > 0 ? this.#stepStartMs : Math.max(this.#stepStartMs, this.nextMs() ?? Infinity);
    if (startMs > nowMs) return false;
    const { maxSequences, maxBatchedTokens, kvTokenCapacity, tokensPerSequence } = this.#replica;
    this.#decoding = this.#running.slice();
    let tokensLeft = Math.max(0, maxBatchedTokens - this.#decoding.length * tokensPerSequence);
    let contextTokens = this.#contextTokens();
    let prefillTokens = 0;
    let attentionPairs = 0;
    let largest = 0;
    this.#prefilling = [];
    for (const slot of this.#waiting) {
      if (slot.readyMs > startMs || tokensLeft === 0) continue;
      if (this.#running.length + this.#prefilling.length >= maxSequences) break;
      const { uncachedTokens, cachedTokens, outputTokens } = slot.generation;
      // The first of an empty engine always starts: a prompt that fits no memory is refused long before.
      const needed = uncachedTokens + cachedTokens + outputTokens;
      if (contextTokens + needed > kvTokenCapacity && this.#running.length + this.#prefilling.length > 0) break;
      contextTokens += needed;
      const tokens = Math.min(tokensLeft, uncachedTokens - slot.prefilled);
      const before = cachedTokens + slot.prefilled;
      attentionPairs += tokens * (before + tokens / 2);
      prefillTokens += tokens;
      largest = Math.max(largest, tokens);
      tokensLeft -= tokens;
      this.#prefilling.push({ slot, tokens });
    }
    const context = this.#decoding.reduce(
      (sum, { generation, produced }) => sum + generation.uncachedTokens + generation.cachedTokens + produced,
      0,
    );
    const durationMs = stepMs(
      this.#replica,
      this.#decoding.length,
      context,
      prefillTokens,
      attentionPairs,
      prefillTokens > 0 ? largest / prefillTokens : 1,
    );
    this.#stepStartMs = startMs;
    this.#stepEndMs = startMs + durationMs * this.#slowdown;
    return true;
  }

  #endStep(): void {
    const decoding = this.#decoding;
    const prefilling = this.#prefilling;
    this.#stepStartMs = this.#stepEndMs!;
    this.#stepEndMs = null;
    this.#decoding = [];
    this.#prefilling = [];
    for (const { slot, tokens } of prefilling) {
      slot.prefilled += tokens;
      if (slot.prefilled < slot.generation.uncachedTokens) continue;
      this.#waiting.splice(this.#waiting.indexOf(slot), 1);
      this.#running.push(slot);
      this.#produce(slot, 1);
    }
    for (const slot of decoding) this.#produce(slot, this.#replica.tokensPerStep);
  }

  #produce(slot: Slot, tokens: number): void {
    if (slot.cancelled) return;
    slot.gained += tokens;
    slot.produced = Math.min(Math.floor(slot.gained), slot.generation.outputTokens);
    if (slot.produced >= slot.generation.outputTokens) this.#running.splice(this.#running.indexOf(slot), 1);
    slot.generation.onTokens(slot.produced);
  }

  #drop(slots: Slot[]): void {
    for (let index = slots.length - 1; index >= 0; index--) if (slots[index]!.cancelled) slots.splice(index, 1);
  }
}
