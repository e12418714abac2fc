import { apiError, type ApiError } from "../wire/api-error.ts";
import { asItStands, cancelRun, stopRun } from "./background-run.ts";
import { asciiJson, asciiText } from "../wire/byte-text.ts";
import type { EventLog } from "../stream/event-log.ts";
import { streamKept } from "./kept-stream.ts";
import type { ByteText } from "../wire/ports.ts";
import type { ResponseDesk } from "./response-desk.ts";
import { listedItems } from "./response-items.ts";
import type { Call } from "../wire/transport.ts";

export type KeptAnswer = { readonly body: ByteText } | ApiError;
/** `from`: number of the first event that is wanted. */
export type KeptStream = { readonly log: EventLog; readonly from: number };

export const responseIdPattern = /^[A-Za-z0-9_.:-]{1,128}$/;
const pageLength = { usual: 20, most: 100 } as const;

/** Answers a call about one response that was kept, or asks for nothing that is not there. */
export async function showKept(
  desk: ResponseDesk,
  call: Call,
  account: string,
  id: string,
  verb: string,
): Promise<KeptAnswer | KeptStream> {
  const route = `${call.method === "HEAD" ? "GET" : call.method} ${verb}`;
  if (!["GET ", "DELETE ", "GET input_items", "POST cancel"].includes(route)) {
    const hint =
      "Make one with POST /v1/responses; one that is kept is read with GET, deleted with DELETE and cancelled with POST …/cancel.";
    return apiError("method_not_allowed", { hint });
  }
  const missing = apiError("not_found", { detail: noResponse(id), hint: askAgain, param: "response_id" });
  if (!responseIdPattern.test(id)) return missing;
  if (route === "DELETE ") {
    const removed = await desk.remove(account, id);
    // One that is still being made is made for nobody now.
    if (removed) stopRun(desk, account, id);
    return removed ? { body: asciiJson({ id, object: "response", deleted: true }) } : missing;
  }
  const kept = await desk.find(account, id);
  if (kept === null) return missing;
  if (route === "GET input_items") return pageOf(listedItems(kept.items, kept.id) as { id: string }[], call.query);
  if (route === "POST cancel") {
    if ((JSON.parse(kept.response) as { background?: unknown }).background !== true) {
      return apiError("invalid_request", { detail: "Only responses made in the background can be cancelled." });
    }
    if (kept.aliveEpochMs !== undefined) await cancelRun(desk, account, id);
  }
  if (new URLSearchParams(call.query).get("stream") === "true" && call.method === "GET" && verb === "")
    return streamKept(desk, account, kept, new URLSearchParams(call.query).get("starting_after"));
  return { body: asciiText(await asItStands(desk, account, kept)) };
}

/** A page of a list that is given oldest first, as the query asks for it: newest first unless it says otherwise. */
export function pageOf(all: readonly { readonly id: string }[], query: string | undefined): KeptAnswer {
  const asked = new URLSearchParams(query);
  const limit = Number(asked.get("limit") ?? pageLength.usual);
  if (!Number.isInteger(limit) || limit < 1 || limit > pageLength.most) {
    const detail = `\`limit\` must be a whole number from 1 to ${pageLength.most}.`;
    return apiError("invalid_request", { detail, param: "limit" });
  }
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

const askAgain = "Use the key it was made with, or make it again.";

export function noResponse(id: string): string {
  return `There is no response \`${id.slice(0, 128)}\`: it was not stored, has expired, or belongs to someone else.`;
}
