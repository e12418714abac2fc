import { asciiJson } from "./byte-text.ts";
import type { Admitted } from "./admitted.ts";
import type { ByteText } from "./ports.ts";

/** Body of `GET /v1/routes/{id}`. Times in ms; says nothing of prompt, answer, key or address. */
export function explanation(admitted: Admitted, area: string, access: string, workload: string): ByteText {
  const { decision, requestId, slo } = admitted;
  return asciiJson({
    object: "disperse.route",
    id: requestId,
    workload,
    area,
    access,
    slo,
    budget_ms: decision.budgetMs,
    target: decision.target,
    fallbacks: decision.fallbacks,
    rejected: decision.rejected,
    redacted: admitted.redacted.counts,
    attempts: admitted.trail.map((note) => ({
      number: note.number,
      reason: note.reason,
      site: note.site,
      pool: note.pool,
      outcome: note.outcome,
      status: note.status,
      started_after_ms: note.startedAfterMs,
      ttft_ms: note.ttftMs,
      duration_ms: note.durationMs,
    })),
  });
}
