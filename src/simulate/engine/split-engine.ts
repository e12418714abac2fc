import type { EngineCosts } from "./engine-costs.ts";
import { Engine, type EngineListener } from "./engine.ts";
import { requestFloat, requestInt, requestInts, requestSize } from "./request-records.ts";
import type { RequestTable } from "./request-table.ts";

/** What stands in a request's record while it is the whole engine's, kept while its units see a part of it. */
interface Whole {
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  readonly readyMs: number;
}

/**
 * One engine whose prompts and answers run on separate units (prefill/decode disaggregation). A prompt goes to the prefill
 * unit with the fewest requests, which makes the first token; then its cache is copied over the unit's link, one request
 * after the other, to the decode unit with the fewest requests. There it waits for blocks and for the step in progress, and
 * the step that admits it computes one token over the copied cache, as engines do. After a preemption on a decode unit what
 * was copied counts as still at hand.
 *
 * Units are ordinary engines, advanced in the order in which their batches change, so that their events come in the order of
 * time whoever looks when.
 */
export class SplitEngine {
  readonly costs: EngineCosts;
  readonly #table: RequestTable;
  readonly #listener: EngineListener;
  readonly #prefill: readonly Engine[];
  readonly #decode: readonly Engine[];
  /** When each prefill unit's link is free again, ms. */
  readonly #linkFreeMs: Float64Array;
  readonly #whole = new Map<number, Whole>();
  #slowdown = 1;
  #transferMs = 0;

