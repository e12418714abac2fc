import type { Decision } from "../../route/index.ts";
import { asciiJson } from "../wire/byte-text.ts";
import { covers } from "../mesh/drains.ts";
import type { RouteStory } from "./kept-routes.ts";
import type { ByteText } from "../wire/ports.ts";

type Refusal =
  | Decision["rejected"][number]
  | { readonly site: string; readonly reason: "drained"; readonly detail: string };

/** A route as it is told, and whose request it was. */
export interface ToldRoute {
  readonly accountId: string | null;
  /** JSON. */
  readonly body: ByteText;
}

/** Body of `GET /v1/routes/{id}`. Times in ms; says nothing of prompt, answer, key or address. */
export function explanation(story: RouteStory, area: string, access: string, workload: string): ByteText {
  const { decision, requestId, slo } = story;
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
    rejected: refusals(story, workload),
    redacted: story.redacted,
    attempts: story.trail.map((note) => ({
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

/** The policy's refusals, with the operator's word where a site was out: to the policy it is one that is not healthy. */
function refusals({ decision, drained }: RouteStory, workload: string): Refusal[] {
  const out = drained.filter((drain) => covers(drain, drain.site, [workload]));
  const given = decision.rejected.map((refusal): Refusal => {
    const drain = refusal.reason === "unhealthy" ? out.find(({ site }) => site === refusal.site) : undefined;
    return drain ? { ...refusal, reason: "drained", detail: detailOf(drain.reason) } : refusal;
  });
  const unnamed = out.filter(({ site }) => !given.some((refusal) => refusal.site === site));
  return [
    ...unnamed.map(({ site, reason }) => ({ site, reason: "drained" as const, detail: detailOf(reason) })),
    ...given,
  ];
}

function detailOf(reason: string | null): string {
  return `taken out by the operator${reason === null ? "" : `: ${reason}`}`;
}
