import type { Redaction, World } from "../../catalog/index.ts";
import { engineBody, parseInferenceRequest, type InferenceRequest } from "../stream/chat-request.ts";
import type { Endpoint } from "../stream/endpoints.ts";
import { addMember, memberSpans } from "../wire/json-span.ts";
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
  if (known !== null && body === given)
    return { body: underBothNames(engineBody(known, given, engineModel), endpoint), redacted };
  const parsed = parseInferenceRequest(body, endpoint);
  const leaving = parsed.ok ? engineBody(parsed.request, body, engineModel) : body;
  return { body: underBothNames(leaving, endpoint), redacted };
}

/** A text that one engine looks for under another name than the other is there for both. */
function underBothNames(body: string, { sameText }: Endpoint): string {
  if (sameText === undefined) return body;
  const found = memberSpans(body, sameText);
  if (found.length !== 1) return body;
  const [{ key, span }] = found as [(typeof found)[0]];
  const text: unknown = JSON.parse(body.slice(span.valueStart, span.valueEnd));
  const other = sameText[0] === key ? sameText[1] : sameText[0];
  return typeof text === "string" ? addMember(body, other, text) : body;
}

/** What has to be taken out of a request from `area` before it goes to `site`; null = nothing. */
export function redactionFor(world: World, workload: number, area: number, site: number): Redaction | null {
  const { redaction = null } = world.workloads[workload]!;
  if (redaction === null || redaction.when === "always") return redaction;
  return world.areas[area]!.country === world.sites[site]!.country ? null : redaction;
}
