import { headerSafe } from "../wire/byte-text.ts";
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
  const { budgetMs } = routes.policy.world.workloads[workload]!.ttft;
  const shares =
    `total=${tenths(budgetMs)}, network=${tenths(terms.rttMs)}, ` +
    `queue=${tenths(terms.queueMs)}, prefill=${tenths(terms.prefillMs)}`;
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
    shares,
    "x-disperse-cost-usd",
    costText(terms.egressUsd + terms.energyUsd),
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

/** Put together from whole numbers, whose text V8 has ready; that of a fraction is searched for digit by digit. */
function tenths(ms: number): string {
  const count = Math.round(ms * 10);
  if (!(count >= 0 && count < 1e6)) return String(count / 10);
  const whole = Math.floor(count / 10);
  return count === whole * 10 ? String(whole) : `${whole}.${count - whole * 10}`;
}

let knownUsd = Number.NaN;
let knownText = "";

/** Most answers in a row come from the same few places at the same cost. */
function costText(usd: number): string {
  if (usd !== knownUsd) {
    knownUsd = usd;
    knownText = usd.toFixed(9);
  }
  return knownText;
}
