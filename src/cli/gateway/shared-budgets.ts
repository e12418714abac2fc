import type { Accounts } from "../../serve/index.ts";

/** How often is looked at what other gateways have charged, ms. */
const lookMs = 2_000;
/** So many times as long as looking takes is waited before the next look: long ledgers cost no more than a twentieth. */
const restRatio = 20;

/**
 * Keeps budgets common to all gateways whose ledgers lie in one database: what the others have charged counts here a look
 * later. Settles after the first look; rejects when that fails. Returns what ends it.
 */
export async function shareBudgets(
  accounts: Accounts,
  charges: () => Promise<ReadonlyMap<string, number>>,
): Promise<() => void> {
  let timer: NodeJS.Timeout | null = null;
  let over = false;
  const look = async () => {
    const startedMs = performance.now();
    const byAccount = await charges();
    if (over) return;
    accounts.chargedElsewhere(byAccount);
    lookAfter(Math.max(lookMs, restRatio * (performance.now() - startedMs)));
  };
  const lookAfter = (delayMs: number) => {
    // What is known stays true while the database is away: nothing charged is ever taken back.
    const again = () => {
      if (!over) lookAfter(lookMs);
    };
    timer = setTimeout(() => void look().catch(again), delayMs);
    timer.unref();
  };
  await look();
  return () => {
    over = true;
    if (timer) clearTimeout(timer);
  };
}
