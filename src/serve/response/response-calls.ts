import { residencyRefusal } from "../../route/index.ts";
import { apiError, type ApiError } from "../wire/api-error.ts";
import type { ApiParts } from "../request/api-parts.ts";
import { createConversationCalls, isConversationPath, namedItems, noConversation } from "./conversation-calls.ts";
import type { ConversationPlace } from "./conversations.ts";
import { noResponse, responseIdPattern, showKept } from "./kept-responses.ts";
import { LaterExchange } from "../wire/later-exchange.ts";
import type { KeptResponse, ResponseDesk } from "./response-desk.ts";
import { BackgroundRun, queuedResponse } from "./background-run.ts";
import { newId } from "../wire/request-id.ts";
import {
  itemTexts,
  joinItems,
  readWish,
  referencesIn,
  withConversation,
  withReferences,
  type ResponseWish,
} from "./response-items.ts";
import { nothingSaid, placed, type Said } from "./response-context.ts";
import { noItem, unsupported } from "./response-refusals.ts";
import { ResponseRecorder } from "./response-recorder.ts";
import type { Call, Exchange, Reply } from "../wire/transport.ts";

export interface ResponseCallParts extends ApiParts {
  /** Null = nothing is kept here. */
  readonly desk: ResponseDesk | null;
  /** Uniform in [0, 1). */
  readonly rng: () => number;
  /** Serves a request to `/v1/responses` that has all its input in it. */
  readonly infer: (call: Call, reply: Reply) => Exchange;
}

const root = "/v1/responses";
/** Items a request may refer to: each has to be looked for. */
const mostReferences = 1_000;
/** Counting tokens is an endpoint of its own. */
const notAnId = "input_tokens";

/** Whether a path is one of these endpoints. */
export function isResponsePath(path: string): boolean {
  return isConversationPath(path) || path === root || (path.startsWith(`${root}/`) && path !== `${root}/${notAnId}`);
}

/**
 * The Responses API with its state kept here, whatever engine answers: `previous_response_id` puts the conversation in
 * front of the new input, `store` keeps what came of it, `GET`, `DELETE` and `…/input_items` show and forget it. Each
 * account meets its own responses alone.
 */
