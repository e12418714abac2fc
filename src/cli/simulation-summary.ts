import type { SimulationResult } from "../simulate/index.ts";
import { ms, percent, three, usd } from "./figures.ts";
import { textTable } from "./text-table.ts";

/** A simulation in one table, with a mark where an objective was missed, and the agreement with the plan. */
export function simulationSummary(result: SimulationResult): string {
  const rows = result.workloads.map((workload) => [
    workload.workload,
    String(workload.arrived),
    String(workload.completed),
    String(workload.rejected),
    ms(workload.ttftMs.p50 ?? Number.NaN),
    ms(workload.ttftMs.p95 ?? Number.NaN),
    ms(workload.ttftMs.p99 ?? Number.NaN),
    ms(workload.tpotMs.mean ?? Number.NaN),
    ms(workload.e2eMs.p50 ?? Number.NaN),
    objectiveText(workload),
  ]);
  const { requests, money, residencyViolations } = result;
  return [
    textTable(
      [
        "workload (simulated)",
        "sent",
        "completed",
        "refused",
        "TTFT p50",
        "p95",
        "p99",
        "TPOT",
        "E2E p50",
        "objective kept",
      ],
      rows,
    ),
    "",
    `${three(result.simulatedS / 60)} min simulated: ${requests.arrived} requests sent = ${requests.completed} completed + ${requests.rejected} refused + ${requests.inFlight} in flight`,
    ...refusals(result),
    `goodput ${three(requests.goodputPerS)} req/s; ${usdPer1k(money.usdPer1000OutputTokens)} per 1,000 output tokens; residency violations: ${residencyViolations}`,
  ].join("\n");
}

/** Why requests were refused: what no plan could serve looks different from what a fault took away. */
function refusals({ workloads }: SimulationResult): string[] {
  const lines = workloads
    .filter((workload) => workload.rejections.length > 0)
    .map((workload) => {
      const reasons = [...workload.rejections].sort((a, b) => b.count - a.count);
      const shares = reasons.map(({ reason, count }) => `${reason} ${percent(count / workload.arrived)}`);
      return `  refused of ${workload.workload}: ${shares.join(", ")}`;
    });
  return lines.length > 0 ? lines : ["  nothing was refused"];
}

/** Whether the workload's objective was kept by the requests it completed; refused ones are shown apart. */
export function objectiveKept(workload: SimulationResult["workloads"][number]): boolean {
  return workload.ttftAttainmentRatio === null || workload.ttftAttainmentRatio >= workload.targetRatio - 0.005;
}

function objectiveText(workload: SimulationResult["workloads"][number]): string {
  if (workload.ttftAttainmentRatio === null) return "– none completed";
  const mark = objectiveKept(workload) ? "✓" : "✗";
  return `${mark} ${percent(workload.ttftAttainmentRatio)} of ${percent(workload.targetRatio, 0)}`;
}

function usdPer1k(value: number | null): string {
  return value === null ? "–" : usd(value);
}
