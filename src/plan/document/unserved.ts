/** Who is not served, why, and what would change it. */
import type { World } from "../../catalog/index.ts";
import { missedRequestUsd, secondsPerYear } from "../../finance/index.ts";
import { explainPhysics } from "../../route/index.ts";
import { fullLimits, type FullLimits } from "../world/full-limits.ts";
import { unservedShares, type ProblemSolution } from "../problem/problem.ts";
import { whyNot, wordsOfRequests, wordsOfTraining, type Finding, type Loss, type UnservedReason } from "./why-not.ts";
import type { WorldProblem } from "../world/world-problem.ts";

/** Unserved demand of one workload over one kind of access, for one reason. */
export interface Unserved {
  readonly workload: string;
  readonly access: string;
  readonly reason: UnservedReason;
  readonly peakPerS: number;
  readonly meanPerS: number;
  /** Share of all peak demand of the workload, over every access. */
  readonly shareOfWorkload: number;
  readonly usdPerYear: number;
  readonly areas: number;
  /** The largest areas concerned, by id. */
  readonly examples: readonly string[];
  readonly detail: string;
  readonly whatWouldHelp: readonly string[];
}

/** Training that does not get all it asks for, and why. */
export interface Untrained {
  /** Id of the training demand. */
  readonly training: string;
  /** What is missing, useful PFLOP/s. */
  readonly pflops: number;
  readonly usdPerYear: number;
  readonly reason: "price" | "limits" | "scale";
  readonly detail: string;
  readonly whatWouldHelp: readonly string[];
}

/** Shares below this are rounding, not people. */
const noticeableShare = 1e-6;
/** Rows taken apart one by one per workload and access; the remaining smaller ones are counted with the largest. */
const explainedRows = 300;

export function reportUnserved(planned: WorldProblem, solution: ProblemSolution): Unserved[] {
  const { world, period, problem, memberStarts, members } = planned;
  const share = unservedShares(problem, solution.share);
  const full = fullLimits(planned, solution);
  const byOrigin = new Map<string, { row: number; unserved: number; problemRow: number }[]>();
  for (let row = 0; row < planned.demandRowCount; row++) {
    if (share[row]! < noticeableShare) continue;
    for (let i = memberStarts[row]!; i < memberStarts[row + 1]!; i++) {
      const demand = world.demand[members[i]!]!;
      const key = `${demand.workload} ${demand.access}`;
      const list = byOrigin.get(key);
      const entry = { row: members[i]!, unserved: share[row]!, problemRow: row };
      if (list === undefined) byOrigin.set(key, [entry]);
      else list.push(entry);
    }
  }
  const lossOf = (entry: { unserved: number; problemRow: number }): Loss => ({
    usd: entry.unserved * problem.rows.unservedUsd[entry.problemRow]!,
    open: solution.open,
  });
  const report: Unserved[] = [];
  for (const entries of byOrigin.values()) {
    entries.sort((a, b) => lostPerS(world, period, b) - lostPerS(world, period, a) || a.row - b.row);
    const groups = new Map<UnservedReason, { finding: Finding; entries: typeof entries }>();
    let last: Finding | null = null;
    for (const [rank, entry] of entries.entries()) {
      const hasArcs = problem.arcs.starts[entry.problemRow + 1]! > problem.arcs.starts[entry.problemRow]!;
      let finding: Finding;
      if (hasArcs) finding = whyNot(planned, entry.problemRow, lossOf(entry), full, wordsOfRequests);
      // That a site next door would still be too far holds for every area alike.
      else if (last !== null && (last.reason === "physics" || rank >= explainedRows)) finding = last;
      else last = finding = whyImpossible(planned, entry.row);
      const group = groups.get(finding.reason);
      if (group === undefined) groups.set(finding.reason, { finding, entries: [entry] });
      else group.entries.push(entry);
    }
    for (const { finding, entries: rows } of groups.values()) report.push(summarise(world, period, finding, rows));
  }
  return report.sort((a, b) => b.usdPerYear - a.usdPerYear || (a.workload < b.workload ? -1 : 1));
}

