import { acceptanceUnits } from "../../perf/index.ts";
import type { EngineCosts } from "./engine-costs.ts";

/** Where the doubles of an engine stand, from the beginning of its record on. What every run touches lies in front. */
export const engineFloat = {
  /** When the current run ends, ms. */
  endMs: 0,
  startMs: 1,
  /** Length of the run's first step, and by how much each step is longer than the one before, ms. */
  firstStepMs: 2,
  growthMs: 3,
  /** Context tokens that the next step of the decoding sequences reads. */
  contextTokens: 4,
  /** Steps done since the engine started; marks positions of sequences without touching each of them. */
  counter: 5,
  /** Tokens the requests waiting and in prefill still have to be computed, cached ones not counted. */
  prefillBacklog: 6,
  freeBlocks: 8,
  /** Blocks ever taken: a clock by which freed blocks are overwritten. */
  takenBlocks: 9,
  /** When an engine that is at one request alone was last looked at, ms: see `engine-alone.ts`. */
  seenMs: 15,
  busyMs: 16,
  /** Moving average over the last finished requests. */
  meanOutputTokens: 17,
  slowdown: 18,
  recomputedTokens: 19,
  /** What the steps that have ended drew, ms at full load. */
  drawnMs: 20,
  /** What the run's first step asks for, and by how much each asks for more than the one before, ms at full load. */
  firstStepAskedMs: 21,
  askedGrowthMs: 22,
  /** What the prompt of a request that has the engine to itself draws, ms at full load. */
  promptDrawnMs: 23,
} as const;

/** Where the integers of an engine stand, from twice the beginning of its record on. */
export const engineInt = {
  doing: 14,
  /** Steps of the current run. */
  steps: 15,
  /** Sequences that decode. */
  sequences: 20,
  finishHeap: 21,
  prefillHead: 22,
  /** Lists of requests: see `request-list.ts`. */
  running: 23,
  waiting: 26,
  preemptions: 29,
} as const;

/** Doubles of an engine's own figures; the phases of its KV blocks follow, an integer each. */
export const engineSize = 24;

/** Parts a token is counted in, so that gains per step are whole. */
export function tokenUnits({ tokensPerStep = 1 }: EngineCosts): number {
  return Number.isInteger(tokensPerStep) ? 1 : acceptanceUnits;
}

/** Doubles of the record of an engine with these costs, rounded up to whole lines of memory. */
export function engineRecordSize(costs: EngineCosts): number {
  const phases = costs.kvBlockTokens * tokenUnits(costs);
  return Math.ceil((engineSize + phases / 2) / 8) * 8;
}
