import { sumBy, type RollUp } from "../serve/index.ts";

/**
 * What the console shows of the ledger: sums by hour, site and workload. Made of roll-ups, never of rows, and without
 * keys and accounts, since the console asks nobody who they are.
 */
export function ledgerReport(rollUps: readonly RollUp[]) {
  const shown = sumBy(rollUps, ({ hourEpochMs, site, tier, owner, workload, outcome, emulated }) =>
    JSON.stringify({ hourEpochMs, site, tier, owner, workload, outcome, emulated }),
  );
  return [...shown].map(([key, sums]) => {
    const { attempts, inputTokens, cachedTokens, outputTokens, requestBytes, responseBytes } = sums;
    const { chargeNanoUsd, egressNanoUsd } = sums;
    const of = JSON.parse(key) as Pick<RollUp, "hourEpochMs" | "site" | "tier" | "owner" | "workload" | "outcome">;
    return {
      ...of,
      attempts,
      inputTokens,
      cachedTokens,
      outputTokens,
      requestBytes,
      responseBytes,
      chargeNanoUsd,
      egressNanoUsd,
    };
  });
}
