import { acceptanceUnits, promptShare } from "../perf/index.ts";
import type { EngineCosts } from "./engine-costs.ts";
import { popFinish, pushFinish } from "./finish-heap.ts";
import { KvBlocks } from "./kv-blocks.ts";
import { RequestList } from "./request-list.ts";
import type { RequestTable } from "./request-table.ts";

/** Hears what happens inside an engine. Called in the order of the engine's own time. */
export interface EngineListener {
  /** The last output token is there; the engine has let go of the request and the slot may be released. */
  finished(request: number, timeMs: number): void;
}

/** What the engine is doing until `endMs`. */
const idle = 0;
/** Nothing to compute; a request on its way arrives at `endMs`. */
const awaiting = 1;
/** One step that carries prefill chunks besides the decoding sequences. */
const mixed = 2;
/** A run of `steps` equal steps in which every sequence gains one token per step. */
const decoding = 3;

/**
 * One inference engine with continuous batching, as vLLM's V1 scheduler does it: every step gives each decoding
 * sequence one token, fills the rest of the token budget with prefill in order of arrival (chunked when it does not
 * fit), takes KV blocks when a sequence crosses a block border, and when none is left sends the request admitted last
 * back to the head of the queue to be computed again.
 *
 * Between two changes of the batch the length of k steps has a closed form, so the engine jumps from change to change
 * instead of stepping. It is advanced only when somebody looks at it: an engine nobody touches costs nothing. Its state
 * between changes is a function of the start of the current run, so looking at it more or less often changes no bit.
 */
export class Engine {
  readonly costs: EngineCosts;
  readonly #table: RequestTable;
  readonly #listener: EngineListener;
  readonly #maxRunSteps: number;
  /** Tokens of a decoding sequence in each step. */
  readonly #tokensPerSequence: number;
  /** Parts a token is counted in, so that gains per step are whole; and the parts a sequence gains per step. */
  readonly #units: number;
  readonly #gain: number;

  #doing = idle;
  #startMs = 0;
  #endMs = Number.POSITIVE_INFINITY;
  #steps = 0;
  /** Length of the run's first step, and by how much each step is longer than the one before, ms. */
  #firstStepMs = 0;
  #growthMs = 0;
  /** Steps done since the engine started; marks positions of sequences without touching each of them. */
  #counter = 0;

  /** Sequences that decode, and the context tokens their next step reads. */
  #sequences = 0;
  #contextTokens = 0;
  #finishHeap = -1;
  readonly #kv: KvBlocks;

  /** Admitted requests in order of admission; those in prefill are its tail, from `#prefillHead` on. */
  readonly #running: RequestList;
  #prefillHead = -1;
  /** Requests not admitted yet, in the order in which they reach the queue; preempted ones are put before all others. */
  readonly #waiting: RequestList;
  /** Tokens the requests waiting and in prefill still have to be computed, cached ones not counted. */
  #prefillBacklog = 0;

  /** Moving average over the last finished requests. */
  #meanOutputTokens = 0;

  #slowdown = 1;
  #busyMs = 0;
  #preemptions = 0;
  #recomputedTokens = 0;

  /** `maxRunSteps` = 1 computes every step by itself: the reference the closed form is tested against. */
  constructor(costs: EngineCosts, table: RequestTable, listener: EngineListener, maxRunSteps = 1 << 30) {
    this.costs = costs;
    this.#table = table;
    this.#listener = listener;
    this.#maxRunSteps = maxRunSteps;
    this.#tokensPerSequence = costs.tokensPerSequence ?? 1;
    const tokensPerStep = costs.tokensPerStep ?? 1;
    this.#units = Number.isInteger(tokensPerStep) ? 1 : acceptanceUnits;
    this.#gain = Math.round(tokensPerStep * this.#units);
    this.#kv = new KvBlocks(costs.kvBlocks, costs.kvBlockTokens * this.#units);
    this.#running = new RequestList(table);
    this.#waiting = new RequestList(table);
  }

  /** Requests held: waiting, in prefill and decoding. */
  get requests(): number {
    return this.#waiting.length + this.#running.length;
  }

  get decodingSequences(): number {
    return this.#sequences;
  }

  get waitingRequests(): number {
    return this.#waiting.length;
  }

