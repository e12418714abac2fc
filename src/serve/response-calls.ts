import type { World } from "../catalog/index.ts";
import { residencyRefusal } from "../route/index.ts";
import type { Accounts } from "./accounts.ts";
import { apiError, type ApiError } from "./api-error.ts";
import { asciiJson, asciiText } from "./byte-text.ts";
import type { ModelName } from "./models.ts";
import type { Origins } from "./origins.ts";
import type { KeptResponse, ResponseDesk } from "./response-desk.ts";
import { joinItems, listedItems, readWish, withConversation, type ResponseWish } from "./response-items.ts";
import { ResponseRecorder } from "./response-recorder.ts";
import type { Call, Exchange, Reply } from "./transport.ts";

export interface ResponseCallParts {
  /** Null = nothing is kept here. */
  readonly desk: ResponseDesk | null;
  readonly world: World;
  readonly accounts: Accounts;
  readonly nameOf: ReadonlyMap<string, ModelName>;
  readonly origins: Origins;
  readonly epochMs: () => number;
  /** Serves a request to `/v1/responses` that has all its input in it. */
  readonly infer: (call: Call, reply: Reply) => Exchange;
  readonly refuse: (reply: Reply, error: ApiError) => void;
}

const root = "/v1/responses";
const idPattern = /^[A-Za-z0-9_.:-]{1,128}$/;
const pageLength = { usual: 20, most: 100 } as const;
/** Counting tokens is an endpoint of its own. */
const notAnId = "input_tokens";

/** Whether a path is one of these endpoints. */
export function isResponsePath(path: string): boolean {
  return path === root || (path.startsWith(`${root}/`) && path !== `${root}/${notAnId}`);
}

/**
 * The Responses API with its state kept here, whatever engine answers: `previous_response_id` puts the conversation in
 * front of the new input, `store` keeps what came of it, `GET`, `DELETE` and `…/input_items` show and forget it. Each
 * account meets its own responses alone.
 */
export function createResponseCalls(parts: ResponseCallParts): (call: Call, reply: Reply) => Exchange {
  const { desk, world, accounts, nameOf, origins, infer, refuse } = parts;

  const accountOf = (call: Call) => {
    const who = call.onBehalfOf
      ? accounts.onBehalfOf(call.onBehalfOf.keyId, parts.epochMs())
      : accounts.authenticate(call.header("authorization"), parts.epochMs());
    return who.ok ? { ok: true as const, account: who.key?.account ?? "" } : who;
  };

  function create(call: Call, reply: Reply): Exchange {
    const who = accountOf(call);
    const wish = readWish(call.body);
    // What is wrong with the request itself is told by who serves it.
    if (!who.ok || wish === null) return infer(call, reply);
    const error = unsupported(wish, desk !== null);
    if (error !== null) return refused(reply, error);
    if (desk === null) return infer(call, reply);
    if (wish.previousId === null) return serve(call, reply, who.account, wish, null);
    const later = new LaterExchange();
    const { previousId } = wish;
    const goOn = (previous: KeptResponse | null) => {
      if (later.gone) return;
      if (previous === null) refuse(reply, apiError("previous_response_not_found", { detail: notFound(previousId) }));
      else later.follow(serve(call, reply, who.account, wish, previous));
    };
    desk.find(who.account, previousId).then(goOn, () => later.gone || refuse(reply, apiError("files_unavailable")));
    return later;
  }

  function serve(
    call: Call,
    reply: Reply,
    account: string,
    wish: ResponseWish,
    previous: KeptResponse | null,
  ): Exchange {
    const place = placeOf(call, previous);
    if (place === null) return infer(call, reply);
    if ("code" in place) return refused(reply, place);
    const forbidden = desk!.options.country === null ? null : lawAgainstKeeping(place, desk!.options.country);
    if (forbidden !== null && wish.store === true) return refused(reply, forbidden);
    const items = wish.items === null ? null : joinItems(previous?.items ?? "", previous?.output ?? "", wish.items);
    const body = previous === null || items === null ? call.body : withConversation(call.body, items);
    const keeps = wish.store !== false && forbidden === null && items !== null;
    const recorder = new ResponseRecorder({
      reply,
      previousId: previous?.id ?? null,
      maxBytes: desk!.options.maxCharacters,
      keep: keeps ? (response) => keep(account, response, items, place, previous) : null,
    });
    const headers: Readonly<Record<string, string>> = {
      "x-disperse-area": place.area,
      "x-disperse-access": place.access,
    };
    const { method, path, query, onBehalfOf } = call;
    return infer(
      {
        method,
        path,
        body,
        bodyBytes: call.bodyBytes + Math.max(0, body.length - call.body.length),
        ...(query !== undefined && { query }),
        ...(onBehalfOf && { onBehalfOf }),
        header: (name) => headers[name] ?? call.header(name),
      },
      recorder,
    );
  }

  /** Where the request comes from: what it says, else where its conversation began; null when nothing is known of its model. */
  function placeOf(call: Call, previous: KeptResponse | null) {
    const model = (JSON.parse(call.body) as { model?: unknown }).model;
    const name = typeof model === "string" ? nameOf.get(model) : undefined;
    if (!name) return null;
    const asked = { area: call.header("x-disperse-area"), access: call.header("x-disperse-access") };
    const origin = origins.of(name.workload, asked.area ?? previous?.area, asked.access ?? previous?.access);
    if (!origin.ok) return origin.error;
    const area = world.areas[origin.area]!;
    const { dataClass } = world.workloads[name.workload]!;
    if (previous !== null && (previous.country !== area.country || previous.dataClass !== dataClass)) {
      const why =
        previous.country === area.country
          ? `it holds data of the class ${previous.dataClass}, and this model is for ${dataClass}`
          : `it began in ${previous.country}, and this request comes from ${area.country}`;
      return apiError("residency_refused", { detail: `The conversation cannot be continued here: ${why}.` });
    }
    return { area: area.id, access: world.accessTypes[origin.access]!.id, country: area.country, dataClass };
  }

  function lawAgainstKeeping(place: { country: string; dataClass: string }, host: string): ApiError | null {
    const why = residencyRefusal(world, place.dataClass, place.country, host);
    return why === null
      ? null
      : apiError("residency_refused", { detail: `Responses are kept in ${host}, and ${why}.` });
  }

  async function keep(
    account: string,
    response: Record<string, unknown>,
    items: string,
    place: Pick<KeptResponse, "area" | "access" | "country" | "dataClass">,
    previous: KeptResponse | null,
  ): Promise<void> {
    const { id, output } = response;
    if (typeof id !== "string" || !idPattern.test(id) || !Array.isArray(output)) return;
    const told = { ...response, previous_response_id: previous?.id ?? null };
    await desk!.keep(account, {
      id,
      ...place,
      items,
      output: output.map((item) => JSON.stringify(item)).join(","),
      response: JSON.stringify(told),
    });
  }

  async function show(call: Call, account: string, id: string, verb: string): Promise<Answer> {
    const route = `${call.method === "HEAD" ? "GET" : call.method} ${verb}`;
    if (!["GET ", "DELETE ", "GET input_items", "POST cancel"].includes(route)) return apiError("method_not_allowed");
    const missing = apiError("not_found", { detail: notFound(id), param: "response_id" });
    if (!idPattern.test(id)) return missing;
    if (route === "DELETE ") {
      const removed = await desk!.remove(account, id);
      return removed ? { body: asciiJson({ id, object: "response", deleted: true }) } : missing;
    }
    const kept = await desk!.find(account, id);
    if (kept === null) return missing;
    if (route === "GET input_items") return page(kept, call.query);
    if (route === "POST cancel") {
      const detail = "Only responses made in the background can be cancelled, and there are none here.";
      return apiError("invalid_request", { detail });
    }
    if (new URLSearchParams(call.query).get("stream") === "true") {
      return apiError("invalid_request", { detail: "A kept response is not streamed again.", param: "stream" });
    }
    return { body: asciiText(kept.response) };
  }

  function refused(reply: Reply, error: ApiError): Exchange {
    refuse(reply, error);
    return over;
  }

  return (call, reply) => {
    if (call.path === root) {
      if (call.method === "POST") return create(call, reply);
      return refused(reply, apiError("method_not_allowed"));
    }
    const [id = "", verb = "", ...rest] = call.path.slice(root.length + 1).split("/");
    if (desk === null) {
      return refused(reply, apiError("not_found", { detail: "No responses are kept here: start with --responses." }));
    }
    const who = accountOf(call);
    if (!who.ok) return refused(reply, who.error);
    if (rest.length > 0) return refused(reply, apiError("not_found"));
    const later = new LaterExchange();
    show(call, who.account, id, verb).then(
      (answer) => {
        if (later.gone) return;
        if ("code" in answer) refuse(reply, answer);
        else reply.send(200, ["content-type", "application/json", "cache-control", "no-store"], answer.body, true);
      },
      () => later.gone || refuse(reply, apiError("files_unavailable")),
    );
    return later;
  };
}

