import { sumBy, type AccountSettings, type RollUp } from "../../serve/index.ts";

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
 * One worker's part of every limit. It begins with an equal part of what was left when the workers were started, and what it
 * lacks it asks the others for (`WorkerAllowances`); together they can never spend more than the whole, also after one of them
 * was started anew, because its own spending since then is in its ledger.
 */
export function shareOf(
  settings: AccountSettings,
  { number, of: workers, spentBefore }: { number: number; of: number; spentBefore: SpentBefore },
): AccountSettings {
  return {
    ...settings,
    parts: workers,
    part: number,
    accounts: settings.accounts.map((account) => {
      const before = spentBefore.byAll[account.id] ?? 0;
      const since = account.spentNanoUsd - (spentBefore.byThis[account.id] ?? 0);
      const { budgetNanoUsd } = account;
      return {
        ...account,
        budgetNanoUsd:
          budgetNanoUsd === null ? null : before + Math.floor(Math.max(0, budgetNanoUsd - before) / workers),
        spentNanoUsd: before + since,
      };
    }),
  };
}
