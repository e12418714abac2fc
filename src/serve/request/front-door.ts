import { lesserPriority, priorities } from "../../route/index.ts";
import { apiError, type ApiError } from "../wire/api-error.ts";
import { Arrival } from "./arrival.ts";
import { parseInferenceRequest } from "../stream/chat-request.ts";
import type { Endpoint } from "../stream/endpoints.ts";
import { parseFormRequest } from "./form-request.ts";
import type { GatewayCore } from "./gateway-core.ts";
import { nothingRedacted, type Asking } from "./admitted.ts";
import { LaterExchange } from "../wire/later-exchange.ts";
import { chargeNanoUsd, priceNanoUsdPerMTok } from "../stream/meter.ts";
import type { ModelName } from "./models.ts";
import type { Origins } from "../wire/origins.ts";
import { repeatAnswer } from "./repeat-answer.ts";
import { newRequestId } from "../wire/request-id.ts";
import { cacheKey } from "./response-cache.ts";
import { sloOf, slos } from "../account/slo.ts";
import type { Call, Exchange, Reply } from "../wire/transport.ts";

export interface FrontDoorParts {
  readonly core: GatewayCore;
  readonly nameOf: ReadonlyMap<string, ModelName>;
  readonly origins: Origins;
  /** Uniform in [0, 1). */
  readonly rng: () => number;
  readonly refuse: (reply: Reply, error: ApiError) => Exchange;
}

/** How many mean answers are reserved for a caller that sets no limit on its own. */
const unlimitedOutputFactor = 4;

/** How often other gateways are asked for what one request lacks: what came may be gone to others that waited with it. */
const mostRounds = 3;

/**
 * Lets requests in: who asks, for what, from where, how late it may be, and whether it can be paid for. What passes goes
 * into the line in front of the engines, or is answered from the cache.
 */
