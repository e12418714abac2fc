import type { RollUp } from "./roll-up.ts";

/** The ledger of one operator: the owner whose gateway took the requests in and charged for them. */
export interface OperatorLedger {
  readonly operator: string;
  readonly rollUps: readonly RollUp[];
}

/** What one owner owes another, integer nano-USD. */
export interface Due {
  readonly debtor: string;
  readonly creditor: string;
  readonly attempts: number;
  readonly tokens: number;
  readonly nanoUsd: number;
}

export interface Settlement {
  /** Every pair in which one served what the other charged for. */
  readonly gross: readonly Due[];
  /** One payment at most for each pair of owners. */
  readonly net: readonly Omit<Due, "attempts" | "tokens">[];
}

/**
 * Settles what owners served for each other. The operator has charged the caller; it owes the site's owner that charge,
 * less its own share, `operatorShareRatio` of it. Exact: shares are rounded once per pair, and what one owes another gets.
 */
export function settle(ledgers: readonly OperatorLedger[], operatorShareRatio: number): Settlement {
  const pairs = new Map<
    string,
    { debtor: string; creditor: string; attempts: number; tokens: number; nanoUsd: number }
  >();
  for (const { operator, rollUps } of ledgers) {
    for (const { owner, attempts, chargedTokens, chargeNanoUsd } of rollUps) {
      if (owner === operator || chargeNanoUsd === 0) continue;
      const key = JSON.stringify([operator, owner]);
      const pair = pairs.get(key) ?? { debtor: operator, creditor: owner, attempts: 0, tokens: 0, nanoUsd: 0 };
      pair.attempts += attempts;
      pair.tokens += chargedTokens;
      pair.nanoUsd += chargeNanoUsd;
      pairs.set(key, pair);
    }
  }
  const gross = [...pairs.values()]
    .map((pair) => ({ ...pair, nanoUsd: pair.nanoUsd - Math.round(pair.nanoUsd * operatorShareRatio) }))
    .sort((one, other) => (one.debtor + one.creditor < other.debtor + other.creditor ? -1 : 1));
  const owed = (debtor: string, creditor: string) =>
    gross.find((due) => due.debtor === debtor && due.creditor === creditor)?.nanoUsd ?? 0;
  const net = gross.flatMap(({ debtor, creditor }) => {
    const nanoUsd = owed(debtor, creditor) - owed(creditor, debtor);
    return nanoUsd > 0 ? [{ debtor, creditor, nanoUsd }] : [];
  });
  return { gross, net };
}
