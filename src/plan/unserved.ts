/** Who is not served, why, and what would change it. */
import type { World } from "../catalog/index.ts";
import { missedRequestUsd, secondsPerYear } from "../finance/index.ts";
import { explainPhysics, type Physics } from "../route/index.ts";
import { fullLimits, type FullLimits } from "./full-limits.ts";
import { money } from "./money.ts";
import { unservedShares, type ProblemSolution } from "./problem.ts";
import type { WorldProblem } from "./world-problem.ts";

/**
 * Why demand is left unserved. Nothing could serve it: `physics` (no site, however near, meets the budget), `place` (a
 * nearer site would), `law`, `export`, `memory`, `tier`. Something could, but: `price` (serving costs more than the
 * scenario says a lost request is worth), `limits` (what could serve it is full), `scale` (too little demand in reach to
 * pay for a site or a module).
 */
export type UnservedReason = Exclude<Physics["verdict"], "served"> | "price" | "limits" | "scale";

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

interface Finding<Reason = UnservedReason> {
  readonly reason: Reason;
  readonly detail: string;
  readonly whatWouldHelp: readonly string[];
}

/** What is said of a row that something could serve. */
interface Words {
  readonly price: (cheapestUsd: number, worthUsd: number) => string;
  readonly dearer: (times: string) => string;
  readonly worthless: string;
  readonly scale: string;
  readonly cheaper: string;
}

const wordsOfRequests: Words = {
  price: (cheapestUsd, worthUsd) =>
    `serving costs at least ${money(cheapestUsd)} a year, leaving it unserved ${money(worthUsd)}`,
  dearer: (times) => `a lost request worth ${times} times as much`,
  worthless: "a lost request that is worth something, and demand beyond the peak",
  scale: "the demand in reach does not pay for another module or for opening a site",
  cheaper: "smaller or cheaper modules, a cheaper site, or more demand in reach",
};

const wordsOfTraining: Words = {
  price: (cheapestUsd, worthUsd) =>
    `all of it costs at least ${money(cheapestUsd)} a year, going without ${money(worthUsd)}`,
  dearer: (times) => `an unservedPenalty of ${times} times as much`,
  worthless: "an unservedPenalty or a price above 0",
  scale: "what is missing does not pay for another module or for opening a site",
  cheaper: "smaller or cheaper modules, or a cheaper site",
};

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
  const report: Unserved[] = [];
  for (const entries of byOrigin.values()) {
    entries.sort((a, b) => lostPerS(world, period, b) - lostPerS(world, period, a) || a.row - b.row);
    const groups = new Map<UnservedReason, { finding: Finding; entries: typeof entries }>();
    let last: Finding | null = null;
    for (const [rank, entry] of entries.entries()) {
      const hasArcs = problem.arcs.starts[entry.problemRow + 1]! > problem.arcs.starts[entry.problemRow]!;
      let finding: Finding;
      if (hasArcs) finding = whyNot(planned, entry.problemRow, full, wordsOfRequests);
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
    const why = whyNot(planned, row, full, wordsOfTraining, isObstacle);
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

function whyNot(
  { problem }: WorldProblem,
  row: number,
  full: FullLimits,
  words: Words,
  isObstacle: (limit: string) => boolean = () => true,
): Finding<"price" | "limits" | "scale"> {
  let cheapestUsd = Infinity;
  const blocking = new Map<string, number>();
  let unblocked = false;
  const { arcs, pools, rows } = problem;
  for (let arc = arcs.starts[row]!; arc < arcs.starts[row + 1]!; arc++) {
    const pool = arcs.pool[arc]!;
    cheapestUsd = Math.min(cheapestUsd, arcs.usd[arc]! + arcs.load[arc]! * pools.usd[pool]!);
    const names = full.ofArc(arc).filter(isObstacle);
    // Of what stands already there can be no more, so it is no way out that other limits leave open.
    if (names.length === 0 && !full.isWhole(pool)) unblocked = true;
    for (const name of names) blocking.set(name, (blocking.get(name) ?? 0) + 1);
  }
  const worthUsd = rows.unservedUsd[row]!;
  if (cheapestUsd >= worthUsd) {
    return {
      reason: "price",
      detail: words.price(cheapestUsd, worthUsd),
      whatWouldHelp: [worthUsd > 0 ? words.dearer((cheapestUsd / worthUsd).toFixed(2)) : words.worthless],
    };
  }
  if (!unblocked && blocking.size === 0) {
    return {
      reason: "limits",
      detail: "all that stands and could serve it is full, and no more can be had in this period",
      whatWouldHelp: ["modules that are delivered earlier, or sites that stay open longer"],
    };
  }
  if (!unblocked) {
    const names = [...blocking].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([name]) => name);
    return {
      reason: "limits",
      detail: `everything that could serve it is full: ${names.slice(0, 3).join(", ")}`,
      whatWouldHelp: names.slice(0, 3).map(remedyFor),
    };
  }
  return {
    reason: "scale",
    detail: words.scale,
    whatWouldHelp: [words.cheaper],
  };
}

/** What would have to give way of a limit with this name. */
function remedyFor(limit: string): string {
  if (limit.startsWith("least ")) return `a smaller ${limit}`;
  return limit === "most sites" ? "more sites" : `more ${limit}`;
}