export function createFrontDoor(parts: FrontDoorParts): (call: Call, reply: Reply, endpoint: Endpoint) => Exchange {
  const { core, nameOf, origins, rng, refuse } = parts;
  const { accounts, books, clock, options, world } = core;

  /** `rounds`: how often other gateways were asked for what its account lacks here. */
  const enter = (call: Call, reply: Reply, endpoint: Endpoint, rounds: number): Exchange => {
    const receivedMs = core.look();
    if (core.stopping) return refuse(reply, apiError("shutting_down", { retryAfterMs: 1_000 }));
    if (books.unsaved > options.maxUnsavedRows)
      return refuse(reply, apiError("ledger_unavailable", { retryAfterMs: 1_000 }));
    const epochMs = clock.epochMs();
    const authenticated = call.onBehalfOf
      ? accounts.onBehalfOf(call.onBehalfOf.keyId, epochMs)
      : accounts.authenticate(call.header("authorization"), epochMs);
    if (!authenticated.ok) return refuse(reply, authenticated.error);
    const { key } = authenticated;
    const form = endpoint.request === "form";
    const parsed = form
      ? parseFormRequest(call.bytes ?? call.body, call.header("content-type"))
      : parseInferenceRequest(call.body, endpoint);
    if (!parsed.ok) return refuse(reply, parsed.error);
    const asked = parsed.request;
    const name = nameOf.get(asked.model);
    if (!name) {
      const detail = `The model \`${asked.model.slice(0, 200)}\` does not exist here.`;
      return refuse(reply, apiError("model_not_found", { detail, param: "model" }));
    }
    const origin = origins.of(name.workload, call.header("x-disperse-area"), call.header("x-disperse-access"));
    if (!origin.ok) return refuse(reply, origin.error);
    const slo = sloOf(call.header("x-disperse-slo"), key?.slo);
    if (slo === null) {
      const detail = `x-disperse-slo must be one of ${slos.join(", ")}.`;
      const hint = "Leave the header out for what the key or the workload says.";
      return refuse(reply, apiError("invalid_request", { detail, hint, param: "x-disperse-slo" }));
    }
    const { area, access } = origin;
    const workload = world.workloads[name.workload]!;
    if (form && workload.redaction) {
      const detail = `${workload.id} takes patterns out of texts before they leave, and a form cannot be looked through.`;
      return refuse(reply, apiError("invalid_request", { detail }));
    }
    const flat = endpoint.priced === "request";
    const request = flat ? { ...asked, inputTokens: Math.ceil(workload.inputTokens.mean) } : asked;
    const usual = Math.ceil(workload.outputTokens.mean);
    const perAnswer = request.maxOutputTokens ?? (flat ? usual : usual * unlimitedOutputFactor);
    const outputTokens = perAnswer * request.choices;
    const deterministic = asked.deterministic || call.path === "/v1/embeddings";
    const keeps = endpoint.priced === "tokens" && core.cache.takes(call.header("x-disperse-cache"), deterministic);
    const kept = keeps
      ? cacheKey(key?.account ?? "", workload.id, world.areas[area]!.country, call.path, call.body)
      : null;
    const found = kept === null ? null : core.cache.get(kept, receivedMs);
    const free = endpoint.priced === "free" || found !== null;
    const reserved = accounts.reserve(
      key,
      workload.id,
      free ? 0 : chargeNanoUsd(priceNanoUsdPerMTok(workload), request.inputTokens + outputTokens),
      free ? 0 : request.inputTokens + outputTokens,
      receivedMs,
    );
    if (!reserved.ok) {
      const more = reserved.lacking && rounds < mostRounds ? accounts.seek(reserved.lacking, receivedMs) : null;
      if (more === null) return refuse(reply, reserved.error);
      return later(more, () => {
        try {
          return enter(call, reply, endpoint, rounds + 1);
        } catch {
          return refuse(reply, apiError("internal_error"));
        }
      });
    }
    if (kept !== null) books.lookedUp(found !== null);
    const account = accounts.accountOf(key);
    const priority = lesserPriority(account?.priority ?? "normal", call.header("x-disperse-priority"));
    const marks = form
      ? []
      : core.prefixes.marks(`${key?.account ?? ""} ${workload.id}`, call.body, asked.contentStart, asked.contentEnd);
    const warm = marks.length > 0 ? core.prefixes.find(marks) : null;
    const uncachedTokens = request.inputTokens * (1 - workload.prefixHitRatio);
    const admitted: Asking = {
      requestId: call.onBehalfOf?.requestId ?? newRequestId(epochMs, rng),
      request,
      priced: endpoint.priced,
      workload: name.workload,
      area,
      access,
      keyId: key?.id ?? null,
      accountId: key?.account ?? null,
      path: call.path,
      traceparent: call.header("traceparent") ?? null,
      reservation: reserved.reservation,
      slo,
      priority,
      handedOverBy: null,
      marks,
      receivedMs,
      cacheKey: kept,
      drained: core.drains.all,
      redacted: workload.redaction ? { counts: null } : nothingRedacted,
    };
    if (found) return repeatAnswer(core, call, reply, admitted, found);
    const arrival = new Arrival(
      core,
      call,
      reply,
      {
        endpoint,
        admitted,
        route: {
          workload: name.workload,
          area,
          access,
          uncachedTokens,
          warm: warm ? { group: warm.group, tokens: Math.min(warm.tokens, uncachedTokens) } : undefined,
        },
        account: account?.id ?? "",
        weight: account?.weight ?? 1,
        band: priorities.indexOf(priority),
        reservation: reserved.reservation,
        outputTokens: Math.min(outputTokens, workload.outputTokens.mean),
        own: null,
        afterLoss: false,
      },
      rng,
    );
    core.admission.submit(arrival);
    return arrival;
  };
  return (call, reply, endpoint) => enter(call, reply, endpoint, 0);
}

/** A request that goes on once `until` has settled, unless its client has left by then. */
function later(until: Promise<unknown>, goOn: () => Exchange): Exchange {
  const exchange = new LaterExchange();
  void until.then(() => {
    if (!exchange.gone) exchange.follow(goOn());
  });
  return exchange;
}
