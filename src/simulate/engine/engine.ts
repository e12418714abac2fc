import { promptShare } from "../../perf/index.ts";
import { busyMsAlone, drawnMsAlone, finishAlone, foresee, forget } from "./engine-alone.ts";
import type { EngineCosts } from "./engine-costs.ts";
import { drainMsOf } from "./engine-drain.ts";
import * as engineKinds from "./engine-kind.ts";
import { engineKind, type EngineKind } from "./engine-kind.ts";
import * as engineRecords from "./engine-records.ts";
import { engineRecordSize } from "./engine-records.ts";
import { beginSteps, drawnIn, drawnMsUntil, stepsUntil, timeAfter } from "./engine-run.ts";
import { popFinish, pushFinish } from "./finish-heap.ts";
import { makeRecords } from "../chance/records.ts";
import { append, clearList, headOf, insertAfter, lengthOf, remove, tailOf } from "./request-list.ts";
import * as requestRecords from "./request-records.ts";
import type { RequestTable } from "./request-table.ts";

// Of this module, so that they are constants to the compiler: what is imported is fetched and checked at every use.
const { doing } = engineKinds;
const { engineFloat, engineInt } = engineRecords;
const { requestFloat, requestInt, requestInts, requestSize } = requestRecords;

/** Hears what happens inside an engine. Called in the order of the engine's own time. */
export interface EngineListener {
  /** The last output token is there; the engine has let go of the request and the slot may be released. */
  finished(request: number, timeMs: number): void;
}

/** Where an engine's figures lie: the kind it is of, and the double at which its record begins. Engines of a kind share one
 * object that is moved from record to record: thousands of objects would be more lines of memory to wait for. */
export interface EnginePlace {
  readonly kind: EngineKind;
  readonly at: number;
}

/**
 * One inference engine with continuous batching, as vLLM's V1 scheduler does it: every step gives each decoding
 * sequence one token, fills the rest of the token budget with prefill in order of arrival (chunked when it does not
 * fit), takes KV blocks when a sequence crosses a block border, and when none is left sends the request admitted last
 * back to the head of the queue to be computed again.
 *
 * Between two changes of the batch the length of k steps has a closed form, so the engine jumps from change to change
 * instead of stepping. It is advanced only when somebody looks at it: an engine nobody touches costs nothing. Its state
 * between changes is a function of the start of the current run, so looking at it more or less often changes no bit.
 *
 * All that changes lies in a record of numbers, beside those of the other engines of a fleet (see `records.ts`).
 */
export class Engine {
  readonly costs: EngineCosts;
  readonly #kind: EngineKind;
  readonly #table: RequestTable;
  readonly #listener: EngineListener;
  readonly #maxRunSteps: number;
  readonly #float: Float64Array;
  readonly #int: Int32Array;
  /** Where the record begins, in doubles, and its lists, in integers. */
  #at = 0;
  /** Admitted requests in order of admission; those in prefill are its tail, from `prefillHead` on. */
  #running = 0;
  /** Requests not admitted yet, in the order in which they reach the queue; preempted ones are put before all others. */
  #waiting = 0;

  /** `maxRunSteps` = 1 computes every step by itself: the reference the closed form is tested against. */
  constructor(
    costs: EngineCosts,
    table: RequestTable,
    listener: EngineListener,
    maxRunSteps = 1 << 30,
    place: EnginePlace = ownPlace(costs),
  ) {
    const { kind, at } = place;
    this.costs = costs;
    this.#kind = kind;
    this.#table = table;
    this.#listener = listener;
    this.#maxRunSteps = maxRunSteps;
    this.#float = kind.records.float;
    this.#int = kind.records.int;
    this.begin(at);
  }

  /** Becomes the engine whose record begins at double `at`, among those of its kind. */
  moveTo(at: number): this {
    this.#at = at;
    this.#running = 2 * at + engineInt.running;
    this.#waiting = 2 * at + engineInt.waiting;
    return this;
  }

  /** Becomes an engine that has had no request yet. */
  begin(at: number): this {
    this.moveTo(at);
    this.#float[at + engineFloat.slowdown] = 1;
    this.#empty();
    return this;
  }

