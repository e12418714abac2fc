/** How engines that share accelerators divide their memory. */
import { memoryOf, type ReplicaSpec } from "./memory.ts";

/** Shares of a memory are given in hundredths, as servers take them on their command lines. */
const parts = 100;

/**
 * Least share of an accelerator's memory that an engine can run with beside others, in whole hundredths: its weights, its
 * working memory, and the cache of one request of `requestTokens`. Above 1 where it does not fit even alone.
 */
export function leastMemoryRatio(spec: ReplicaSpec, requestTokens: number): number {
  const { available, weights, overhead, perToken } = memoryOf(spec);
  const cache = perToken * Math.max(requestTokens, spec.engine.kvBlockTokens);
  return Math.ceil((parts * (weights + overhead + cache)) / available) / parts;
}

/** What one of several engines on an accelerator asks of its memory. */
export interface MemoryAsk {
  readonly leastRatio: number;
  /** Share of the time that the engine is kept busy. */
  readonly busyRatio: number;
}

/**
 * The rule by which engines on one accelerator divide its memory: each has the least it can run with, and what is left goes
 * to them in proportion to the time they are kept busy, as what an engine holds of its requests grows with their rate.
 *
 * @returns The share of each in whole hundredths, together at most 1; null where the engines do not fit together.
 */
export function divideMemory(asks: readonly MemoryAsk[]): number[] | null {
  const least = asks.reduce((sum, { leastRatio }) => sum + leastRatio, 0);
  const busy = asks.reduce((sum, { busyRatio }) => sum + busyRatio, 0);
  if (!(least <= 1 + rounding)) return null;
  if (asks.length === 1) return [1];
  const left = Math.max(0, 1 - least);
  return asks.map(({ leastRatio, busyRatio }) => {
    const share = leastRatio + left * (busy > 0 ? busyRatio / busy : 1 / asks.length);
    return Math.floor(parts * (share + rounding)) / parts;
  });
}

/** What adding up hundredths may be off by. */
const rounding = 1e-9;
