import type { SimulationResult } from "../run/simulation-result.ts";

/** What a sweep keeps of a case: everything but the long lists by site, pool and window. */
export type SweepRecord = Pick<
  SimulationResult,
  "simulatedS" | "requests" | "workloads" | "tiers" | "money" | "residencyViolations"
> & {
  readonly movedRatio: number;
  readonly energyKwh: number;
};

export function sweepRecord(result: SimulationResult): SweepRecord {
  const { simulatedS, requests, workloads, tiers, money, residencyViolations, agreement } = result;
  return {
    simulatedS,
    requests,
    workloads,
    tiers,
    money,
    residencyViolations,
    movedRatio: agreement.movedRatio,
    energyKwh: tiers.reduce((sum, tier) => sum + tier.energyKwh, 0),
  };
}
