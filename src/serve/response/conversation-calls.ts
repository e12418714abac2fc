import { residencyRefusal } from "../../route/index.ts";
import { apiError, type ApiError } from "../wire/api-error.ts";
import type { ApiParts } from "../request/api-parts.ts";
import { asciiJson } from "../wire/byte-text.ts";
import type { Conversation, ConversationItem, ConversationPlace, Conversations } from "./conversations.ts";
import { memberSpans } from "../wire/json-span.ts";
import { pageOf, type KeptAnswer } from "./kept-responses.ts";
import { newId } from "../wire/request-id.ts";
import { idBeginning, itemTexts, listedItems } from "./response-items.ts";
import { parseObject } from "../stream/stream-event.ts";
import type { Call } from "../wire/transport.ts";

export interface ConversationCallParts extends Pick<ApiParts, "world" | "origins"> {
  readonly conversations: Conversations;
  /** Country where they lie; null = not asked. */
  readonly country: string | null;
  /** Uniform in [0, 1). */
  readonly rng: () => number;
}

const root = "/v1/conversations";
/** As many items may be added at a time. */
const mostItems = 20;
const mostMetadata = 16;
const itemId = /^[A-Za-z0-9_.:-]{1,128}$/;

/** Whether a path is one of these endpoints. */
export function isConversationPath(path: string): boolean {
  return path === root || path.startsWith(`${root}/`);
}

/** Answers a call of `account` about its conversations. */
export function createConversationCalls(parts: ConversationCallParts) {
  const { conversations, world, origins, country, rng } = parts;

  return async (call: Call, account: string): Promise<KeptAnswer> => {
    const [id = "", verb = "", item = "", ...rest] = call.path.slice(root.length + 1).split("/");
    const method = call.method === "HEAD" ? "GET" : call.method;
    if (id === "") return method === "POST" ? create(call, account) : apiError("method_not_allowed");
    const found = await conversations.find(account, id);
    if (found === null || (verb !== "" && verb !== "items") || rest.length > 0) return noConversation(id);
    if (verb === "") {
      if (method === "GET") return told(shown(found));
      if (method === "POST") return describe(call, account, found);
      if (method !== "DELETE") return apiError("method_not_allowed");
      const removed = await conversations.remove(account, id);
      return removed ? told({ id, object: "conversation.deleted", deleted: true }) : noConversation(id);
    }
    if (item === "") {
      if (method === "GET") return pageOf(found.items.map(shownItem), call.query);
      return method === "POST" ? add(call, account, found) : apiError("method_not_allowed");
    }
    const known = found.items.find((entry) => entry.id === item);
    if (known === undefined)
      return apiError("not_found", { detail: noItem(item), hint: "GET …/items lists them.", param: "item_id" });
    if (method === "GET") return told(shownItem(known));
    if (method !== "DELETE") return apiError("method_not_allowed");
    return (await conversations.drop(account, id, item)) ? told(shown(found)) : noConversation(id);
  };

  async function create(call: Call, account: string): Promise<KeptAnswer> {
    const body = call.body === "" ? "{}" : call.body;
    const fields = parseObject(body);
    if (fields === null) return apiError("invalid_json");
    const metadata = metadataIn(fields);
    if (metadata === null) return wrongMetadata();
    const items = fields["items"] == null ? [] : itemsIn(body, rng);
    if (items === null) return wrongItems();
    const place = items.length === 0 ? null : placeOf(call, null);
    if (place !== null && "code" in place) return place;
    const id = newId("conv_", rng);
    await conversations.make(account, id, metadata);
    if (place !== null && !(await conversations.add(account, { id, characters: 0 }, items, place))) {
      await conversations.remove(account, id);
      return tooLong();
    }
    const found = await conversations.find(account, id);
    return found === null ? noConversation(id) : told(shown(found));
  }

  async function describe(call: Call, account: string, found: Conversation): Promise<KeptAnswer> {
    const fields = parseObject(call.body);
    if (fields === null) return apiError("invalid_json");
    const metadata = metadataIn(fields);
    if (metadata === null) return wrongMetadata();
    const kept = await conversations.describe(account, found.id, metadata);
    return kept ? told(shown({ ...found, metadata })) : noConversation(found.id);
  }

  async function add(call: Call, account: string, found: Conversation): Promise<KeptAnswer> {
    if (parseObject(call.body) === null) return apiError("invalid_json");
    const items = itemsIn(call.body, rng);
    if (items === null || items.length === 0) return wrongItems();
    const place = placeOf(call, found);
    if ("code" in place) return place;
    if (!(await conversations.add(account, found, items, place))) return tooLong();
    return told({
      object: "list",
      data: items.map(shownItem),
      first_id: items[0]!.id,
      last_id: items.at(-1)!.id,
      has_more: false,
    });
  }

  /** Where items come from. What class of data they are nobody says, so the law is asked for every class there is. */
  function placeOf(call: Call, found: Conversation | null): ConversationPlace | ApiError {
    const known = found?.place ?? null;
    const asked = { area: call.header("x-disperse-area"), access: call.header("x-disperse-access") };
    const origin = origins.of(0, asked.area ?? known?.area, asked.access ?? known?.access);
    if (!origin.ok) return origin.error;
    const area = world.areas[origin.area]!;
    if (known !== null && known.country !== area.country) {
      const detail = `The conversation began in ${known.country}, and this request comes from ${area.country}.`;
      return apiError("residency_refused", { detail });
    }
    const classes = new Set(world.workloads.map(({ dataClass }) => dataClass));
    for (const dataClass of country === null ? [] : known?.dataClass ? [known.dataClass] : classes) {
      const why = residencyRefusal(world, dataClass, area.country, country!);
      if (why !== null)
        return apiError("residency_refused", { detail: `Conversations are kept in ${country}, and ${why}.` });
    }
    const access = world.accessTypes[origin.access]!.id;
    return { area: area.id, access, country: area.country, dataClass: known?.dataClass ?? null };
  }
}

