import { asciiJson } from "./byte-text.ts";
import type { Admitted } from "./inference.ts";
import type { ByteText } from "./ports.ts";

/** Body of `GET /v1/routes/{id}`. */
export function explanation(admitted: Admitted, area: string, access: string, workload: string): ByteText {
  const { decision, requestId, bestEffort } = admitted;
  return asciiJson({
    object: "disperse.route",
    id: requestId,
    workload,
    area,
    access,
    slo: bestEffort ? "best-effort" : "budget",
    budget_ms: decision.budgetMs,
    target: decision.target,
    fallbacks: decision.fallbacks,
    rejected: decision.rejected,
  });
}
