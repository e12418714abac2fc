import { describe, explainPhysics, type Policy, type RejectReason } from "../../route/index.ts";
import { apiError, type ApiError } from "../wire/api-error.ts";
import type { Admitted } from "./admitted.ts";
import { covers } from "../mesh/drains.ts";

/** Sites an error names. */
const shownSites = 5;
/** Advice to callers while everything is drained, ms. */
const drainedRetryMs = 10_000;

/**
 * Turns a decision without a target into the error that names the rule which stood in the way: the one that was
 * asked last among all sites, because a site refused for latency has already passed the law.
 */
export function refusal(
  policy: Policy,
  { placement, routes, workload, area, access, drained }: Admitted,
  retryAfterMs: number,
  hasEngine: (site: string) => boolean,
): ApiError {
  const decision = describe(routes, { workload, area, access }, placement);
  const reasons = new Set(decision.rejected.map((rejection) => rejection.reason));
  const down = decision.rejected.filter(({ reason }) => reason === "unhealthy");
  const name = policy.world.workloads[workload]!.name;
  const place = policy.world.areas[area]!.name;
  const { id } = policy.world.workloads[workload]!;
  if (down.length > 0 && down.every(({ site }) => drained.some((drain) => covers(drain, site, [id])))) {
    const sites = [...new Set(down.map(({ site }) => site))].join(", ");
    const detail = `Every engine that may serve ${name} from ${place} is taken out by the operator: ${sites}.`;
    return apiError("no_site", { detail, retryAfterMs: drainedRetryMs });
  }
  if (down.length > 0 && !down.some(({ site }) => hasEngine(site))) {
    const sites = fewOf([...new Set(down.map(({ site }) => site))]);
    const detail = `No engine is connected where ${name} from ${place} may be served: ${sites}.`;
    const hint = "The operator names servers with --upstream, or leaves --no-emulated out to have them emulated.";
    return apiError("no_site", { detail, hint });
  }
  if (decision.target !== null || reasons.has("unhealthy")) return apiError("overloaded", { retryAfterMs });
  const physics = explainPhysics(policy, { workload, area, access });
  const late = (["latency-network", "latency-compute"] as const).find((reason) => reasons.has(reason));
  if (late !== undefined || (reasons.size === 0 && physics.verdict !== "law")) {
    const nearest = decision.rejected.find((rejection) => rejection.reason === late);
    const why = nearest ? `: at ${nearest.site} ${nearest.detail}` : "";
    const help =
      physics.remedies.length > 0
        ? ` What would help: ${physics.remedies.join("; or ")}.`
        : " The plan placed no engines in reach.";
    return apiError("latency_unreachable", {
      detail: `No engine can answer ${name} from ${place} within ${physics.budgetMs} ms${why}.${help}`,
    });
  }
  if (reasons.has("residency") || physics.verdict === "law") {
    const law = decision.rejected.find((rejection) => rejection.reason === "residency");
    return apiError("residency_refused", {
      detail: `No site where ${name} data from ${place} may be processed can serve it${law ? `: ${law.detail}` : ""}.`,
    });
  }
  const [first] = decision.rejected;
  const reason: RejectReason | "unhealthy" | undefined = first?.reason;
  return apiError("no_site", {
    detail: reason
      ? `No site can serve ${name} from ${place}: ${first!.site} is refused by ${reason}: ${first!.detail}.`
      : `No engines of ${name} are placed anywhere.`,
  });
}

/** The first names of a list that may be long. */
function fewOf(names: readonly string[]): string {
  const more = names.length - shownSites;
  return names.slice(0, shownSites).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
