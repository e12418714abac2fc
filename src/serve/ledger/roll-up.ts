import type { LedgerRow } from "./ledger.ts";

/** Rows that agree in all of these are summed into one roll-up. */
const dimensions = [
  "accountId",
  "keyId",
  "workload",
  "model",
  "area",
  "areaCountry",
  "dataClass",
  "site",
  "siteCountry",
  "tier",
  "owner",
  "emulated",
  "outcome",
  "priceNanoUsdPerMTok",
] as const;
/** Summed columns of the ledger, all integers. */
const measures = [
  "inputTokens",
  "cachedTokens",
  "outputTokens",
  "requestBytes",
  "responseBytes",
  "chargeNanoUsd",
  "egressNanoUsd",
] as const;

export type RollUpKey = Pick<LedgerRow, (typeof dimensions)[number]> & {
  /** Start of the hour in which the attempts ended, ms since 1970 UTC. */
  readonly hourEpochMs: number;
};

/** The attempts of one hour that agree in everything that is reported by. Sums are exact integers. */
export type RollUp = RollUpKey &
  Readonly<Record<(typeof measures)[number], number>> & {
    readonly attempts: number;
    /** Input and output tokens of attempts that were charged. */
    readonly chargedTokens: number;
  };

export const hourMs = 3_600_000;

/** For stores that sum by themselves. */
export const rollUpColumns = { dimensions, measures, hourMs } as const;

/** Sums rows by hour and everything that is reported by; adds to `into` when given. */
export function rollUp(rows: Iterable<LedgerRow>, into = new Map<string, RollUp>()): Map<string, RollUp> {
  for (const row of rows) {
    const hourEpochMs = Math.floor(row.epochMs / hourMs) * hourMs;
    const name = JSON.stringify([hourEpochMs, ...dimensions.map((dimension) => row[dimension] ?? null)]);
    into.set(name, into.has(name) ? addRollUps(into.get(name)!, ofRow(row, hourEpochMs)) : ofRow(row, hourEpochMs));
  }
  return into;
}

/** The sum of two roll-ups of the same key. */
function addRollUps(one: RollUp, other: RollUp): RollUp {
  const sum: Record<string, unknown> = { ...one };
  for (const measure of [...measures, "attempts", "chargedTokens"] as const)
    sum[measure] = one[measure] + other[measure];
  return sum as unknown as RollUp;
}

/** Sums roll-ups further, by any text of theirs: an account, a site, an owner, an hour. */
export function sumBy(
  rollUps: Iterable<RollUp>,
  by: (rollUp: RollUp) => string,
): Map<string, Omit<RollUp, keyof RollUpKey>> {
  const sums = new Map<string, RollUp>();
  for (const entry of rollUps) {
    const name = by(entry);
    const known = sums.get(name);
    sums.set(name, known ? addRollUps(known, entry) : entry);
  }
  return sums;
}

function ofRow(row: LedgerRow, hourEpochMs: number): RollUp {
  const rollUp: Record<string, unknown> = { hourEpochMs };
  // Rows written before a column existed lack it; they are summed as unknown.
  for (const dimension of dimensions) rollUp[dimension] = row[dimension] ?? null;
  for (const measure of measures) rollUp[measure] = row[measure];
  rollUp["attempts"] = 1;
  rollUp["chargedTokens"] = row.chargeNanoUsd > 0 ? row.inputTokens + row.outputTokens : 0;
  return rollUp as unknown as RollUp;
}