  constructor(costs: EngineCosts, table: RequestTable, listener: EngineListener, maxRunSteps?: number) {
    const split = costs.split!;
    this.costs = costs;
    this.#table = table;
    this.#listener = listener;
    this.#linkFreeMs = new Float64Array(split.prefillUnits);
    this.#prefill = Array.from({ length: split.prefillUnits }, (_, unit) => {
      const finished = (request: number, timeMs: number) => this.#prompted(unit, request, timeMs);
      return new Engine(costs, table, { finished }, maxRunSteps);
    });
    const finished = (request: number, timeMs: number) => this.#answered(request, timeMs);
    this.#decode = Array.from({ length: split.decodeUnits }, () => new Engine(costs, table, { finished }, maxRunSteps));
  }

  /** Requests held: waiting, in prefill, under way between units and decoding. */
  get requests(): number {
    return this.#whole.size;
  }

  /** Blocks in use where prompts run: what a prefix cache shares the memory with. */
  get usedBlocks(): number {
    return Math.max(...this.#prefill.map((unit) => unit.usedBlocks));
  }

  /** As `Engine.busyMs`: the mean over the units, as each has its share of the accelerators. */
  busyMs(nowMs: number): number {
    const units = [...this.#prefill, ...this.#decode];
    return units.reduce((sum, unit) => sum + unit.busyMs(nowMs), 0) / units.length;
  }

  /** As `Engine.drawnMs`, likewise. */
  drawnMs(nowMs: number): number {
    const units = [...this.#prefill, ...this.#decode];
    return units.reduce((sum, unit) => sum + unit.drawnMs(nowMs), 0) / units.length;
  }

  /** Time that links were busy copying caches, ms, all prefill units together. */
  get transferMs(): number {
    return this.#transferMs;
  }

  get preemptions(): number {
    return this.#decode.reduce((sum, unit) => sum + unit.preemptions, 0);
  }

  get nextChangeMs(): number {
    return Math.min(...[...this.#prefill, ...this.#decode].map((unit) => unit.nextChangeMs));
  }

  takes(inputTokens: number, outputTokens: number): boolean {
    return inputTokens + outputTokens <= this.costs.maxRequestTokens;
  }

  /** As `Engine.enqueue`; the engine has been advanced to the time of the hand-over, as the choice of a unit hangs on it. */
  enqueue(request: number): void {
    const { int, float } = this.#table;
    const at = request * requestInts;
    this.#whole.set(request, {
      inputTokens: int[at + requestInt.inputTokens]!,
      cachedTokens: int[at + requestInt.cachedTokens]!,
      outputTokens: int[at + requestInt.outputTokens]!,
      readyMs: float[request * requestSize + requestFloat.readyMs]!,
    });
    // A prefill unit is done with a request when its first token is there.
    int[at + requestInt.outputTokens] = 1;
    fewest(this.#prefill).enqueue(request);
  }

  /** Brings the engine to `nowMs`: everything that ends until then, `nowMs` included, has ended. */
  advance(nowMs: number): void {
    for (;;) {
      let first: Engine | null = null;
      for (const unit of this.#prefill) if (unit.nextChangeMs < (first?.nextChangeMs ?? Infinity)) first = unit;
      for (const unit of this.#decode) if (unit.nextChangeMs < (first?.nextChangeMs ?? Infinity)) first = unit;
      if (first === null || first.nextChangeMs > nowMs) break;
      first.advance(first.nextChangeMs);
    }
    for (const unit of [...this.#prefill, ...this.#decode]) unit.advance(nowMs);
  }

  /** Expected wait of a request that comes now until its prefill begins, ms. */
  drainMs(nowMs: number): number {
    return Math.min(...this.#prefill.map((unit) => unit.drainMs(nowMs)));
  }

  setSlowdown(factor: number, nowMs: number): void {
    this.advance(nowMs);
    this.#slowdown = factor;
    for (const unit of [...this.#prefill, ...this.#decode]) unit.setSlowdown(factor, nowMs);
  }

  /** Loses everything it holds, as in a crash, and calls `lost` for each request; ready for work again at once. */
  fail(nowMs: number, lost: (request: number) => void): void {
    this.advance(nowMs);
    for (const unit of [...this.#prefill, ...this.#decode]) {
      unit.fail(nowMs, (request) => {
        this.#restore(request);
        lost(request);
      });
    }
    this.#linkFreeMs.fill(0);
  }

  /** The first token is there: the cache goes to a decode unit, unless the answer ends with it. */
  #prompted(unit: number, request: number, timeMs: number): void {
    const { int, float } = this.#table;
    const at = request * requestInts;
    const { outputTokens } = this.#whole.get(request)!;
    if (outputTokens <= 1) {
      this.#answered(request, timeMs);
      return;
    }
    const split = this.costs.split!;
    const inputTokens = int[at + requestInt.inputTokens]!;
    const copyMs = (split.transferStartMs + split.transferPerTokenMs * inputTokens) * this.#slowdown;
    const readyMs = Math.max(timeMs, this.#linkFreeMs[unit]!) + copyMs;
    this.#linkFreeMs[unit] = readyMs;
    this.#transferMs += copyMs;
    // The first token is the last of what the answer continues; all before it was copied.
    int[at + requestInt.inputTokens] = inputTokens + 1;
    int[at + requestInt.cachedTokens] = inputTokens;
    int[at + requestInt.outputTokens] = outputTokens - 1;
    int[at + requestInt.generatedTokens] = 0;
    float[request * requestSize + requestFloat.readyMs] = readyMs;
    fewest(this.#decode).enqueue(request);
  }

  #answered(request: number, timeMs: number): void {
    const { outputTokens } = this.#restore(request);
    this.#table.int[request * requestInts + requestInt.generatedTokens] = outputTokens;
    this.#listener.finished(request, timeMs);
  }

  /** Gives the request's record back what the units changed in it. */
  #restore(request: number): Whole {
    const { int, float } = this.#table;
    const at = request * requestInts;
    const whole = this.#whole.get(request)!;
    int[at + requestInt.inputTokens] = whole.inputTokens;
    int[at + requestInt.cachedTokens] = whole.cachedTokens;
    int[at + requestInt.outputTokens] = whole.outputTokens;
    float[request * requestSize + requestFloat.readyMs] = whole.readyMs;
    this.#whole.delete(request);
    return whole;
  }
}

function fewest(units: readonly Engine[]): Engine {
  return units.reduce((best, unit) => (unit.requests < best.requests ? unit : best));
}
