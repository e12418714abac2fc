import { apiError, type ApiError } from "../wire/api-error.ts";
import type { ResponseWish } from "./response-items.ts";
import type { Call } from "../wire/transport.ts";

/** What asks for state that is not kept here; without a desk everything but a background run is left to the engine. */
export function unsupported(wish: ResponseWish, call: Call, keeps: boolean): ApiError | null {
  const detail = wish.background ? noBackground(wish, call, keeps) : null;
  if (detail !== null) return apiError("invalid_request", { detail, param: "background" });
  if (!keeps || !wish.conversation) return null;
  const odd = wish.conversationId === null ? "`conversation` must be an id, or an object with one." : null;
  const both =
    wish.previousId === null ? null : "`conversation` and `previous_response_id` cannot both be gone on from.";
  const why = odd ?? both;
  return why === null ? null : apiError("invalid_request", { detail: why, param: "conversation" });
}

function noBackground({ store }: ResponseWish, call: Call, keeps: boolean): string | null {
  if (!keeps) return "Responses run in the background only where they are kept: start the gateway with --responses.";
  if (call.onBehalfOf) return "A batch is in the background already.";
  if (store === false)
    return "A response in the background is fetched later, so it cannot be sent with `store: false`.";
  return null;
}

export function noItem(id: string): string {
  return `Item with id '${id.slice(0, 128)}' not found: the response it belongs to was not stored, has expired, or is someone else's.`;
}
