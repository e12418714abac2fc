import { rejectReasons } from "../../route/index.ts";
import type { PlanDocument } from "../../plan/index.ts";
import { differenceCause, reachesTarget, type SimulationResult } from "../../simulate/index.ts";
import { energy, ms, percent, three, usd } from "../terminal/figures.ts";
import { predictionLines } from "../document/prediction-lines.ts";
import { textTable } from "../terminal/text-table.ts";
import { reasonText, shareText } from "../document/unserved-text.ts";

/** What a simulation needs to know of its plan. */
type PlanTerms = Pick<PlanDocument, "unserved" | "failover">;

/**
 * A simulation in one table, with a mark where an objective was missed, and the agreement with the plan.
 *
 * @param plan What it is of. A request is refused for what stands; the plan tells why nothing else does.
 */
export function simulationSummary(result: SimulationResult, plan: PlanTerms): string {
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
    ...lineLines(result),
    ...callerLines(result),
    ...agreementLines(result, plan),
    ...(result.predictions.length > 0 ? [predictionLines(result.predictions), ""] : []),
    `goodput ${three(requests.goodputPerS)} req/s; ${usdPer1k(money.usdPer1000OutputTokens)} per 1,000 output tokens; residency violations: ${residencyViolations}`,
  ].join("\n");
}

/** Pools listed in the summary; the result document and --csv have all. */
const shownPools = 12;

function explanationOf(
  agreement: SimulationResult["agreement"],
  standardScore: number | null,
  isReserve: boolean,
): string {
  if (standardScore === null) return isReserve ? "kept for failures" : "not planned";
  return Math.abs(standardScore) <= 3 ? "chance" : differenceCause(agreement, standardScore > 0);
}

/** Pool by pool what was planned and what happened, the largest first, and how far the engine model was right. */
function agreementLines({ agreement, closedForms }: SimulationResult, { unserved, failover }: PlanTerms): string[] {
  const pools = agreement.pools.filter((pool) => pool.plannedRequests > 0 || pool.completedRequests > 0);
  if (pools.length === 0) return [];
  const size = (pool: (typeof pools)[number]): number => Math.max(pool.plannedRequests, pool.completedRequests);
  const shown = pools.toSorted((a, b) => size(b) - size(a)).slice(0, shownPools);
  const rows = shown.map((pool) => [
    pool.pool,
    pool.plannedRequests.toFixed(0),
    String(pool.completedRequests),
    pool.relativeDifference === null ? "–" : percent(pool.relativeDifference),
    explanationOf(agreement, pool.standardScore, failover !== undefined),
  ]);
  const more =
    pools.length > shown.length
      ? [`  … and ${pools.length - shown.length} smaller pools (--out or --csv has all)`]
      : [];
  return [
    "",
    textTable(["pool: planned and happened", "planned", "completed", "difference", "explained by"], rows),
    ...more,
    `${percent(agreement.movedRatio)} of the planned requests were served by another pool than planned; ${agreement.unplannedRequests.toFixed(0)} requests were expected for which the plan has no capacity${planReasons(unserved)}`,
    ...energyLine(agreement),
    ...closedFormLines(closedForms),
    "",
  ];
}

/** What serving adds to idling; with engines that stop it may be less than nothing. */
function energyLine({ plannedServing, serving }: SimulationResult["agreement"]): string[] {
  if (!(plannedServing.kwh > 0)) return [];
  const told = ({ kwh, usd: price }: typeof serving) => `${energy(kwh)} (${usd(price)})`;
  const apart = percent(serving.kwh / plannedServing.kwh - 1);
  return [
    `energy above idling: ${told(serving)} drawn; at what the plan takes a request for, the mean over its day, ${told(plannedServing)} (drawn: ${apart})`,
  ];
}

/** Why the plan leaves requests unserved, and what part of those each reason has. */
function planReasons(unserved: PlanDocument["unserved"]): string {
  const all = unserved.reduce((sum, { meanPerS }) => sum + meanPerS, 0);
  if (all === 0) return "";
  const shares = [...Map.groupBy(unserved, ({ reason }) => reason)]
    .map(([reason, entries]) => ({ reason, part: entries.reduce((sum, { meanPerS }) => sum + meanPerS, 0) / all }))
    .sort((a, b) => b.part - a.part);
  return `, by its own account for ${shares.map(({ reason, part }) => `${reasonText(reason, "optimal")} (${shareText(part)})`).join(", ")}`;
}

