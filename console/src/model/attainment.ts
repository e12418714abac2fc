import { tiers } from "../../../src/catalog/index.ts";
import { reachesTarget, type ServedResult, type SimulationResult } from "../../../src/simulate/index.ts";
import type { Board, WorkloadView } from "./board.ts";

export interface AttainmentCell {
  /** Share of the completed requests whose first token came within the budget. */
  readonly ratio: number;
  /** Whether the share reaches the workload's target, as far as chance lets it be told. */
  readonly met: boolean;
}

export interface AttainmentRow {
  readonly workload: WorkloadView;
  readonly targetRatio: number;
  /** In the order of `tiers`; null where no request went. */
  readonly byTier: readonly (AttainmentCell | null)[];
  readonly all: AttainmentCell | null;
}

/** Simulated first-token attainment by workload and tier. */
export function attainmentGrid(board: Board, result: SimulationResult): AttainmentRow[] {
  return board.workloads.map((workload) => {
    const targetRatio = board.world.workloads[workload.index]!.ttft.attainmentRatio;
    const measured = result.workloads.find((entry) => entry.workload === workload.id);
    const cellOf = (served: ServedResult | undefined): AttainmentCell | null => {
      const ratio = served?.ttftAttainmentRatio ?? null;
      return ratio === null ? null : { ratio, met: reachesTarget(ratio, targetRatio, served!.completed) };
    };
    return {
      workload,
      targetRatio,
      byTier: tiers.map((tier) => cellOf(measured?.tiers.find((entry) => entry.tier === tier))),
      all: cellOf(measured),
    };
  });
}

/** Share of all completed requests within their first-token budget; null when none was completed. */
export function overallAttainment(result: SimulationResult): number | null {
  let completed = 0;
  let within = 0;
  for (const workload of result.workloads) {
    completed += workload.completed;
    within += workload.completed * (workload.ttftAttainmentRatio ?? 0);
  }
  return completed > 0 ? within / completed : null;
}