/** Items under the ids they are known by: their own, or one that is made for them. */
export function namedItems(texts: readonly string[], rng: () => number): ConversationItem[] {
  return texts.map((text) => {
    const { id, type } = JSON.parse(text) as { id?: unknown; type?: unknown };
    if (typeof id === "string" && itemId.test(id)) return { id, text };
    return { id: newId(idBeginning(type ?? "message"), rng), text };
  });
}

/** The items of a body; null when they are none. */
function itemsIn(body: string, rng: () => number): ConversationItem[] | null {
  const spans = memberSpans(body, ["items"]);
  if (spans.length !== 1) return null;
  const { valueStart, valueEnd } = spans[0]!.span;
  const list = body.slice(valueStart, valueEnd);
  if (!list.startsWith("[")) return null;
  const texts = itemTexts(list.slice(1, -1));
  if (texts.length > mostItems || texts.some((text) => !text.startsWith("{"))) return null;
  return namedItems(texts, rng);
}

function metadataIn({ metadata }: Record<string, unknown>): Conversation["metadata"] | null {
  if (metadata === undefined || metadata === null) return {};
  if (typeof metadata !== "object" || Array.isArray(metadata)) return null;
  const entries = Object.entries(metadata);
  const good = entries.every(([key, value]) => key.length <= 64 && typeof value === "string" && value.length <= 512);
  return good && entries.length <= mostMetadata ? (metadata as Conversation["metadata"]) : null;
}

function shown({ id, createdS, metadata }: Conversation): object {
  return { id, object: "conversation", created_at: createdS, metadata };
}

function shownItem({ id, text }: ConversationItem): { readonly id: string } {
  return { ...listedItems(text, id)[0], id };
}

function told(value: object): KeptAnswer {
  return { body: asciiJson(value) };
}

export function noConversation(id: string): ApiError {
  const detail = `There is no conversation \`${id.slice(0, 128)}\`: it has expired, was deleted, or belongs to someone else.`;
  const hint = "Make a new one with POST /v1/conversations, or leave `conversation` out.";
  return apiError("not_found", { detail, hint, param: "conversation_id" });
}

function noItem(id: string): string {
  return `There is no item \`${id.slice(0, 128)}\` in this conversation.`;
}

function wrongMetadata(): ApiError {
  const detail = `\`metadata\` must be an object of at most ${mostMetadata} texts of 512 characters, under names of 64.`;
  return apiError("invalid_request", { detail, param: "metadata" });
}

function wrongItems(): ApiError {
  return apiError("invalid_request", {
    detail: `\`items\` must be a list of at most ${mostItems} items.`,
    param: "items",
  });
}

function tooLong(): ApiError {
  return apiError("invalid_request", {
    detail: "The conversation would be longer than what is kept here.",
    param: "items",
  });
}
