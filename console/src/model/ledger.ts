/** What the console shows of the ledger: the part that was asked for, with names in place of ids. */
import type { LedgerReport, ReportGrouping, ReportLine, ReportPart, ReportSpan } from "../../../src/serve/index.ts";
import type { Board } from "./board.ts";

/** Spans in the order in which they are offered. */
export const spans: readonly { readonly id: ReportSpan; readonly name: string; readonly words: string }[] = [
  { id: "day", name: "24 hours", words: "the last 24 hours" },
  { id: "week", name: "7 days", words: "the last 7 days (UTC), today included" },
  { id: "month", name: "31 days", words: "the last 31 days (UTC), today included" },
  { id: "all", name: "All", words: "everything in the ledger" },
];

const usualSpan: ReportSpan = "week";

export function spanOf(asked: string | null): ReportSpan {
  return spans.find(({ id }) => id === asked)?.id ?? usualSpan;
}

/** A row of one of the tables. */
export interface LedgerRow extends ReportLine {
  readonly id: string;
  readonly name: string;
  /** Of the attempts those that came to nothing, 0 to 1. */
  readonly failedRatio: number;
}

/** Attempts at emulated engines are shown apart, and only by themselves when there are no others. */
export function partOf(report: LedgerReport, span: ReportSpan, emulated: boolean): ReportPart | null {
  return report.parts.find((part) => part.span === span && part.emulated === emulated) ?? null;
}

/** Which kinds of engines the ledger knows at all. */
export function kindsIn(report: LedgerReport): { readonly real: boolean; readonly emulated: boolean } {
  return {
    real: report.parts.some(({ emulated }) => !emulated),
    emulated: report.parts.some(({ emulated }) => emulated),
  };
}

/** Rows of one table; ids the plan knows get their name, others stay as they are: a ledger is older than its plan. */
export function rowsOf(board: Board, part: ReportPart, grouping: Exclude<ReportGrouping, "time">): LedgerRow[] {
  const { world } = board;
  const named: Partial<Record<ReportGrouping, readonly { readonly id: string; readonly name?: string }[]>> = {
    workload: world.workloads,
    model: world.models,
    site: world.sites,
  };
  const nameOf = new Map(named[grouping]?.map((entry) => [entry.id, entry.name ?? entry.id]));
  return part.by[grouping].map((line) => ({
    ...line,
    id: line.key ?? "(none)",
    name: line.key === null || line.key === "" ? "none" : (nameOf.get(line.key) ?? line.key),
    failedRatio: line.attempts > 0 ? line.failed / line.attempts : 0,
  }));
}

const hourMs = 3_600_000;
/** Bars in one chart; older ones are left to the tables. */
const mostBars = 92;

/** One bar of the chart over time. */
export interface TimeBar {
  /** Start, ms since 1970 UTC. */
  readonly epochMs: number;
  readonly label: string;
  readonly chargeUsd: number;
  readonly attempts: number;
  readonly failed: number;
}

/** Hours or days in a row up to the report, those without attempts included: a gap is to be seen as one. */
export function timeBars(report: LedgerReport, part: ReportPart): TimeBar[] {
  const stepMs = part.span === "day" ? hourMs : 24 * hourMs;
  const lines = new Map(part.by.time.map((line) => [Date.parse(line.key ?? ""), line]));
  const last = Math.floor(report.asOfEpochMs / stepMs) * stepMs;
  const first = Math.min(last, ...lines.keys());
  const bars: TimeBar[] = [];
  for (let epochMs = Math.max(first, last - (mostBars - 1) * stepMs); epochMs <= last; epochMs += stepMs) {
    const line = lines.get(epochMs);
    const iso = new Date(epochMs).toISOString();
    bars.push({
      epochMs,
      label: part.span === "day" ? iso.slice(11, 16) : iso.slice(5, 10),
      chargeUsd: (line?.chargeNanoUsd ?? 0) / 1e9,
      attempts: line?.attempts ?? 0,
      failed: line?.failed ?? 0,
    });
  }
  return bars;
}
