import { sumBy, type AccountSettings, type RollUp } from "../serve/index.ts";

/** What accounts had been charged when the workers were started, integer nano-USD by account. */
export interface SpentBefore {
  /** In the ledgers of all workers together. */
  readonly byAll: Readonly<Record<string, number>>;
  /** In the ledger of this worker. */
  readonly byThis: Readonly<Record<string, number>>;
}

export function spentByAccount(rollUps: readonly RollUp[]): Record<string, number> {
  const sums = sumBy(rollUps, ({ accountId }) => accountId ?? "");
  return Object.fromEntries([...sums].map(([account, { chargeNanoUsd }]) => [account, chargeNanoUsd]));
}

/**
 * One worker's part of every limit. Workers do not ask each other before they let a request in, so each gets an equal
 * part of what was left when they started; together they can never spend more than the whole, also after one of them was
 * started anew, because its own spending since then is in its ledger.
 */
export function shareOf(settings: AccountSettings, workers: number, spentBefore: SpentBefore): AccountSettings {
  const part = (limit: number | null) => (limit === null ? null : limit / workers);
  return {
    ...settings,
    accounts: settings.accounts.map((account) => {
      const before = spentBefore.byAll[account.id] ?? 0;
      const since = account.spentNanoUsd - (spentBefore.byThis[account.id] ?? 0);
      const { budgetNanoUsd, maxInFlight } = account;
      return {
        ...account,
        budgetNanoUsd:
          budgetNanoUsd === null ? null : before + Math.floor(Math.max(0, budgetNanoUsd - before) / workers),
        spentNanoUsd: before + since,
        requestsPerMinute: part(account.requestsPerMinute),
        tokensPerMinute: part(account.tokensPerMinute),
        ...(maxInFlight != null && { maxInFlight: Math.max(1, Math.floor(maxInFlight / workers)) }),
      };
    }),
  };
}
