import type { AttemptOutcome } from "./ledger.ts";
import { hourMs, type RollUp } from "./roll-up.ts";

/** Times a report looks back over: 24 hours, 7 and 31 days (UTC, today included), everything. */
export const reportSpans = ["day", "week", "month", "all"] as const;
export type ReportSpan = (typeof reportSpans)[number];

/** What a report sums by. `time` is by hour over a day and by day over anything longer. */
export const reportGroupings = ["account", "workload", "model", "site", "owner", "time"] as const;
export type ReportGrouping = (typeof reportGroupings)[number];

/** Sums of attempts; money in integer nano-USD. */
export interface ReportSums {
  readonly attempts: number;
  /** Of them those that came to nothing: the engine failed, was too slow, or refused. */
  readonly failed: number;
  /** Of them answers that were given again from the cache. */
  readonly cached: number;
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  readonly responseBytes: number;
  readonly chargeNanoUsd: number;
  readonly egressNanoUsd: number;
}

/** Sums of what one account, site, hour … stands for. */
export interface ReportLine extends ReportSums {
  /** Id, or start of the hour or day as in ISO 8601; null for attempts that have none, as of a gateway without keys. */
  readonly key: string | null;
}

export interface ReportPart {
  /** Attempts at emulated engines are never summed with real ones: nobody owes anything for filler. */
  readonly emulated: boolean;
  readonly span: ReportSpan;
  readonly totals: ReportSums;
  /** Largest charge first, `time` in its own order; only as long as `longestList`. */
  readonly by: Readonly<Record<ReportGrouping, readonly ReportLine[]>>;
}

/** What the console shows of the ledger. Made of roll-ups, never of rows; holds no key and no request. */
export interface LedgerReport {
  readonly format: "disperse/ledger-report/v1";
  /** When the roll-ups were read, ms since 1970 UTC. */
  readonly asOfEpochMs: number;
  /** Attempts that have ended and were not in the ledger by then. */
  readonly unsavedRows: number;
  /** False when whoever may read the report need not know who the tenants are: then `account` is empty. */
  readonly accountsShown: boolean;
  readonly parts: readonly ReportPart[];
}

export interface ReportSettings {
  readonly epochMs: number;
  readonly unsavedRows: number;
  readonly accountsShown: boolean;
}

const dayMs = 24 * hourMs;
/** Longest list of one grouping; a browser shows no more with profit, and the command line sums all. */
const longestList = 5_000;
const failures: ReadonlySet<AttemptOutcome> = new Set(["upstream-failed", "timeout", "refused"]);

type Sums = { -readonly [Name in keyof ReportSums]: number };

/** Sums roll-ups for the console, over every span and by everything it shows. */
export function ledgerReport(rollUps: Iterable<RollUp>, settings: ReportSettings): LedgerReport {
  const { epochMs, unsavedRows, accountsShown } = settings;
  const today = Math.floor(epochMs / dayMs) * dayMs;
  const from: Record<ReportSpan, number> = {
    day: Math.floor(epochMs / hourMs) * hourMs - 23 * hourMs,
    week: today - 6 * dayMs,
    month: today - 30 * dayMs,
    all: Number.NEGATIVE_INFINITY,
  };
  const parts = new Map<string, Part>();
  for (const rollUp of rollUps) {
    for (const span of reportSpans) {
      if (rollUp.hourEpochMs < from[span]) continue;
      const name = `${rollUp.emulated} ${span}`;
      let part = parts.get(name);
      if (!part) parts.set(name, (part = new Part(rollUp.emulated, span)));
      part.add(rollUp, accountsShown);
    }
  }
  return {
    format: "disperse/ledger-report/v1",
    asOfEpochMs: epochMs,
    unsavedRows,
    accountsShown,
    parts: [...parts.values()].map((part) => part.told()),
  };
}

class Part {
  readonly #emulated: boolean;
  readonly #span: ReportSpan;
  readonly #totals = nothing();
  readonly #by = new Map(reportGroupings.map((grouping) => [grouping, new Map<string | null, Sums>()]));

  constructor(emulated: boolean, span: ReportSpan) {
    this.#emulated = emulated;
    this.#span = span;
  }

  add(rollUp: RollUp, accountsShown: boolean): void {
    const stepMs = this.#span === "day" ? hourMs : dayMs;
    const keys: Record<ReportGrouping, string | null> = {
      account: rollUp.accountId,
      workload: rollUp.workload,
      model: rollUp.model,
      site: rollUp.site,
      owner: rollUp.owner,
      time: new Date(Math.floor(rollUp.hourEpochMs / stepMs) * stepMs).toISOString(),
    };
    addTo(this.#totals, rollUp);
    for (const grouping of reportGroupings) {
      if (grouping === "account" && !accountsShown) continue;
      const lines = this.#by.get(grouping)!;
      let sums = lines.get(keys[grouping]);
      if (!sums) lines.set(keys[grouping], (sums = nothing()));
      addTo(sums, rollUp);
    }
  }

  told(): ReportPart {
    const linesOf = (grouping: ReportGrouping): ReportLine[] => {
      const lines = [...this.#by.get(grouping)!].map(([key, sums]) => ({ key, ...sums }));
      if (grouping === "time") return lines.sort((one, other) => (one.key! < other.key! ? -1 : 1)).slice(-longestList);
      const dearer = (one: ReportLine, other: ReportLine) =>
        other.chargeNanoUsd - one.chargeNanoUsd || other.attempts - one.attempts;
      return lines.sort(dearer).slice(0, longestList);
    };
    return {
      emulated: this.#emulated,
      span: this.#span,
      totals: this.#totals,
      by: {
        account: linesOf("account"),
        workload: linesOf("workload"),
        model: linesOf("model"),
        site: linesOf("site"),
        owner: linesOf("owner"),
        time: linesOf("time"),
      },
    };
  }
}

function nothing(): Sums {
  return {
    attempts: 0,
    failed: 0,
    cached: 0,
    inputTokens: 0,
    cachedTokens: 0,
    outputTokens: 0,
    responseBytes: 0,
    chargeNanoUsd: 0,
    egressNanoUsd: 0,
  };
}

function addTo(sums: Sums, rollUp: RollUp): void {
  sums.attempts += rollUp.attempts;
  if (failures.has(rollUp.outcome)) sums.failed += rollUp.attempts;
  if (rollUp.outcome === "cached") sums.cached += rollUp.attempts;
  sums.inputTokens += rollUp.inputTokens;
  sums.cachedTokens += rollUp.cachedTokens;
  sums.outputTokens += rollUp.outputTokens;
  sums.responseBytes += rollUp.responseBytes;
  sums.chargeNanoUsd += rollUp.chargeNanoUsd;
  sums.egressNanoUsd += rollUp.egressNanoUsd;
}