type Answer = { readonly body: string } | ApiError;

/** What asks for state that is not kept here; without a desk everything but a background run is left to the engine. */
function unsupported(wish: ResponseWish, keeps: boolean): ApiError | null {
  if (wish.background) {
    const detail = "Responses cannot run in the background here; a batch (/v1/batches) can wait.";
    return apiError("invalid_request", { detail, param: "background" });
  }
  if (!keeps || !wish.conversation) return null;
  const detail = "Conversations are continued with previous_response_id here.";
  return apiError("invalid_request", { detail, param: "conversation" });
}

function page(kept: KeptResponse, query: string | undefined): Answer {
  const asked = new URLSearchParams(query);
  const limit = Number(asked.get("limit") ?? pageLength.usual);
  if (!Number.isInteger(limit) || limit < 1 || limit > pageLength.most) {
    const detail = `\`limit\` must be a whole number from 1 to ${pageLength.most}.`;
    return apiError("invalid_request", { detail, param: "limit" });
  }
  const all = listedItems(kept.items, kept.id) as { id: string }[];
  const ordered = asked.get("order") === "asc" ? all : all.toReversed();
  const after = asked.get("after");
  const from = after === null ? 0 : ordered.findIndex(({ id }) => id === after) + 1;
  const data = ordered.slice(from, from + limit);
  return {
    body: asciiJson({
      object: "list",
      data,
      first_id: data[0]?.id ?? "",
      last_id: data.at(-1)?.id ?? "",
      has_more: from + limit < ordered.length,
    }),
  };
}

function notFound(id: string): string {
  return `There is no response \`${id.slice(0, 128)}\`: it was not stored, has expired, or belongs to someone else.`;
}

const over: Exchange = { clientLeft() {}, drained() {} };

/** An exchange that begins once something was looked up. */
class LaterExchange implements Exchange {
  gone = false;
  #exchange: Exchange | null = null;

  follow(exchange: Exchange): void {
    this.#exchange = exchange;
  }

  clientLeft(): void {
    this.gone = true;
    this.#exchange?.clientLeft();
  }

  drained(): void {
    this.#exchange?.drained();
  }
}
