import { filter, priorities, type Priority } from "../../route/index.ts";
import { slos, type Slo } from "../account/slo.ts";
import { unlimited } from "../account/accounts.ts";
import { gatewayAccount } from "../ledger/gateway-account.ts";
import { handoverField, type Statement } from "../mesh/handovers.ts";
import type { Peers } from "../mesh/peers.ts";
import { parseInferenceRequest } from "../stream/chat-request.ts";
import { endpoints } from "../stream/endpoints.ts";
import { apiError, type ApiError } from "../wire/api-error.ts";
import type { Origins } from "../wire/origins.ts";
import { newRequestId } from "../wire/request-id.ts";
import type { Call, Exchange, Reply } from "../wire/transport.ts";
import { nothingRedacted, type Asking } from "./admitted.ts";
import { Arrival } from "./arrival.ts";
import { parseFormRequest } from "./form-request.ts";
import type { GatewayCore } from "./gateway-core.ts";

export interface HandoverDoorParts {
  readonly core: GatewayCore;
  readonly peers: Peers;
  readonly origins: Origins;
  /** Uniform in [0, 1). */
  readonly rng: () => number;
  readonly refuse: (reply: Reply, error: ApiError) => Exchange;
}

/** Characters of a request's id that are made here. */
const ownIdLength = 8;
/** Advice while all that may serve it is drained, ms. */
const drainedRetryMs = 10_000;

/**
 * Lets requests in that another gateway hands over. It has looked at the key, the limits and the law; the law is looked at
 * again here, by this gateway's own plan. They are served at the one site that is named, by engines that stand at this gateway:
 * none goes further.
 */
export function createHandoverDoor(parts: HandoverDoorParts): (call: Call, reply: Reply) => Exchange {
  const { core, peers, origins, rng, refuse } = parts;
  const { books, options, world } = core;
  const workloads = new Map(world.workloads.map(({ id }, index) => [id, index]));
  const sites = new Map(world.sites.map(({ id }, index) => [id, index]));

  const refused = (reply: Reply, why: string): Exchange => {
    books.handoverRefused();
    return refuse(reply, apiError("handover_refused", { detail: `The request is not taken over: ${why}.` }));
  };

  return (call, reply) => {
    const nowMs = core.look();
    if (core.stopping) return refuse(reply, apiError("shutting_down", { retryAfterMs: 1_000 }));
    if (books.unsaved > options.maxUnsavedRows)
      return refuse(reply, apiError("ledger_unavailable", { retryAfterMs: 1_000 }));
    const endpoint = endpoints[call.path];
    if (endpoint === undefined) return refused(reply, "there is no such endpoint");
    const form = endpoint.request === "form";
    const read = peers.handovers.take(call.header(handoverField)!, call.path, call.body, form);
    if (!read.ok) return refused(reply, read.why);
    const { statement } = read;
    const workload = workloads.get(statement.workload);
    const site = sites.get(statement.site);
    const known = wordsOf(statement);
    if (workload === undefined || site === undefined || known === null || !peers.holds(statement.site))
      return refused(reply, "its workload, site or class is not known here");
    const origin = origins.of(workload, statement.area, statement.access);
    if (!origin.ok) return refused(reply, "its area or access type is not known here");
    const parsed = form
      ? parseFormRequest(call.bytes ?? call.body, call.header("content-type"))
      : parseInferenceRequest(call.body, endpoint);
    if (!parsed.ok) return refuse(reply, parsed.error);
    const { area, access } = origin;
    const own = core.ownSite(site);
    const groups = core.groups.filter((state, index) => own.holds(index) && state.group.workloads.includes(workload));
    const [first] = groups;
    if (first === undefined) return refused(reply, "no engine for it stands at that site");
    const verdict = filter(core.routes.policy, { workload, area, access }, site, first.group.module);
    if (verdict.reason === "residency")
      return refuse(reply, apiError("residency_refused", { detail: `${verdict.detail}.` }));
    if (groups.every(({ drained }) => drained))
      return refuse(reply, apiError("no_site", { detail: "The site is drained.", retryAfterMs: drainedRetryMs }));

    const { mean: usualTokens } = world.workloads[workload]!.outputTokens;
    const { inputTokens: usualInput, prefixHitRatio, redaction } = world.workloads[workload]!;
    const flat = endpoint.priced === "request";
    const request = flat ? { ...parsed.request, inputTokens: Math.ceil(usualInput.mean) } : parsed.request;
    const outputTokens = (request.maxOutputTokens ?? usualTokens) * request.choices;
    // Tenants of two gateways are not the same because they go by the same name.
    const account = `${statement.from}/${statement.account ?? ""}`;
    const marks = form
      ? []
      : core.prefixes.marks(`${account} ${statement.workload}`, call.body, request.contentStart, request.contentEnd);
    const warm = marks.length > 0 ? core.prefixes.find(marks) : null;
    const uncachedTokens = request.inputTokens * (1 - prefixHitRatio);
    const admitted: Asking = {
      // The same request may be handed over once more, for another site here. Who hands over chooses both, and a row under an id that
      // was there before would not be written down: the end of it is chosen here.
      requestId: `${statement.id}.${statement.attempt}.${newRequestId(0, rng).slice(-ownIdLength)}`,
      request,
      priced: endpoint.priced,
      workload,
      area,
      access,
      keyId: null,
      accountId: gatewayAccount(statement.from),
      path: call.path,
      traceparent: statement.traceparent,
      reservation: unlimited,
      slo: known.slo,
      priority: known.priority,
      handedOverBy: statement.from,
      marks,
      receivedMs: nowMs - Math.max(0, statement.waitedMs),
      cacheKey: null,
      drained: core.drains.all,
      redacted: redaction ? { counts: null } : nothingRedacted,
    };
    const arrival = new Arrival(
      core,
      call,
      reply,
      {
        endpoint,
        admitted,
        route: {
          workload,
          area,
          access,
          uncachedTokens,
          warm: warm ? { group: warm.group, tokens: Math.min(warm.tokens, uncachedTokens) } : undefined,
        },
        account,
        weight: 1,
        band: priorities.indexOf(known.priority),
        reservation: unlimited,
        outputTokens: Math.min(outputTokens, usualTokens),
        own,
        afterLoss: statement.afterLoss,
      },
      rng,
    );
    core.admission.submit(arrival);
    return arrival;
  };
}

function wordsOf({ slo, priority }: Statement): { readonly slo: Slo; readonly priority: Priority } | null {
  const known = { slo: slos.find((one) => one === slo), priority: priorities.find((one) => one === priority) };
  return known.slo === undefined || known.priority === undefined ? null : { slo: known.slo, priority: known.priority };
}