  /** Requests held: waiting, in prefill and decoding. */
  get requests(): number {
    return lengthOf(this.#int, this.#waiting) + lengthOf(this.#int, this.#running);
  }

  /** Blocks of the KV cache in use, of `costs.kvBlocks`, at the start of the current run. */
  get usedBlocks(): number {
    const { kv, units } = this.#kind;
    const used = kv.total - kv.free(this.#at);
    if (!this.#isAlone()) return used;
    const request = headOf(this.#int, this.#waiting);
    return used + kv.blocksFor(this.#table.int[request * requestInts + requestInt.prefillTarget]! * units);
  }

  /** Whether a request has the engine to itself and its end is foreseen. */
  #isAlone(): boolean {
    return this.#int[2 * this.#at + engineInt.doing] === doing.alone;
  }

  /** Time spent computing until `nowMs`, as far as the engine has been advanced, ms: of steps under way what has passed. */
  busyMs(nowMs: number): number {
    const at = this.#at;
    if (this.#isAlone()) return busyMsAlone(this.#kind, at, this.#table, nowMs);
    const endedMs = this.#float[at + engineFloat.busyMs]!;
    const now = this.#int[2 * at + engineInt.doing]!;
    if (now === doing.nothing || now === doing.awaiting) return endedMs;
    return endedMs + Math.max(0, Math.min(nowMs, this.nextChangeMs) - this.#float[at + engineFloat.startMs]!);
  }

  /**
   * What the engine drew above idling until `nowMs`, in ms at full load that take the same energy; of steps under way what
   * has passed.
   */
  drawnMs(nowMs: number): number {
    if (this.#isAlone()) return drawnMsAlone(this.#kind, this.#at, this.#table, nowMs);
    return drawnMsUntil(this.#kind, this.#at, nowMs);
  }

  get preemptions(): number {
    return this.#int[2 * this.#at + engineInt.preemptions]!;
  }

  get recomputedTokens(): number {
    return this.#float[this.#at + engineFloat.recomputedTokens]!;
  }

  /** When the batch changes next, `Infinity` when the engine has nothing to do. */
  get nextChangeMs(): number {
    return this.#float[this.#at + engineFloat.endMs]!;
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
    const { float, int } = this.#table;
    const at = request * requestInts;
    const readyMs = float[request * requestSize + requestFloat.readyMs]!;
    const target = int[at + requestInt.inputTokens]!;
    const done = int[at + requestInt.cachedTokens]!;
    int[at + requestInt.prefillTarget] = target;
    int[at + requestInt.prefillDone] = done;
    // What another engine kept of it, or this one before it failed, is not here.
    int[at + requestInt.keptTokens] = notSentBack;
    this.#addBacklog(target - done);
    if (this.#isAlone()) this.#forget();
    // Network delays differ, so a later hand-over may be ready earlier; the place is almost always at the very end.
    let before = tailOf(this.#int, this.#waiting);
    while (before >= 0 && float[before * requestSize + requestFloat.readyMs]! > readyMs) {
      before = int[before * requestInts + requestInt.previous]!;
    }
    insertAfter(this.#int, this.#waiting, this.#table, before, request);
    if (headOf(this.#int, this.#waiting) === request) this.#noticeArrival(readyMs);
  }

  /** Brings the engine to `nowMs`: everything that ends until then, `nowMs` included, has ended. */
  advance(nowMs: number): void {
    const float = this.#float;
    const end = this.#at + engineFloat.endMs;
    while (float[end]! <= nowMs) {
      const timeMs = float[end]!;
      if (this.#isAlone()) {
        this.#listener.finished(finishAlone(this.#kind, this.#at, this.#table), timeMs);
        return;
      }
      if (this.#int[2 * this.#at + engineInt.doing] !== doing.awaiting) this.#endRun(timeMs);
      this.#beginRun(timeMs);
    }
    if (this.#isAlone()) float[this.#at + engineFloat.seenMs] = nowMs;
  }

  /** As `advance`, to a state in which nothing is foreseen. */
  #runTo(nowMs: number): void {
    this.advance(nowMs);
    if (this.#isAlone()) this.#forget();
  }

  /** What was foreseen is run as far as it has come, so that it can take another turn. */
  #forget(): void {
    const seenMs = this.#float[this.#at + engineFloat.seenMs]!;
    forget(this.#kind, this.#at, this.#table);
    this.advance(seenMs);
  }

  /**
   * Expected wait of a request that comes now until its prefill begins, ms: the rest of the current step, the prefill
   * queued before it, and, when seats or memory are taken, the time until enough sequences have left.
   */
  drainMs(nowMs: number): number {
    return drainMsOf(this.#kind, this.#at, this.#table, nowMs);
  }

  /** Stretches all steps that begin from now on; 1 is full speed. */
  setSlowdown(factor: number, nowMs: number): void {
    this.#runTo(nowMs);
    this.#float[this.#at + engineFloat.slowdown] = factor;
    // The run ends with the step that is under way, so that the next one starts at the new speed.
    if (this.#int[2 * this.#at + engineInt.doing] === doing.decoding) this.#shortenTo(nowMs);
  }

  /** Loses everything it holds, as in a crash, and calls `lost` for each request; ready for work again at once. */
  fail(nowMs: number, lost: (request: number) => void): void {
    this.#runTo(nowMs);
    for (const list of [this.#running, this.#waiting]) {
      for (let request = headOf(this.#int, list); request >= 0;) {
        const next = this.#table.int[request * requestInts + requestInt.next]!;
        lost(request);
        request = next;
      }
    }
    const drawnMs = this.drawnMs(nowMs);
    this.#float[this.#at + engineFloat.busyMs] = this.busyMs(nowMs);
    this.#float[this.#at + engineFloat.drawnMs] = drawnMs;
    this.#empty();
  }

  #empty(): void {
    const float = this.#float;
    const int = this.#int;
    const at = this.#at;
    float[at + engineFloat.endMs] = Number.POSITIVE_INFINITY;
    float[at + engineFloat.contextTokens] = 0;
    float[at + engineFloat.prefillBacklog] = 0;
    int[2 * at + engineInt.doing] = doing.nothing;
    int[2 * at + engineInt.sequences] = 0;
    int[2 * at + engineInt.finishHeap] = -1;
    int[2 * at + engineInt.prefillHead] = -1;
    this.#kind.kv.clear(at);
    clearList(int, this.#running);
    clearList(int, this.#waiting);
  }

  #addBacklog(tokens: number): void {
    const backlog = this.#at + engineFloat.prefillBacklog;
    this.#float[backlog] = this.#float[backlog]! + tokens;
  }

  // A run begins.

  #beginRun(timeMs: number): void {
    const preempted = this.#makeRoomForDecode();
    const { costs } = this;
    const { gain, kv, tokensPerSequence } = this.#kind;
    const float = this.#float;
    const int = this.#int;
    const at = this.#at;
    const n = int[2 * at + engineInt.sequences]!;
    let budget = costs.maxBatchedTokens - n * tokensPerSequence;
    let prefillTokens = 0;
    let largest = 0;
    let pairs = 0;
    const requests = this.#table.int;
    // At most one request is part-way through its prefill; it continues before anything new is admitted.
    for (let request = int[2 * at + engineInt.prefillHead]!; request >= 0 && budget > 0;) {
      const tokens = this.#cutChunk(request, budget);
      pairs += tokens * (requests[request * requestInts + requestInt.prefillDone]! + tokens / 2);
      prefillTokens += tokens;
      if (tokens > largest) largest = tokens;
      budget -= tokens;
      request = requests[request * requestInts + requestInt.next]!;
    }
    if (!preempted) {
      while (budget > 0 && this.#admitNext(timeMs)) {
        const request = tailOf(int, this.#running);
        const tokens = this.#cutChunk(request, budget);
        pairs += tokens * (requests[request * requestInts + requestInt.prefillDone]! + tokens / 2);
        prefillTokens += tokens;
        if (tokens > largest) largest = tokens;
        budget -= tokens;
      }
    }
    if (n === 0 && prefillTokens === 0) {
      this.#rest(timeMs);
      return;
    }
    const context = float[at + engineFloat.contextTokens]!;
    const share =
      costs.stages !== undefined && prefillTokens > 0 ? promptShare(costs.stages, largest / prefillTokens) : 1;
    beginSteps(this.#kind, at, timeMs, n, n * tokensPerSequence, context, prefillTokens, pairs, share);
    if (prefillTokens > 0) {
      int[2 * at + engineInt.doing] = doing.mixed;
      int[2 * at + engineInt.steps] = 1;
      float[at + engineFloat.endMs] = timeMs + float[at + engineFloat.firstStepMs]!;
      return;
    }
    int[2 * at + engineInt.doing] = doing.decoding;
    const counter = float[at + engineFloat.counter]!;
    const most = Math.min(this.#stepsToFinish(), this.#maxRunSteps);
    // Always one or more: room for the next step has just been made.
    const steps = Math.floor(kv.stepsWithin(at, counter * gain, most * gain) / gain);
    int[2 * at + engineInt.steps] = steps;
    float[at + engineFloat.endMs] = timeAfter(this.#float, this.#at, steps);
    const next = headOf(int, this.#waiting);
    if (next < 0) return;
    const readyMs = this.#table.float[next * requestSize + requestFloat.readyMs]!;
    if (readyMs > timeMs) this.#shortenTo(readyMs);
    // After a preemption nothing is admitted for one step; the step after may find room again.
    else if (preempted) this.#shortenTo(timeMs);
  }

  #rest(timeMs: number): void {
    const next = headOf(this.#int, this.#waiting);
    this.#int[2 * this.#at + engineInt.doing] = next < 0 ? doing.nothing : doing.awaiting;
    this.#float[this.#at + engineFloat.endMs] =
      next < 0
        ? Number.POSITIVE_INFINITY
        : Math.max(timeMs, this.#table.float[next * requestSize + requestFloat.readyMs]!);
  }

  #cutChunk(request: number, budget: number): number {
    const { int } = this.#table;
    const at = request * requestInts;
    const tokens = Math.min(budget, int[at + requestInt.prefillTarget]! - int[at + requestInt.prefillDone]!);
    int[at + requestInt.chunk] = tokens;
    return tokens;
  }

  /** Moves the head of the queue into the batch if it is there, a seat is free and its tokens find blocks. */
  #admitNext(timeMs: number): boolean {
    const request = headOf(this.#int, this.#waiting);
    if (request < 0) return false;
    const { float, int } = this.#table;
    const floats = request * requestSize;
    if (float[floats + requestFloat.readyMs]! > timeMs) return false;
    if (lengthOf(this.#int, this.#running) >= this.costs.maxSequences) return false;
    const ints = request * requestInts;
    const { kv, units } = this.#kind;
    const target = int[ints + requestInt.prefillTarget]!;
    if (kv.blocksFor(target * units) > kv.free(this.#at)) return false;
    if (int[ints + requestInt.keptTokens] !== notSentBack) this.#resume(request);
    kv.take(this.#at, target * units, Math.floor((int[ints + requestInt.prefillDone]! * units) / kv.blockTokens));
    remove(this.#int, this.#waiting, this.#table, request);
    append(this.#int, this.#running, this.#table, request);
    const prefillHead = 2 * this.#at + engineInt.prefillHead;
    if (this.#int[prefillHead]! < 0) this.#int[prefillHead] = request;
    const scheduledMs = float[floats + requestFloat.scheduledMs]!;
    if (scheduledMs !== scheduledMs) float[floats + requestFloat.scheduledMs] = timeMs;
    return true;
  }

  /** A request sent back earlier finds what has not been overwritten of its own blocks since. */
  #resume(request: number): void {
    const { int } = this.#table;
    const at = request * requestInts;
    const mark = this.#table.float[request * requestSize + requestFloat.overwrittenFrom]!;
    const { kv, units } = this.#kind;
    const target = int[at + requestInt.prefillTarget]!;
    const kept = Math.min(
      Math.floor(kv.stillKept(this.#at, int[at + requestInt.keptTokens]! * units, mark) / units),
      target - 1,
    );
    const before = int[at + requestInt.prefillDone]!;
    const done = Math.max(before, kept);
    this.#addBacklog(before - done);
    int[at + requestInt.prefillDone] = done;
    this.#float[this.#at + engineFloat.recomputedTokens] = this.recomputedTokens + target - done;
  }

  // A run ends.

  #endRun(timeMs: number): void {
    const { kv, units, gain } = this.#kind;
    const own = this.#float;
    const int = this.#int;
    const at = this.#at;
    const steps = int[2 * at + engineInt.steps]!;
    own[at + engineFloat.busyMs] = own[at + engineFloat.busyMs]! + (timeMs - own[at + engineFloat.startMs]!);
    own[at + engineFloat.drawnMs] = own[at + engineFloat.drawnMs]! + drawnIn(this.#kind, at, steps);
    const before = own[at + engineFloat.counter]!;
    kv.grow(at, before * gain, steps * gain);
    const counter = before + steps;
    own[at + engineFloat.counter] = counter;
    own[at + engineFloat.contextTokens] =
      own[at + engineFloat.contextTokens]! + (steps * int[2 * at + engineInt.sequences]! * gain) / units;
    const table = this.#table;
    const heap = 2 * at + engineInt.finishHeap;
    for (;;) {
      const request = int[heap]!;
      if (request < 0 || table.float[request * requestSize + requestFloat.finishStep]! > counter) break;
      int[heap] = popFinish(table, request);
      const outputTokens = table.int[request * requestInts + requestInt.outputTokens]!;
      table.int[request * requestInts + requestInt.generatedTokens] = outputTokens;
      this.#leaveDecode(request);
      remove(int, this.#running, table, request);
      const mean = own[at + engineFloat.meanOutputTokens]!;
      own[at + engineFloat.meanOutputTokens] = mean + (outputTokens - mean) / 32;
      this.#listener.finished(request, timeMs);
    }
    if (int[2 * at + engineInt.doing] === doing.mixed) this.#endPrefill(timeMs);
  }

  #endPrefill(timeMs: number): void {
    const table = this.#table;
    const { float, int } = table;
    const head = 2 * this.#at + engineInt.prefillHead;
    let request = this.#int[head]!;
    while (request >= 0) {
      const at = request * requestInts;
      const next = int[at + requestInt.next]!;
      const tokens = int[at + requestInt.chunk]!;
      int[at + requestInt.chunk] = 0;
      const done = int[at + requestInt.prefillDone]! + tokens;
      int[at + requestInt.prefillDone] = done;
      this.#addBacklog(-tokens);
      const target = int[at + requestInt.prefillTarget]!;
      if (done < target) break;
      const generated = int[at + requestInt.generatedTokens]! + 1;
      int[at + requestInt.generatedTokens] = generated;
      const first = request * requestSize + requestFloat.firstTokenMs;
      if (float[first] !== float[first]) float[first] = timeMs;
      if (generated >= int[at + requestInt.outputTokens]!) {
        this.#kind.kv.release(this.#at, target * this.#kind.units);
        remove(this.#int, this.#running, table, request);
        this.#listener.finished(request, timeMs);
      } else {
        this.#joinDecode(request);
      }
      request = next;
    }
    this.#int[head] = request;
  }

  #joinDecode(request: number): void {
    const { float, int } = this.#table;
    const { kv, units, gain } = this.#kind;
    const own = this.#at;
    const counter = this.#float[own + engineFloat.counter]!;
    const held = int[request * requestInts + requestInt.prefillTarget]!;
    const left =
      int[request * requestInts + requestInt.outputTokens]! - int[request * requestInts + requestInt.generatedTokens]!;
    const offset = held * units - counter * gain;
    float[request * requestSize + requestFloat.kvOffset] = offset;
    float[request * requestSize + requestFloat.finishStep] = counter + Math.ceil((left * units) / gain);
    const heap = 2 * own + engineInt.finishHeap;
    this.#int[heap] = pushFinish(this.#table, this.#int[heap]!, request);
    this.#int[2 * own + engineInt.sequences] = this.#int[2 * own + engineInt.sequences]! + 1;
    this.#float[own + engineFloat.contextTokens] = this.#float[own + engineFloat.contextTokens]! + (held + 1);
    kv.join(own, offset);
  }

  /** Takes a sequence out of the decode totals and frees its blocks; heap and batch list are the caller's. */
  #leaveDecode(request: number): void {
    const { kv, units, gain } = this.#kind;
    const at = this.#at;
    const offset = this.#table.float[request * requestSize + requestFloat.kvOffset]!;
    const held = offset + this.#float[at + engineFloat.counter]! * gain;
    this.#int[2 * at + engineInt.sequences] = this.#int[2 * at + engineInt.sequences]! - 1;
    this.#float[at + engineFloat.contextTokens] = this.#float[at + engineFloat.contextTokens]! - (held / units + 1);
    kv.leave(at, offset);
    kv.release(at, held);
  }

  // Memory.

  /** Sends back what was admitted last until the next step's blocks are there; whether anything was sent back. */
  #makeRoomForDecode(): boolean {
    let preempted = false;
    while (this.#int[2 * this.#at + engineInt.sequences]! > 0 && this.#isNextStepShort()) {
      this.#preempt(tailOf(this.#int, this.#running));
      preempted = true;
    }
    return preempted;
  }

  /** Whether the next step finds no block for a sequence that crosses into one. */
  #isNextStepShort(): boolean {
    const { kv, gain } = this.#kind;
    // No sequence takes more than one block of the usual size in a step.
    if (gain <= kv.blockTokens && kv.free(this.#at) >= this.#int[2 * this.#at + engineInt.sequences]!) return false;
    const counter = this.#float[this.#at + engineFloat.counter]!;
    if (gain === 1) return kv.dueAfter(this.#at, counter) > kv.free(this.#at);
    return kv.stepsWithin(this.#at, counter * gain, gain) < gain;
  }

  #preempt(request: number): void {
    const { float, int } = this.#table;
    const { kv, units, gain } = this.#kind;
    const at = request * requestInts;
    const own = this.#at;
    const head = 2 * own + engineInt.prefillHead;
    float[request * requestSize + requestFloat.overwrittenFrom] = kv.overwrittenFrom(own);
    remove(this.#int, this.#running, this.#table, request);
    if (this.#int[head]! >= 0) {
      int[at + requestInt.keptTokens] = int[at + requestInt.prefillDone]!;
      kv.release(own, int[at + requestInt.prefillTarget]! * units);
      if (this.#int[head] === request) this.#int[head] = -1;
    } else {
      // Decoding: the tokens generated so far become part of what has to be computed again.
      const offset = float[request * requestSize + requestFloat.kvOffset]!;
      const held = Math.floor((offset + this.#float[own + engineFloat.counter]! * gain) / units);
      const gained = held - int[at + requestInt.prefillTarget]!;
      const generated = Math.min(
        int[at + requestInt.generatedTokens]! + gained,
        int[at + requestInt.outputTokens]! - 1,
      );
      int[at + requestInt.generatedTokens] = generated;
      int[at + requestInt.keptTokens] = held;
      this.#leaveDecode(request);
      const target = int[at + requestInt.inputTokens]! + generated;
      int[at + requestInt.prefillTarget] = target;
      int[at + requestInt.prefillDone] = target;
      this.#rebuildFinishHeap();
    }
    const cached = int[at + requestInt.cachedTokens]!;
    this.#addBacklog(int[at + requestInt.prefillDone]! - cached);
    int[at + requestInt.prefillDone] = cached;
    this.#int[2 * own + engineInt.preemptions] = this.preemptions + 1;
    int[at + requestInt.preemptions] = int[at + requestInt.preemptions]! + 1;
    insertAfter(this.#int, this.#waiting, this.#table, -1, request);
  }

  /** Preemption takes an arbitrary node out of the heap; it is rare enough to build the heap anew. */
  #rebuildFinishHeap(): void {
    let heap = -1;
    for (let request = headOf(this.#int, this.#running); request >= 0;) {
      heap = pushFinish(this.#table, heap, request);
      request = this.#table.int[request * requestInts + requestInt.next]!;
    }
    this.#int[2 * this.#at + engineInt.finishHeap] = heap;
  }

  // Time.

  #stepsToFinish(): number {
    const first = this.#int[2 * this.#at + engineInt.finishHeap]!;
    return (
      this.#table.float[first * requestSize + requestFloat.finishStep]! - this.#float[this.#at + engineFloat.counter]!
    );
  }

  /** Ends the decode run with the first step that ends at `timeMs` or later, if that is sooner than planned. */
  #shortenTo(timeMs: number): void {
    const at = this.#at;
    const planned = this.#int[2 * at + engineInt.steps]!;
    let steps = stepsUntil(this.#float, this.#at, timeMs - this.#float[at + engineFloat.startMs]!);
    // Rounding is put right.
    while (steps > 1 && timeAfter(this.#float, this.#at, steps - 1) >= timeMs) steps--;
    while (steps < planned && timeAfter(this.#float, this.#at, steps) < timeMs) steps++;
    if (steps >= planned) return;
    this.#int[2 * at + engineInt.steps] = steps;
    this.#float[at + engineFloat.endMs] = timeAfter(this.#float, this.#at, steps);
  }

  /** A request became the head of the queue while the engine was at something. */
  #noticeArrival(readyMs: number): void {
    const at = this.#at;
    const now = this.#int[2 * at + engineInt.doing]!;
    if (now === doing.nothing) {
      const request = headOf(this.#int, this.#waiting);
      if (this.#maxRunSteps > 1 && foresee(this.#kind, at, this.#table, request)) return;
      this.#int[2 * at + engineInt.doing] = doing.awaiting;
      this.#float[at + engineFloat.endMs] = readyMs;
    } else if (now === doing.awaiting) {
      this.#float[at + engineFloat.endMs] = Math.min(this.#float[at + engineFloat.endMs]!, readyMs);
    } else if (now === doing.decoding && lengthOf(this.#int, this.#running) < this.costs.maxSequences) {
      this.#shortenTo(readyMs);
    }
  }
}

/** In place of the tokens kept of a request that this engine has not sent back to its queue. */
const notSentBack = -1;

/** The record of an engine that stands alone. */
function ownPlace(costs: EngineCosts): EnginePlace {
  return { kind: engineKind(costs, makeRecords(1, engineRecordSize(costs))), at: 0 };
}