  /** Blocks of the KV cache in use, of `costs.kvBlocks`, at the start of the current run. */
  get usedBlocks(): number {
    return this.#kv.total - this.#kv.free;
  }

  /** Time spent computing in steps that have ended, ms. */
  get busyMs(): number {
    return this.#busyMs;
  }

  get preemptions(): number {
    return this.#preemptions;
  }

  get recomputedTokens(): number {
    return this.#recomputedTokens;
  }

  /** When the batch changes next, `Infinity` when the engine has nothing to do. */
  get nextChangeMs(): number {
    return this.#endMs;
  }

  /** Whether a request of this size can ever be served here. */
  takes(inputTokens: number, outputTokens: number): boolean {
    return inputTokens + outputTokens <= this.costs.maxRequestTokens;
  }

  /**
   * Hands over a request that reaches the queue at its `readyMs`, not before the time the engine was last advanced to.
   * Its size must have passed `takes`.
   */
  enqueue(request: number): void {
    const table = this.#table;
    const readyMs = table.readyMs[request]!;
    table.prefillTarget[request] = table.inputTokens[request]!;
    table.prefillDone[request] = table.cachedTokens[request]!;
    this.#prefillBacklog += table.prefillTarget[request]! - table.prefillDone[request]!;
    // Network delays differ, so a later hand-over may be ready earlier; the place is almost always at the very end.
    let before = this.#waiting.tail;
    while (before >= 0 && table.readyMs[before]! > readyMs) before = table.previous[before]!;
    this.#waiting.insertAfter(before, request);
    if (this.#waiting.head === request) this.#noticeArrival(readyMs);
  }

  /** Brings the engine to `nowMs`: everything that ends until then, `nowMs` included, has ended. */
  advance(nowMs: number): void {
    while (this.#endMs <= nowMs) {
      const timeMs = this.#endMs;
      if (this.#doing !== awaiting) this.#endRun(timeMs);
      this.#beginRun(timeMs);
    }
  }

  /**
   * Expected wait of a request that comes now until its prefill begins, ms: the rest of the current step, the prefill
   * queued before it, and, when seats or memory are taken, the time until enough sequences have left.
   */
  drainMs(nowMs: number): number {
    if (this.#doing === idle || this.#doing === awaiting) {
      return this.#prefillBacklog * this.costs.perPrefillTokenMs * this.#slowdown;
    }
    const stepMs = this.#firstStepMs;
    // A decode run can be interrupted after any step: half of one is left on average. A mixed step runs to its end.
    let drainMs = this.#doing === mixed ? Math.max(0, this.#endMs - nowMs) : stepMs / 2;
    const { costs } = this;
    if (this.#waiting.length > 0) {
      const decodeMs =
        (costs.baseMs + this.#sequences * costs.perSequenceMs + this.#contextTokens * costs.perContextTokenMs) *
        this.#slowdown;
      const budget = Math.max(1, costs.maxBatchedTokens - this.#sequences * this.#tokensPerSequence);
      const prefillSteps = Math.ceil(this.#prefillBacklog / budget);
      drainMs += this.#prefillBacklog * costs.perPrefillTokenMs * this.#slowdown + prefillSteps * decodeMs;
    }
    if (this.#running.length >= costs.maxSequences || this.#isMemoryShort()) drainMs += this.#seatWaitMs(stepMs);
    return drainMs;
  }

  /** Stretches all steps that begin from now on; 1 is full speed. */
  setSlowdown(factor: number, nowMs: number): void {
    this.advance(nowMs);
    this.#slowdown = factor;
    // The run ends with the step that is under way, so that the next one starts at the new speed.
    if (this.#doing === decoding) this.#shortenTo(nowMs);
  }

  /** Loses everything it holds, as in a crash, and calls `lost` for each request; ready for work again at once. */
  fail(nowMs: number, lost: (request: number) => void): void {
    this.advance(nowMs);
    for (const { head } of [this.#running, this.#waiting]) {
      for (let request = head; request >= 0;) {
        const next = this.#table.next[request]!;
        lost(request);
        request = next;
      }
    }
    if (this.#doing !== idle && this.#doing !== awaiting) this.#busyMs += Math.max(0, nowMs - this.#startMs);
    this.#doing = idle;
    this.#endMs = Number.POSITIVE_INFINITY;
    this.#sequences = 0;
    this.#contextTokens = 0;
    this.#finishHeap = -1;
    this.#prefillHead = -1;
    this.#prefillBacklog = 0;
    this.#kv.clear();
    this.#running.clear();
    this.#waiting.clear();
  }

  // A run begins.

  #beginRun(timeMs: number): void {
    const preempted = this.#makeRoomForDecode();
    const { costs } = this;
    const table = this.#table;
    let budget = costs.maxBatchedTokens - this.#sequences * this.#tokensPerSequence;
    let prefillTokens = 0;
    let largest = 0;
    let pairs = 0;
    // At most one request is part-way through its prefill; it continues before anything new is admitted.
    for (let request = this.#prefillHead; request >= 0 && budget > 0; request = table.next[request]!) {
      const tokens = this.#cutChunk(request, budget);
      pairs += tokens * (table.prefillDone[request]! + tokens / 2);
      prefillTokens += tokens;
      if (tokens > largest) largest = tokens;
      budget -= tokens;
    }
    if (!preempted) {
      while (budget > 0 && this.#admitNext(timeMs)) {
        const request = this.#running.tail;
        const tokens = this.#cutChunk(request, budget);
        pairs += tokens * (table.prefillDone[request]! + tokens / 2);
        prefillTokens += tokens;
        if (tokens > largest) largest = tokens;
        budget -= tokens;
      }
    }
    const n = this.#sequences;
    if (n === 0 && prefillTokens === 0) {
      this.#rest(timeMs);
      return;
    }
    const expertsMs = costs.expertsMs === null ? 0 : costs.expertsMs(n * this.#tokensPerSequence + prefillTokens);
    const decodeMs = costs.baseMs + expertsMs + n * costs.perSequenceMs + this.#contextTokens * costs.perContextTokenMs;
    this.#startMs = timeMs;
    let promptMs = prefillTokens * costs.perPrefillTokenMs + pairs * costs.perTokenPairMs;
    if (costs.stages !== undefined && prefillTokens > 0) promptMs *= promptShare(costs.stages, largest / prefillTokens);
    this.#firstStepMs = (decodeMs + promptMs) * this.#slowdown;
    this.#growthMs = ((n * this.#gain) / this.#units) * costs.perContextTokenMs * this.#slowdown;
    if (prefillTokens > 0) {
      this.#doing = mixed;
      this.#steps = 1;
      this.#endMs = timeMs + this.#firstStepMs;
      return;
    }
    this.#doing = decoding;
    const most = Math.min(this.#stepsToFinish(), this.#maxRunSteps);
    const gain = this.#gain;
    // Always one or more: room for the next step has just been made.
    this.#steps = Math.floor(this.#kv.stepsWithin(this.#counter * gain, most * gain) / gain);
    this.#endMs = this.#timeAfter(this.#steps);
    const next = this.#waiting.head;
    if (next >= 0 && table.readyMs[next]! > timeMs) this.#shortenTo(table.readyMs[next]!);
    // After a preemption nothing is admitted for one step; the step after may find room again.
    else if (next >= 0 && preempted) this.#shortenTo(timeMs);
  }

  #rest(timeMs: number): void {
    const next = this.#waiting.head;
    this.#doing = next < 0 ? idle : awaiting;
    this.#endMs = next < 0 ? Number.POSITIVE_INFINITY : Math.max(timeMs, this.#table.readyMs[next]!);
  }

  #cutChunk(request: number, budget: number): number {
    const table = this.#table;
    const tokens = Math.min(budget, table.prefillTarget[request]! - table.prefillDone[request]!);
    table.chunk[request] = tokens;
    return tokens;
  }

  /** Moves the head of the queue into the batch if it is there, a seat is free and its tokens find blocks. */
  #admitNext(timeMs: number): boolean {
    const table = this.#table;
    const request = this.#waiting.head;
    if (request < 0 || table.readyMs[request]! > timeMs) return false;
    if (this.#running.length >= this.costs.maxSequences) return false;
    const target = table.prefillTarget[request]!;
    const units = this.#units;
    if (this.#kv.blocksFor(target * units) > this.#kv.free) return false;
    if (table.preemptions[request]! > 0) this.#resume(request);
    this.#kv.take(target * units, Math.floor((table.prefillDone[request]! * units) / this.#kv.blockTokens));
    this.#waiting.remove(request);
    this.#running.append(request);
    if (this.#prefillHead < 0) this.#prefillHead = request;
    if (Number.isNaN(table.scheduledMs[request]!)) table.scheduledMs[request] = timeMs;
    return true;
  }

  /** A request sent back earlier finds what has not been overwritten of its own blocks since. */
  #resume(request: number): void {
    const table = this.#table;
    const mark = table.overwrittenFrom[request]!;
    const units = this.#units;
    const kept = Math.min(
      Math.floor(this.#kv.stillKept(table.keptTokens[request]! * units, mark) / units),
      table.prefillTarget[request]! - 1,
    );
    const done = Math.max(table.prefillDone[request]!, kept);
    this.#prefillBacklog -= done - table.prefillDone[request]!;
    table.prefillDone[request] = done;
    this.#recomputedTokens += table.prefillTarget[request]! - done;
  }

  // A run ends.

  #endRun(timeMs: number): void {
    const steps = this.#steps;
    this.#busyMs += timeMs - this.#startMs;
    this.#kv.grow(this.#counter * this.#gain, steps * this.#gain);
    this.#counter += steps;
    this.#contextTokens += (steps * this.#sequences * this.#gain) / this.#units;
    const table = this.#table;
    while (this.#finishHeap >= 0 && table.finishStep[this.#finishHeap]! <= this.#counter) {
      const request = this.#finishHeap;
      this.#finishHeap = popFinish(table, request);
      table.generatedTokens[request] = table.outputTokens[request]!;
      this.#leaveDecode(request);
      this.#running.remove(request);
      this.#meanOutputTokens += (table.outputTokens[request]! - this.#meanOutputTokens) / 32;
      this.#listener.finished(request, timeMs);
    }
    if (this.#doing === mixed) this.#endPrefill(timeMs);
  }

  #endPrefill(timeMs: number): void {
    const table = this.#table;
    let request = this.#prefillHead;
    while (request >= 0) {
      const next = table.next[request]!;
      const tokens = table.chunk[request]!;
      table.chunk[request] = 0;
      table.prefillDone[request] = table.prefillDone[request]! + tokens;
      this.#prefillBacklog -= tokens;
      if (table.prefillDone[request]! < table.prefillTarget[request]!) break;
      const generated = table.generatedTokens[request]! + 1;
      table.generatedTokens[request] = generated;
      if (Number.isNaN(table.firstTokenMs[request]!)) table.firstTokenMs[request] = timeMs;
      if (generated >= table.outputTokens[request]!) {
        this.#kv.release(table.prefillTarget[request]! * this.#units);
        this.#running.remove(request);
        this.#listener.finished(request, timeMs);
      } else {
        this.#joinDecode(request);
      }
      request = next;
    }
    this.#prefillHead = request;
  }

  #joinDecode(request: number): void {
    const table = this.#table;
    const held = table.prefillTarget[request]!;
    const left = table.outputTokens[request]! - table.generatedTokens[request]!;
    table.kvOffset[request] = held * this.#units - this.#counter * this.#gain;
    table.finishStep[request] = this.#counter + Math.ceil((left * this.#units) / this.#gain);
    this.#finishHeap = pushFinish(table, this.#finishHeap, request);
    this.#sequences++;
    this.#contextTokens += held + 1;
    this.#kv.join(table.kvOffset[request]!);
  }

  /** Takes a sequence out of the decode totals and frees its blocks; heap and batch list are the caller's. */
  #leaveDecode(request: number): void {
    const offset = this.#table.kvOffset[request]!;
    const held = offset + this.#counter * this.#gain;
    this.#sequences--;
    this.#contextTokens -= held / this.#units + 1;
    this.#kv.leave(offset);
    this.#kv.release(held);
  }

  // Memory.

  #isMemoryShort(): boolean {
    const next = this.#waiting.head;
    return next >= 0 && this.#kv.blocksFor(this.#table.prefillTarget[next]! * this.#units) > this.#kv.free;
  }

  /** Sends back what was admitted last until the next step's blocks are there; whether anything was sent back. */
  #makeRoomForDecode(): boolean {
    let preempted = false;
    while (this.#sequences > 0 && this.#isNextStepShort()) {
      this.#preempt(this.#running.tail);
      preempted = true;
    }
    return preempted;
  }

  /** Whether the next step finds no block for a sequence that crosses into one. */
  #isNextStepShort(): boolean {
    const gain = this.#gain;
    if (gain === 1) return this.#kv.dueAfter(this.#counter) > this.#kv.free;
    return this.#kv.stepsWithin(this.#counter * gain, gain) < gain;
  }

  #preempt(request: number): void {
    const table = this.#table;
    table.overwrittenFrom[request] = this.#kv.overwrittenFrom;
    this.#running.remove(request);
    if (this.#prefillHead >= 0) {
      table.keptTokens[request] = table.prefillDone[request]!;
      this.#kv.release(table.prefillTarget[request]! * this.#units);
      if (this.#prefillHead === request) this.#prefillHead = -1;
    } else {
      // Decoding: the tokens generated so far become part of what has to be computed again.
      const held = Math.floor((table.kvOffset[request]! + this.#counter * this.#gain) / this.#units);
      const gained = held - table.prefillTarget[request]!;
      const generated = Math.min(table.generatedTokens[request]! + gained, table.outputTokens[request]! - 1);
      table.generatedTokens[request] = generated;
      table.keptTokens[request] = held;
      this.#leaveDecode(request);
      table.prefillTarget[request] = table.inputTokens[request]! + generated;
      table.prefillDone[request] = table.prefillTarget[request]!;
      this.#rebuildFinishHeap();
    }
    this.#prefillBacklog += table.prefillDone[request]! - table.cachedTokens[request]!;
    table.prefillDone[request] = table.cachedTokens[request]!;
    this.#preemptions++;
    table.preemptions[request] = table.preemptions[request]! + 1;
    this.#waiting.insertAfter(-1, request);
  }

  /** Preemption takes an arbitrary node out of the heap; it is rare enough to build the heap anew. */
  #rebuildFinishHeap(): void {
    let heap = -1;
    for (let request = this.#running.head; request >= 0; request = this.#table.next[request]!) {
      heap = pushFinish(this.#table, heap, request);
    }
    this.#finishHeap = heap;
  }

  // Time.

  /** End of the run's k-th step: k first steps plus the growth of all later ones. */
  #timeAfter(steps: number): number {
    return this.#startMs + steps * this.#firstStepMs + (this.#growthMs * steps * (steps - 1)) / 2;
  }

  #stepsToFinish(): number {
    return this.#table.finishStep[this.#finishHeap]! - this.#counter;
  }

  /** Ends the decode run with the first step that ends at `timeMs` or later, if that is sooner than planned. */
  #shortenTo(timeMs: number): void {
    const a = this.#growthMs / 2;
    const b = this.#firstStepMs - a;
    const distance = timeMs - this.#startMs;
    // Positive root of a·k² + b·k = distance, in the form that stays exact when a vanishes; rounding is put right after.
    let steps = distance > 0 ? Math.ceil((2 * distance) / (b + Math.sqrt(b * b + 4 * a * distance))) : 1;
    if (steps < 1) steps = 1;
    while (steps > 1 && this.#timeAfter(steps - 1) >= timeMs) steps--;
    while (steps < this.#steps && this.#timeAfter(steps) < timeMs) steps++;
    if (steps >= this.#steps) return;
    this.#steps = steps;
    this.#endMs = this.#timeAfter(steps);
  }

  /** A request became the head of the queue while the engine was at something. */
  #noticeArrival(readyMs: number): void {
    if (this.#doing === idle) {
      this.#doing = awaiting;
      this.#endMs = readyMs;
    } else if (this.#doing === awaiting) {
      this.#endMs = Math.min(this.#endMs, readyMs);
    } else if (this.#doing === decoding && this.#running.length < this.costs.maxSequences) {
      this.#shortenTo(readyMs);
    }
  }

  /** Wait for a seat: one sequence leaves every (mean output × step / sequences), and all waiting ones go first. */
  #seatWaitMs(stepMs: number): number {
    return this.#sequences === 0
      ? 0
      : ((this.#waiting.length + 1) * this.#meanOutputTokens * stepMs * this.#units) / (this.#sequences * this.#gain);
  }
}
