/** When a request goes to an engine and when it waits for one: the same for the gateway and for its simulation. */

/** A queue this short is a step of the engine in progress, not overload, ms. */
const shortQueueMs = 25;
/** Above this probability of missing the budget a request had better wait for another engine's queue to shrink. */
const missRatioToWait = 0.5;
/** Part of the budget that is planned with; the rest is for what cannot be foreseen. */
const marginRatio = 0.9;

/** Limits of the line, unless others are given. */
export const defaultLine = {
  /** Requests that may wait for room at an engine; beyond, the least urgent are sent away. */
  maxQueued: 2_000,
  /** Longest wait for room at an engine, when the first-token budget is not longer anyway, ms. */
  patienceMs: 1_000,
  /** Bytes of request bodies that may wait. */
  maxQueuedBytes: 256 * 1024 * 1024,
} as const;

/**
 * Whether beginning now serves a request better than waiting. What is not known is no reason to wait.
 *
 * @param queueMs the queue there is at the engine it would go to, not one that is assumed; NaN = unknown.
 * @param isPatient it could not be in time any more, or someone more urgent waits: then only a short queue will do.
 * @param missRatio probability that it would not be, there, with what it has
 * waited already.
 */
export function hasRoom(queueMs: number, isPatient: boolean, missRatio: number): boolean {
  return Number.isNaN(queueMs) || queueMs <= shortQueueMs || (!isPatient && !isLikelyLate(missRatio));
}

/** Whether a request would sooner miss its budget than keep it. */
export function isLikelyLate(missRatio: number): boolean {
  return missRatio > missRatioToWait;
}

/**
 * When a request must begin at the latest to be in time, ms after it came, with some room for error; `expectedMs` is what most
 * first tokens take where nobody queues.
 */
export function startsWithinMs(budgetMs: number, expectedMs: number): number {
  return Math.max(0, marginRatio * budgetMs - expectedMs);
}

/** Requests that an engine works on side by side: beyond its seats, or more than its memory holds of the mean size, they only wait there. */
export function placesOf(
  { maxSequences, kvTokenCapacity }: { readonly maxSequences: number; readonly kvTokenCapacity: number },
  {
    inputTokens,
    outputTokens,
  }: { readonly inputTokens: { readonly mean: number }; readonly outputTokens: { readonly mean: number } },
): number {
  return Math.max(1, Math.min(maxSequences, Math.floor(kvTokenCapacity / (inputTokens.mean + outputTokens.mean))));
}
