import { isGatewayAccount } from "./gateway-account.ts";
import type { RollUp } from "./roll-up.ts";

/** What was served at one site for other gateways, as both sides wrote it down. */
export interface HandoverEvidence {
  readonly site: string;
  /** By the ledger of the gateway that holds the site. */
  readonly served: Counted;
  /** By the ledgers of the gateways that handed over, which charged for it. */
  readonly charged: Counted;
  readonly agrees: boolean;
}

interface Counted {
  readonly attempts: number;
  /** Input and output. */
  readonly tokens: number;
}

/**
 * Sets what gateways served for each other beside what they charged for it. Each entry is everything in one gateway's ledger; a
 * site is looked at where its own gateway's ledger is among them. Complete answers alone: of one that broke off each side saw
 * its own part.
 */
export function handoverEvidence(ledgers: readonly (readonly RollUp[])[]): HandoverEvidence[] {
  const served = ledgers.map((rollUps) => countBySite(rollUps.filter(({ accountId }) => isGatewayAccount(accountId))));
  const charged = ledgers.map((rollUps) =>
    countBySite(rollUps.filter(({ accountId }) => !isGatewayAccount(accountId))),
  );
  return served
    .flatMap((bySite, index) =>
      [...bySite].map(([site, own]): HandoverEvidence => {
        const theirs = { attempts: 0, tokens: 0 };
        for (const [other, sums] of charged.entries()) {
          if (other === index) continue;
          theirs.attempts += sums.get(site)?.attempts ?? 0;
          theirs.tokens += sums.get(site)?.tokens ?? 0;
        }
        const agrees = own.attempts === theirs.attempts && own.tokens === theirs.tokens;
        return { site, served: own, charged: theirs, agrees };
      }),
    )
    .sort((one, other) => (one.site < other.site ? -1 : 1));
}

function countBySite(rollUps: readonly RollUp[]): Map<string, Counted> {
  const sums = new Map<string, { attempts: number; tokens: number }>();
  for (const { site, outcome, attempts, inputTokens, outputTokens } of rollUps) {
    if (outcome !== "served") continue;
    const sum = sums.get(site) ?? { attempts: 0, tokens: 0 };
    sum.attempts += attempts;
    sum.tokens += inputTokens + outputTokens;
    sums.set(site, sum);
  }
  return sums;
}
