import { headerSafe } from "./byte-text.ts";
import type { Attempt } from "./attempt.ts";
import type { RedactionCounts } from "./redaction.ts";
import type { Admitted } from "./admitted.ts";

/** Why this engine answered. */
export type AnswerReason = "least-expected-cost" | "best-effort" | "batch" | "fallback" | "hedge";

/** Header fields of an answer that came from an engine: names and values by turns. */
export function answerHeaders(
  { requestId, routes, workload, cacheKey, redacted }: Admitted,
  { target, number }: Attempt,
  contentType: string,
  reason: AnswerReason,
  emulated: boolean,
): string[] {
  const { site, tier, terms } = target;
  const shares = [
    `total=${tenths(routes.policy.world.workloads[workload]!.ttft.budgetMs)}`,
    `network=${tenths(terms.rttMs)}`,
    `queue=${tenths(terms.queueMs)}`,
    `prefill=${tenths(terms.prefillMs)}`,
  ];
  const headers = [
    "content-type",
    headerSafe(contentType),
    "cache-control",
    "no-store",
    // The name under which the clients of OpenAI's API look for it.
    "x-request-id",
    requestId,
    "x-disperse-request-id",
    requestId,
    "x-disperse-site",
    headerSafe(site),
    "x-disperse-tier",
    tier,
    "x-disperse-reason",
    reason,
    "x-disperse-attempts",
    String(number),
    "x-disperse-budget-ms",
    shares.join(", "),
    "x-disperse-cost-usd",
    (terms.egressUsd + terms.energyUsd).toFixed(9),
  ];
  if (redacted.counts !== null) headers.push("x-disperse-redacted", countsText(redacted.counts));
  if (cacheKey !== null) headers.push("x-disperse-cache", "miss");
  if (emulated) headers.push("x-disperse-emulated", "true");
  return headers;
}

function countsText(counts: RedactionCounts): string {
  const entries = Object.entries(counts).map(([kind, count]) => `${kind}=${count}`);
  return entries.length === 0 ? "nothing" : entries.join(", ");
}

function tenths(ms: number): string {
  return String(Math.round(ms * 10) / 10);
}
