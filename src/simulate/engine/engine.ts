import { promptShare } from "../../perf/index.ts";
import { busyMsAlone, drawnMsAlone, finishAlone, foresee, forget } from "./engine-alone.ts";
import type { EngineCosts } from "./engine-costs.ts";
import { admitNext, cutChunk } from "./batch-admission.ts";
import { joinDecode, leaveDecode, stepsToFinish } from "./decoding.ts";
import { addBacklog, drainMsOf } from "./engine-drain.ts";
import * as engineKinds from "./engine-kind.ts";
import { engineKind, type EngineKind } from "./engine-kind.ts";
import * as engineRecords from "./engine-records.ts";
import { engineRecordSize } from "./engine-records.ts";
import { beginSteps, drawnIn, drawnMsUntil, stepsUntil, timeAfter } from "./engine-run.ts";
import { popFinish } from "./finish-heap.ts";
import { makeRecords } from "../chance/records.ts";
import * as preemption from "./preemption.ts";
import { makeRoomForDecode } from "./preemption.ts";
import { clearList, headOf, insertAfter, lengthOf, remove, tailOf } from "./request-list.ts";
import * as requestRecords from "./request-records.ts";
import type { RequestTable } from "./request-table.ts";

// Of this module, so that they are constants to the compiler: what is imported is fetched and checked at every use.
const { doing } = engineKinds;
const { engineFloat, engineInt } = engineRecords;
const { notSentBack } = preemption;
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
    addBacklog(this.#kind, this.#at, target - done);
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

  // A run begins.

  #beginRun(timeMs: number): void {
    const preempted = makeRoomForDecode(this.#kind, this.#at, this.#table);
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
      const tokens = cutChunk(this.#table, request, budget);
      pairs += tokens * (requests[request * requestInts + requestInt.prefillDone]! + tokens / 2);
      prefillTokens += tokens;
      if (tokens > largest) largest = tokens;
      budget -= tokens;
      request = requests[request * requestInts + requestInt.next]!;
    }
    if (!preempted) {
      while (budget > 0 && admitNext(this.#kind, at, this.#table, timeMs)) {
        const request = tailOf(int, this.#running);
        const tokens = cutChunk(this.#table, request, budget);
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
    const most = Math.min(stepsToFinish(this.#kind, at, this.#table), this.#maxRunSteps);
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
      leaveDecode(this.#kind, at, table, request);
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
      addBacklog(this.#kind, this.#at, -tokens);
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
        joinDecode(this.#kind, this.#at, table, request);
      }
      request = next;
    }
    this.#int[head] = request;
  }

  // Time.

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

/** The record of an engine that stands alone. */
function ownPlace(costs: EngineCosts): EnginePlace {
  return { kind: engineKind(costs, makeRecords(1, engineRecordSize(costs))), at: 0 };
}
