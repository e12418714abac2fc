import type { Workload } from "../catalog/index.ts";

/**
 * Weight of one whole budget of waiting against the cost of missing it. It orders sites that all keep the objective
 * and cost the same, and stays small so that it never buys speed nobody asked for.
 */
const patienceRatio = 0.01;
/** Cost of a miss when a workload names none, USD: only its sign matters, as nothing else is then at stake. */
const nominalMissUsd = 1e-6;

/** What time is worth to a workload; one object for all its lanes. */
export interface Stakes {
  /** First-token budget. */
  readonly budgetMs: number;
  /** Cost of missing it, USD. */
  readonly missUsd: number;
  /** Cost of waiting within it, USD/ms. */
  readonly latencyUsdPerMs: number;
}

export function stakesOf(workload: Workload): Stakes {
  const missUsd = Math.max(workload.unservedUsdPerRequest, nominalMissUsd);
  const { budgetMs } = workload.ttft;
  return { budgetMs, missUsd, latencyUsdPerMs: (missUsd * patienceRatio) / budgetMs };
}