/** Training demand that is left without accelerators in part or altogether. */
export function reportUntrained(planned: WorldProblem, solution: ProblemSolution): Untrained[] {
  const { world, period, problem, demandRowCount } = planned;
  const share = unservedShares(problem, solution.share);
  let full: FullLimits | undefined;
  return world.training.flatMap((training, index): Untrained[] => {
    const row = demandRowCount + index;
    if (share[row]! < noticeableShare || training.pflops[period]! === 0) return [];
    full ??= fullLimits(planned, solution);
    const pflops = share[row]! * training.pflops[period]!;
    const usdPerYear = share[row]! * problem.rows.unservedUsd[row]!;
    // A campus that no run has yet may still be chosen.
    const isObstacle = (limit: string): boolean => share[row]! < 1 || !limit.startsWith("campus of ");
    const why = whyNot(planned, row, { usd: usdPerYear, open: solution.open }, full, wordsOfTraining, isObstacle);
    return [{ training: training.id, pflops, usdPerYear, ...why }];
  });
}

function lostPerS(world: World, period: number, entry: { row: number; unserved: number }): number {
  return world.demand[entry.row]!.peakPerS[period]! * entry.unserved;
}

function summarise(
  world: World,
  period: number,
  finding: Finding,
  rows: readonly { row: number; unserved: number }[],
): Unserved {
  const first = world.demand[rows[0]!.row]!;
  const workload = world.workloads[first.workload]!;
  let peakPerS = 0;
  let meanPerS = 0;
  for (const entry of rows) {
    peakPerS += lostPerS(world, period, entry);
    meanPerS += world.demand[entry.row]!.meanPerS[period]! * entry.unserved;
  }
  let allPeakPerS = 0;
  for (const demand of world.demand) if (demand.workload === first.workload) allPeakPerS += demand.peakPerS[period]!;
  const areas = [...new Set(rows.map((entry) => world.demand[entry.row]!.area))];
  return {
    workload: workload.id,
    access: world.accessTypes[first.access]!.id,
    reason: finding.reason,
    peakPerS,
    meanPerS,
    shareOfWorkload: allPeakPerS > 0 ? peakPerS / allPeakPerS : 0,
    usdPerYear: meanPerS * secondsPerYear * missedRequestUsd(world, first.workload),
    areas: areas.length,
    examples: areas.slice(0, 3).map((area) => world.areas[area]!.id),
    detail: finding.detail,
    whatWouldHelp: finding.whatWouldHelp,
  };
}

function whyImpossible(planned: WorldProblem, row: number): Finding {
  const demand = planned.world.demand[row]!;
  const physics = explainPhysics(planned.policy, demand);
  const workload = planned.world.workloads[demand.workload]!;
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  const prefill = physics.nearestPrefill ?? physics.fastestPrefill;
  const parts = [`budget ${ms(physics.budgetMs)}`, `last mile ${ms(physics.lastMileMs)}`];
  if (physics.nearestSite !== null) {
    parts.push(`network to the nearest site, ${physics.nearestSite.id}, ${ms(physics.nearestSite.networkMs)}`);
  }
  if (prefill !== null) {
    parts.push(`prefill on an idle ${prefill.module} ${ms(prefill.ms)}`);
  } else if (physics.verdict === "memory") {
    parts.unshift(`no module on offer holds ${planned.world.models[workload.model]!.name}`);
  } else if (physics.verdict === "physics") {
    parts.unshift(`no module on offer keeps ${ms(workload.tpotBudgetMs ?? 0)} per output token`);
  }
  return {
    reason: physics.verdict === "served" ? "place" : physics.verdict,
    detail: parts.join(", "),
    whatWouldHelp: physics.remedies,
  };
}
