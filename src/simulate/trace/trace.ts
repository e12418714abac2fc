import type { TraceChunk } from "./trace-store.ts";

/**
 * A recorded sequence of requests. Parsers never throw on content: every row that is not used is counted under a named
 * rule, the first of each kind with its line, so a report can say what was left out and why.
 *
 * Rows lie in chunks, which a store keeps in memory or on disk: a trace may be larger than the memory.
 */
export interface Trace {
  /** Number of usable requests. */
  readonly count: number;
  /** When the last request was sent, ms since the first. */
  readonly lastMs: number;
  /** Time of the first request of every chunk, ms since the first of all. Times never fall within a trace. */
  readonly chunkStartMs: readonly number[];
  /** Requests of every chunk. */
  readonly chunkCounts: readonly number[];
  /** Tokens per block of `TraceChunk.hashes`; null where no request has any. */
  readonly hashBlockTokens: number | null;
  readonly report: TraceReport;
  chunk(position: number): TraceChunk;
}

export interface TraceRequest {
  /** Since the first request of the trace, ms. */
  readonly atMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Hash of each block of the prompt, in order; equal leading hashes are equal prefixes. */
  readonly prefixHashes?: readonly number[];
}

/** All requests as objects; for small traces, as it takes ten times the memory of the chunks. */
export function traceRequests(trace: Trace): TraceRequest[] {
  return trace.chunkStartMs.flatMap((_, position) => {
    const { count, atMs, inputTokens, outputTokens, hashStart, hashes } = trace.chunk(position);
    return Array.from({ length: count }, (_unused, row): TraceRequest => {
      const blocks = [...hashes.subarray(hashStart[row]!, hashStart[row + 1]!)];
      return {
        atMs: atMs[row]!,
        inputTokens: inputTokens[row]!,
        outputTokens: outputTokens[row]!,
        ...(blocks.length > 0 ? { prefixHashes: blocks } : {}),
      };
    });
  });
}

export interface TraceReport {
  /** Rows that held something, the header not counted. */
  readonly rows: number;
  readonly used: number;
  readonly problems: readonly TraceProblem[];
}

export interface TraceProblem {
  readonly rule: TraceRule;
  /** What was done with such rows. */
  readonly action: "skipped" | "sorted" | "kept";
  readonly count: number;
  /** The first of them, from 1, header included. */
  readonly firstLine: number;
  readonly example: string;
}

/** Why a row is remarkable. */
export type TraceRule =
  /** Too few or too many fields, or not the format at all: skipped. */
  | "malformed"
  /** The last row ends in the middle, or the compressed file does: skipped. */
  | "truncated"
  /** A time that is no time: skipped. */
  | "bad-time"
  /** A token count that is no whole number: skipped. */
  | "bad-tokens"
  /** No input or no output: nothing to simulate, skipped. */
  | "empty-request"
  /** More tokens than any model takes (above 10 million): skipped. */
  | "absurd-tokens"
  /** Earlier than the row before it: kept, the trace is sorted. */
  | "unordered"
  /** Equal to the row before it in every field: kept, as simultaneous equal requests do occur. */
  | "duplicated"
  /** More than a year away from the middle of the first rows: skipped. */
  | "absurd-time";

export const traceActions: Readonly<Record<TraceRule, TraceProblem["action"]>> = {
  malformed: "skipped",
  truncated: "skipped",
  "bad-time": "skipped",
  "bad-tokens": "skipped",
  "empty-request": "skipped",
  "absurd-tokens": "skipped",
  unordered: "sorted",
  duplicated: "kept",
  "absurd-time": "skipped",
};
