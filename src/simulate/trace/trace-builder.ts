import { traceActions, type Trace, type TraceRule } from "./trace.ts";
import { HashBlocks } from "./hash-blocks.ts";
import { sortChunks, type ChunkSpan } from "./trace-sort.ts";
import { ChunkWriter, MemoryTraceStore, type TraceStore } from "./trace-store.ts";

/** A request as a parser read it; `timeMs` on any clock, NaN where a field is no number. */
export interface ParsedRow {
  readonly timeMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly prefixHashes?: readonly number[];
}

/** No model in the catalogue takes a hundredth of it. */
const absurdTokens = 10_000_000;
const yearMs = 365 * 86_400_000;
/** So many rows tell what time it is: a wrong clock in the first row must not condemn all that follow. */
const clockRows = 101;

/** Collects rows as a parser reads them, applies the rules all formats share, and reports. */
export class TraceBuilder {
  readonly #makeStore: () => TraceStore;
  readonly #store: TraceStore;
  readonly #writer: ChunkWriter;
  readonly #problems = new Map<TraceRule, { count: number; firstLine: number; example: string }>();
  #spans: ChunkSpan[] = [];
  #rows = 0;
  #used = 0;
  #waiting: { row: ParsedRow; line: number; text: string }[] | null = [];
  #middleMs = Number.NaN;
  #baseMs = Number.NaN;
  #isSorted = true;
  #hasHashes = false;
  readonly #blocks = new HashBlocks();
  #before: { atMs: number; inputTokens: number; outputTokens: number; hashes: readonly number[] } | null = null;
  #firstMs = Number.POSITIVE_INFINITY;
  #lastMs = Number.NEGATIVE_INFINITY;
  #chunkFirstMs = Number.POSITIVE_INFINITY;
  #chunkLastMs = Number.NEGATIVE_INFINITY;

  /** `makeStore` is called once, and again when the rows turn out to need sorting. */
  constructor(makeStore: () => TraceStore = () => new MemoryTraceStore()) {
    this.#makeStore = makeStore;
    this.#store = makeStore();
    this.#writer = new ChunkWriter(this.#store);
  }

  countRow(): void {
    this.#rows++;
  }

  reject(rule: TraceRule, line: number, text: string): void {
    const known = this.#problems.get(rule);
    if (known) known.count++;
    else this.#problems.set(rule, { count: 1, firstLine: line, example: printable(text) });
  }

  add(row: ParsedRow, line: number, text: string): void {
    const { timeMs, inputTokens, outputTokens } = row;
    if (!Number.isFinite(timeMs)) return this.reject("bad-time", line, text);
    if (!isCount(inputTokens) || !isCount(outputTokens)) return this.reject("bad-tokens", line, text);
    if (inputTokens > absurdTokens || outputTokens > absurdTokens) return this.reject("absurd-tokens", line, text);
    if (inputTokens === 0 || outputTokens === 0) return this.reject("empty-request", line, text);
    if (this.#waiting === null) return this.#keep(row, line, text);
    this.#waiting.push({ row, line, text });
    if (this.#waiting.length === clockRows) this.#readClock();
  }

  finish(): Trace {
    this.#readClock();
    this.#endChunk();
    let store = this.#store;
    let writer = this.#writer;
    if (!this.#isSorted) {
      store = this.#makeStore();
      writer = sortChunks(this.#store, this.#spans, store);
    }
    const problems = [...this.#problems].map(([rule, found]) => ({ rule, action: traceActions[rule], ...found }));
    return {
      count: this.#used,
      lastMs: this.#used === 0 ? 0 : this.#lastMs - this.#firstMs,
      chunkStartMs: writer.starts,
      chunkCounts: writer.counts,
      hashBlockTokens: this.#hasHashes ? this.#blocks.tokens : null,
      report: { rows: this.#rows, used: this.#used, problems },
      chunk: (position) => store.read(position),
    };
  }

  /** The middle of the first times is the trace's own; then the rows that waited for it are taken. */
  #readClock(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    if (waiting.length === 0) return;
    const times = waiting.map(({ row }) => row.timeMs).toSorted((a, b) => a - b);
    this.#middleMs = times[(times.length - 1) >> 1]!;
    for (const { row, line, text } of waiting) this.#keep(row, line, text);
  }

  #keep(row: ParsedRow, line: number, text: string): void {
    const { timeMs, inputTokens, outputTokens, prefixHashes: hashes = [] } = row;
    if (Math.abs(timeMs - this.#middleMs) > yearMs) return this.reject("absurd-time", line, text);
    if (Number.isNaN(this.#baseMs)) this.#baseMs = timeMs;
    const atMs = timeMs - this.#baseMs;
    const before = this.#before;
    if (before && atMs < before.atMs) {
      this.#isSorted = false;
      this.reject("unordered", line, text);
    } else if (
      before?.atMs === atMs &&
      inputTokens === before.inputTokens &&
      outputTokens === before.outputTokens &&
      sameHashes(hashes, before.hashes)
    ) {
      this.reject("duplicated", line, text);
    }
    this.#before = { atMs, inputTokens, outputTokens, hashes };
    this.#firstMs = Math.min(this.#firstMs, atMs);
    this.#lastMs = Math.max(this.#lastMs, atMs);
    this.#chunkFirstMs = Math.min(this.#chunkFirstMs, atMs);
    this.#chunkLastMs = Math.max(this.#chunkLastMs, atMs);
    this.#used++;
    if (hashes.length > 0) {
      this.#hasHashes = true;
      this.#blocks.add(inputTokens, hashes.length);
    }
    const chunks = this.#writer.starts.length;
    this.#writer.add(atMs, inputTokens, outputTokens, hashes);
    if (this.#writer.starts.length > chunks) this.#closeSpan();
  }

  #endChunk(): void {
    const chunks = this.#writer.starts.length;
    this.#writer.flush();
    if (this.#writer.starts.length > chunks) this.#closeSpan();
  }

  #closeSpan(): void {
    this.#spans.push({ firstMs: this.#chunkFirstMs, lastMs: this.#chunkLastMs });
    this.#chunkFirstMs = Number.POSITIVE_INFINITY;
    this.#chunkLastMs = Number.NEGATIVE_INFINITY;
  }
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 0;
}

function sameHashes(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((hash, i) => hash === b[i]);
}

/** The beginning of a row without anything a terminal would act on; binary files come this way too. */
function printable(text: string): string {
  return text.slice(0, 120).replace(/\p{Cc}/gu, "\ufffd");
}
