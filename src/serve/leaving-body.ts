import type { Redaction, World } from "../catalog/index.ts";
import { engineBody, parseInferenceRequest, type InferenceRequest } from "./chat-request.ts";
import type { Endpoint } from "./endpoints.ts";
import { redactJson, type RedactionCounts } from "./redaction.ts";

/** A body fit to leave for an engine. */
export interface LeavingBody {
  readonly body: string;
  /** What was taken out; null when nothing had to be looked for. */
  readonly redacted: RedactionCounts | null;
}

/** Makes the body for an engine: without what the workload says must not leave, and with the engine's name for the model. */
export function leavingBody(
  given: string,
  known: InferenceRequest | null,
  endpoint: Endpoint,
  engineModel: string,
  redaction: Redaction | null,
): LeavingBody {
  const cleaned = redaction === null ? null : redactJson(given, 0, given.length, redaction.kinds);
  const body = cleaned?.body ?? given;
  const redacted = cleaned?.counts ?? null;
  // Positions in the request belong to the body it came with.
  if (known !== null && body === given) return { body: engineBody(known, given, engineModel), redacted };
  const parsed = parseInferenceRequest(body, endpoint);
  return { body: parsed.ok ? engineBody(parsed.request, body, engineModel) : body, redacted };
}

/** What has to be taken out of a request from `area` before it goes to `site`; null = nothing. */
export function redactionFor(world: World, workload: number, area: number, site: number): Redaction | null {
  const { redaction = null } = world.workloads[workload]!;
  if (redaction === null || redaction.when === "always") return redaction;
  return world.areas[area]!.country === world.sites[site]!.country ? null : redaction;
}
