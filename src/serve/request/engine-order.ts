import { isBeyondBudget } from "../../route/index.ts";
import type { Endpoint } from "../stream/endpoints.ts";
import type { InferenceRequest } from "../stream/chat-request.ts";
import { headerSafe } from "../wire/byte-text.ts";
import type { GatewayOptions } from "../wire/options.ts";
import type { EngineRequest, Handover } from "../wire/ports.ts";
import type { Call } from "../wire/transport.ts";
import type { Admitted } from "./admitted.ts";
import type { Attempt } from "./attempt.ts";
import type { AttemptLimits } from "./attempt-owner.ts";
import type { GatewayCore } from "./gateway-core.ts";
import { leavingBody, redactionFor } from "./leaving-body.ts";

/** What holds of an attempt at a request. `continued`: it goes on with what another engine began. */
export function limitsOf(
  options: GatewayOptions,
  endpoint: Endpoint,
  request: InferenceRequest,
  continued: boolean,
  requestDeadlineMs: number,
): AttemptLimits {
  return {
    answer: endpoint.answer === "any" ? "any" : request.stream ? "events" : "json",
    keepUsage: request.includeUsage && !continued,
    choices: request.choices,
    sentinel: endpoint.sentinel,
    maxHeldBytes: options.maxHeldBytes,
    maxEventBytes: options.maxEventBytes,
    firstTimeoutMs: request.stream ? options.firstTokenTimeoutMs : options.wholeAnswerTimeoutMs,
    idleTimeoutMs: options.idleTimeoutMs,
    requestDeadlineMs,
  };
}

/** What the engine of an attempt is asked for. `continued`: the body that lets it go on where another one broke off; null = none. */
export function engineOrder(
  core: GatewayCore,
  call: Call,
  admitted: Admitted,
  endpoint: Endpoint,
  attempt: Attempt,
  continued: string | null,
): EngineRequest {
  const { request, marks, requestId } = admitted;
  const { outputTokens, prefixHitRatio } = core.world.workloads[admitted.workload]!;
  return {
    requestId,
    path: call.path,
    body: bodyFor(core, call, admitted, endpoint, attempt.target.group, continued),
    contentType: request.form ? headerSafe(call.header("content-type") ?? "") : undefined,
    stream: request.stream,
    inputTokens: request.inputTokens,
    maxOutputTokens: request.maxOutputTokens,
    // The second beginning is long enough to be a conversation's own and short enough to stay the same as it grows.
    affinityKey: marks[1] ?? marks[0],
    planned: { outputTokens: outputTokens.mean, prefixHitRatio },
    handover: attempt.state.isElsewhere ? handoverOf(core, admitted, attempt) : undefined,
  };
}

function bodyFor(
  core: GatewayCore,
  call: Call,
  { request, workload, area, redacted: found }: Admitted,
  endpoint: Endpoint,
  group: number,
  continued: string | null,
): string {
  const { world, groups } = core;
  const model = core.engineModel(group) ?? request.model;
  const redaction = redactionFor(world, workload, area, groups[group]!.group.site);
  const known = continued === null ? request : null;
  const { body, redacted } = leavingBody(continued ?? call.body, known, endpoint, model, redaction);
  if (redacted !== null) found.counts = redacted;
  return body;
}

/** Those of today take 55 characters; later versions may add to that (W3C Trace Context §3.2). */
const longestTraceparent = 256;

/** What the gateway that holds the engine must know. */
function handoverOf({ world }: GatewayCore, admitted: Admitted, { number, startedMs, target }: Attempt): Handover {
  const { workload, area, access, accountId, slo, priority, receivedMs, routes, traceparent } = admitted;
  return {
    workload: world.workloads[workload]!.id,
    area: world.areas[area]!.id,
    access: world.accessTypes[access]!.id,
    site: target.site,
    account: accountId,
    slo,
    priority,
    waitedMs: startedMs - receivedMs,
    attempt: number,
    afterLoss: isBeyondBudget(routes, admitted, target.group),
    // A caller may send what it likes, and one field of a head has only so much room.
    traceparent: traceparent?.slice(0, longestTraceparent) ?? null,
  };
}
