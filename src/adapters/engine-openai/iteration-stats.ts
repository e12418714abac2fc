import type { EngineSignals } from "../../serve/index.ts";

/** What TensorRT-LLM tells of an iteration, as far as it is used here. */
interface Iteration {
  readonly numActiveRequests?: unknown;
  readonly numQueuedRequests?: unknown;
  readonly kvCacheStats?: { readonly usedNumBlocks?: unknown; readonly maxNumBlocks?: unknown } | null;
  readonly attentionDpRank?: unknown;
}

/**
 * The load in TensorRT-LLM's list of iterations, which `trtllm-serve` answers at `/metrics` where it was not started with metrics for
 * Prometheus. Each iteration is told once and to whoever asks first, so an empty list says nothing, not even that the engine is idle.
 * Null for anything else.
 */
export function readIterations(text: string, atMs: number): EngineSignals | null {
  if (!text.startsWith("[")) return null;
  let iterations: readonly (Iteration | null)[];
  try {
    iterations = JSON.parse(text) as typeof iterations;
  } catch {
    return null;
  }
  // The latest of each rank that has requests of its own.
  const latest = new Map<unknown, Iteration>();
  for (const iteration of iterations) {
    if (typeof iteration?.numActiveRequests !== "number") continue;
    latest.set(iteration.attentionDpRank ?? 0, iteration);
  }
  if (latest.size === 0) return null;
  const sum = (of: (iteration: Iteration) => unknown): number =>
    [...latest.values()].reduce((total, iteration) => total + numberOf(of(iteration)), 0);
  const waitingRequests = sum(({ numQueuedRequests }) => numQueuedRequests);
  return {
    source: "scrape",
    atMs,
    runningRequests: sum(({ numActiveRequests }) => numActiveRequests),
    waitingRequests,
    drainMs: waitingRequests === 0 ? 0 : Number.NaN,
    kvUsageRatio:
      sum(({ kvCacheStats }) => kvCacheStats?.usedNumBlocks) / sum(({ kvCacheStats }) => kvCacheStats?.maxNumBlocks),
  };
}

function numberOf(value: unknown): number {
  return typeof value === "number" && value >= 0 ? value : Number.NaN;
}