export function createResponseCalls(parts: ResponseCallParts): (call: Call, reply: Reply) => Exchange {
  const { desk, world, accounts, nameOf, origins, infer, refuse, rng } = parts;
  const conversationCall =
    desk &&
    createConversationCalls({ world, origins, rng, conversations: desk.conversations, country: desk.options.country });

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
    const error = unsupported(wish, call, desk !== null);
    if (error !== null) return refused(reply, error);
    if (desk === null) return infer(call, reply);
    const references = referencesIn(wish.items ?? "");
    if (references.length > mostReferences) {
      const detail = `\`input\` refers to more than ${mostReferences} items.`;
      return refused(reply, apiError("invalid_request", { detail, param: "input" }));
    }
    const alone = wish.previousId === null && wish.conversationId === null && references.length === 0;
    if (alone) return serve(call, reply, who.account, wish, nothingSaid);
    const later = new LaterExchange();
    const goOn = (said: Said | ApiError) => {
      if (later.gone) return;
      if ("code" in said) refuse(reply, said);
      else later.follow(serve(call, reply, who.account, wish, said));
    };
    lookUp(who.account, wish, references).then(goOn, () => later.gone || refuse(reply, shelfUnavailable()));
    return later;
  }

  /** What a request goes on from and refers to; an error when it is not there. */
  async function lookUp(
    account: string,
    { previousId, conversationId, items: own }: ResponseWish,
    references: readonly string[],
  ): Promise<Said | ApiError> {
    const { conversations, options } = desk!;
    const conversation = conversationId === null ? null : await conversations.find(account, conversationId);
    if (conversationId !== null && conversation === null) return noConversation(conversationId);
    if (conversation !== null && conversation.characters + (own?.length ?? 0) > options.maxCharacters) {
      const detail = "The conversation has become longer than what is kept here.";
      return apiError("invalid_request", { detail, param: "conversation" });
    }
    const previous = previousId === null ? null : await desk!.find(account, previousId);
    if (previousId !== null && previous === null) {
      return apiError("previous_response_not_found", { detail: noResponse(previousId) });
    }
    if (previous?.aliveEpochMs !== undefined) {
      const detail = `The response \`${previous.id}\` is still being made.`;
      return apiError("invalid_request", { detail, param: "previous_response_id" });
    }
    const items = new Map<string, string>();
    const sources: ConversationPlace[] = [previous, conversation?.place].filter((source) => source != null);
    for (const id of new Set(references)) {
      const item = await desk!.findItem(account, id);
      if (item === null) return apiError("not_found", { detail: noItem(id), param: "input" });
      items.set(id, item.text);
      sources.push(item.from);
    }
    return { previous, conversation, sources, items };
  }

  function serve(
    call: Call,
    reply: Reply,
    account: string,
    wish: ResponseWish,
    { previous, conversation, sources, items: referred }: Said,
  ): Exchange {
    const place = placeOf(call, wish, sources);
    if (place === null) return infer(call, reply);
    if ("code" in place) return refused(reply, place);
    const forbidden = desk!.options.country === null ? null : lawAgainstKeeping(place, desk!.options.country);
    if (forbidden !== null && (wish.store === true || wish.background || conversation !== null))
      return refused(reply, forbidden);
    const own = wish.items === null || referred.size === 0 ? wish.items : withReferences(wish.items, referred);
    const before =
      conversation === null ? [previous?.items, previous?.output] : conversation.items.map(({ text }) => text);
    const items = own === null ? null : joinItems(...before.filter((text) => text !== undefined), own);
    const asSent = items === null || (sources.length === 0 && conversation === null && !wish.background);
    const body = asSent ? call.body : withConversation(call.body, items);
    const keeps = wish.store !== false && forbidden === null && items !== null;
    /** What was said and answered goes into the conversation together. */
    const converse = async (output: readonly unknown[]) => {
      if (conversation === null || own === null) return;
      const texts = [...itemTexts(own), ...output.map((item) => JSON.stringify(item))];
      await desk!.conversations.add(account, conversation, namedItems(texts, rng), place);
    };
    const passOn = (into: Reply) => infer(placed(call, body, place), into);
    if (wish.background && items !== null) {
      const id = newId("resp_", rng);
      const createdS = Math.floor(parts.epochMs() / 1_000);
      const queued = {
        ...queuedResponse(id, wish.fields, previous?.id ?? null, createdS),
        ...(conversation && { conversation: { id: conversation.id } }),
      };
      const streamed = wish.fields["stream"] === true;
      const order = { desk: desk!, account, client: reply, queued, place: { ...place, items }, streamed };
      const run = new BackgroundRun({ ...order, whenKept: converse });
      const later = new LaterExchange();
      run.begin(passOn).then(
        (reading) => {
          if (reading !== null) later.follow(reading);
          if (later.gone) reading?.clientLeft();
        },
        () => refuse(reply, shelfUnavailable()),
      );
      return later;
    }
    const recorder = new ResponseRecorder({
      reply,
      newId: keeps ? (prefix) => newId(prefix, rng) : null,
      previousId: previous?.id ?? null,
      maxBytes: desk!.options.maxCharacters,
      conversationId: conversation?.id ?? null,
      keep:
        keeps || conversation !== null
          ? async (response) => {
              if (keeps) await keep(account, response, items, place, previous);
              if (Array.isArray(response["output"])) await converse(response["output"]);
            }
          : null,
    });
    return passOn(recorder);
  }

  /** Where the request comes from: what it says, else where its conversation began; null when nothing is known of its model. */
  function placeOf(call: Call, { fields: { model } }: ResponseWish, sources: readonly ConversationPlace[]) {
    const name = typeof model === "string" ? nameOf.get(model) : undefined;
    if (!name) return null;
    const asked = { area: call.header("x-disperse-area"), access: call.header("x-disperse-access") };
    const origin = origins.of(name.workload, asked.area ?? sources[0]?.area, asked.access ?? sources[0]?.access);
    if (!origin.ok) return origin.error;
    const area = world.areas[origin.area]!;
    const { dataClass } = world.workloads[name.workload]!;
    for (const source of sources) {
      if (source.country === area.country && (source.dataClass ?? dataClass) === dataClass) continue;
      const why =
        source.country === area.country
          ? `it holds data of the class ${source.dataClass}, and this model is for ${dataClass}`
          : `it began in ${source.country}, and this request comes from ${area.country}`;
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
    if (typeof id !== "string" || !responseIdPattern.test(id) || !Array.isArray(output)) return;
    const told = { ...response, previous_response_id: previous?.id ?? null };
    await desk!.keep(account, {
      id,
      ...place,
      items,
      output: output.map((item) => JSON.stringify(item)).join(","),
      response: JSON.stringify(told),
    });
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
      return refused(
        reply,
        apiError("not_found", { detail: "No responses are kept here.", hint: "Start the gateway with --responses." }),
      );
    }
    const who = accountOf(call);
    if (!who.ok) return refused(reply, who.error);
    const answer = isConversationPath(call.path)
      ? conversationCall!(call, who.account)
      : rest.length > 0
        ? null
        : showKept(desk, call, who.account, id, verb);
    if (answer === null) return refused(reply, apiError("not_found"));
    const later = new LaterExchange();
    answer.then(
      (result) => {
        if (later.gone) return;
        if ("code" in result) refuse(reply, result);
        else if ("log" in result) later.follow(result.log.follow(reply, result.from));
        else reply.send(200, ["content-type", "application/json", "cache-control", "no-store"], result.body, true);
      },
      () => later.gone || refuse(reply, shelfUnavailable()),
    );
    return later;
  };
}

const over: Exchange = { clientLeft() {}, drained() {} };

/** The place where responses are kept cannot be used. */
function shelfUnavailable(): ApiError {
  return apiError("files_unavailable", {
    detail: "Kept responses cannot be read or written.",
    hint: "Free the disk behind them; requests with store: false need none.",
  });
}