/** How far the engine model was right where it claims to be, and why it claims nothing elsewhere. */
function closedFormLines(closedForms: SimulationResult["closedForms"]): string[] {
  if (closedForms.length === 0) return [];
  const claimed = closedForms.filter((entry) => entry.noClaim === null);
  type Time = "tpot" | "ttftMean" | "e2eMean" | "ttftP99" | "e2eP99";
  const tails = claimed.filter((entry) => entry.noTailClaim === null && entry.ttftP99 !== null);
  const worst = (entries: typeof claimed, time: Time): string =>
    percent(Math.max(0, ...entries.map((entry) => Math.abs(entry[time]?.relativeDifference ?? 0))));
  const mean = (time: Time): string => worst(claimed, time);
  const tail = (time: Time): string => worst(tails, time);
  const reasons = Map.groupBy(
    closedForms.filter((entry) => entry.noClaim !== null),
    (entry) => entry.noClaim,
  );
  return [
    ...(claimed.length > 0
      ? [
          `engine model of the plan against the simulated engines, in ${claimed.length} group(s) of which it claims 3 % in means; largest difference: TPOT ${mean("tpot")}, TTFT ${mean("ttftMean")}, E2E ${mean("e2eMean")}`,
        ]
      : []),
    ...(tails.length > 0
      ? [
          `  in ${tails.length} of them it claims 10 % at p99 as well; largest difference: TTFT ${tail("ttftP99")}, E2E ${tail("e2eP99")}`,
        ]
      : []),
    ...[...reasons].map(([why, group]) => `engine model of the plan: no claim for ${group.length} group(s): ${why}`),
  ];
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

/** What happened in front of the engines, where anybody had to wait there. */
function lineLines({ requests, waitingLine }: SimulationResult): string[] {
  const p99 = waitingLine?.waitMs.p99;
  if (p99 == null) return [];
  return [`  ${requests.waited} requests waited in the gateway for room and got it, at p99 after ${ms(p99)}`];
}

/** What became of whose requests, where the scenario tells callers apart. */
function callerLines({ workloads }: SimulationResult): string[] {
  const rows = workloads.flatMap(({ workload, callers = [] }) =>
    callers.map((caller) => [
      workload,
      caller.accounts > 1 ? `${caller.account} × ${caller.accounts}` : caller.account,
      caller.priority,
      String(caller.arrived),
      String(caller.completed),
      String(caller.overloaded),
      String(caller.rejected - caller.overloaded),
      ms(caller.ttftMs.p95 ?? Number.NaN),
      caller.attainmentOfArrivedRatio === null ? "–" : percent(caller.attainmentOfArrivedRatio),
    ]),
  );
  if (rows.length === 0) return [];
  const head = [
    "workload: who sent it",
    "account",
    "priority",
    "sent",
    "completed",
    "turned away",
    "otherwise refused",
    "TTFT p95",
    "of all sent in time",
  ];
  return ["", textTable(head, rows)];
}

/** Refusals that a plan foresees: it leaves demand unserved, and says so. All others count as missed. */
const foreseen: readonly string[] = [...rejectReasons, "no-engine"];

/**
 * Whether the workload's objective was kept by the requests the plan meant to serve: completed in time, among those that
 * were completed or lost to a fault. What the plan leaves unserved is shown apart.
 */
export function objectiveKept(workload: SimulationResult["workloads"][number]): boolean {
  const kept = keptOf(workload);
  return kept === null || reachesTarget(kept.ratio, workload.targetRatio, kept.requests);
}

function keptOf({
  completed,
  ttftAttainmentRatio,
  rejections,
}: SimulationResult["workloads"][number]): { readonly ratio: number; readonly requests: number } | null {
  const lost = rejections.reduce((sum, { reason, count }) => (foreseen.includes(reason) ? sum : sum + count), 0);
  const requests = completed + lost;
  return requests === 0 ? null : { ratio: ((ttftAttainmentRatio ?? 0) * completed) / requests, requests };
}

function objectiveText(workload: SimulationResult["workloads"][number]): string {
  const kept = keptOf(workload);
  if (kept === null) return "– none completed";
  const mark = objectiveKept(workload) ? "✓" : "✗";
  return `${mark} ${percent(kept.ratio)} of ${percent(workload.targetRatio, 0)}`;
}

function usdPer1k(value: number | null): string {
  return value === null ? "–" : usd(value);
}
