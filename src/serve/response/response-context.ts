import type { Conversation, ConversationPlace } from "./conversations.ts";
import type { KeptResponse } from "./response-desk.ts";
import type { Call } from "../wire/transport.ts";

/** What a request goes on from and refers to. */
export interface Said {
  readonly previous: KeptResponse | null;
  readonly conversation: Conversation | null;
  /** Where everything began that goes to the engine again: the law looks at all of it. */
  readonly sources: readonly ConversationPlace[];
  /** Items that were referred to, JSON by id. */
  readonly items: ReadonlyMap<string, string>;
}

export const nothingSaid: Said = { previous: null, conversation: null, sources: [], items: new Map() };

/** The call with everything in its body, from the place it is judged by. */
export function placed(call: Call, body: string, place: { readonly area: string; readonly access: string }): Call {
  const headers: Readonly<Record<string, string>> = {
    "x-disperse-area": place.area,
    "x-disperse-access": place.access,
  };
  const { method, path, query, onBehalfOf } = call;
  return {
    method,
    path,
    body,
    bodyBytes: call.bodyBytes + Math.max(0, body.length - call.body.length),
    ...(query !== undefined && { query }),
    ...(onBehalfOf && { onBehalfOf }),
    header: (name) => headers[name] ?? call.header(name),
  };
}
