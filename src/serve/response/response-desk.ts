import { Conversations } from "./conversations.ts";
import type { EventLog } from "../stream/event-log.ts";
import { elementSpans } from "../wire/json-span.ts";
import type { ByteText, Clock, Shelf } from "../wire/ports.ts";
import { listedItems } from "./response-items.ts";

export interface ResponseDeskOptions {
  /** Country where responses lie: they are kept only if the law lets the data be held there; null = not asked. */
  readonly country: string | null;
  /** How long a response is kept. */
  readonly ttlS: number;
  /** Longest response with its conversation, characters; a longer one is answered and not kept. */
  readonly maxCharacters: number;
}

export const defaultResponseOptions: ResponseDeskOptions = {
  country: null,
  ttlS: 86_400,
  maxCharacters: 4 * 1024 * 1024,
};

/** A response as it is kept: what it answered and what was said before, so that the next one can go on. */
export interface KeptResponse {
  readonly id: string;
  /** Where the conversation began: the law goes by it for as long as it goes on. */
  readonly area: string;
  readonly access: string;
  readonly country: string;
  readonly dataClass: string;
  /** All input of the conversation up to this response, items as JSON without the brackets around them. */
  readonly items: string;
  /** Output items of this response, in the same form. */
  readonly output: string;
  /** The response object, JSON. */
  readonly response: string;
  /** It is or was made in the background. */
  readonly background?: boolean;
  /** It was asked for as a stream: its events are kept beside it. */
  readonly streamed?: boolean;
  /** Still being made; when its maker last said so, ms since 1970 UTC. Absent = complete. */
  readonly aliveEpochMs?: number;
}

/** An item of a response that was kept. */
export interface KeptItem {
  readonly from: KeptResponse;
  /** The item, JSON. */
  readonly text: string;
}

export interface ResponseDeskParts {
  readonly shelf: Shelf;
  readonly clock: Clock;
  readonly options?: Partial<ResponseDeskOptions>;
}

/** Items of input have no id but the one they are listed under: `item_`, the response's id and their place. */
const listedId = /^item_(.{1,128})_\d{1,6}$/;

/**
 * Responses that were kept, each for one account alone. Outlives the gateways that put them here, so that a change of
 * configuration ends no conversation.
 */
export class ResponseDesk {
  readonly options: ResponseDeskOptions;
  readonly clock: Clock;
  /** Responses this process makes in the background, by account and id. */
  readonly running = new Map<string, { readonly events: EventLog | null; stop(): void }>();
  readonly conversations: Conversations;
  readonly #shelf: Shelf;

  constructor({ shelf, clock, options }: ResponseDeskParts) {
    this.options = { ...defaultResponseOptions, ...options };
    this.conversations = new Conversations({ shelf, clock, ...this.options });
    this.#shelf = shelf;
    this.clock = clock;
  }

  /** Settles when it is kept, with true; one that is too long is not. */
  async keep(account: string, kept: KeptResponse): Promise<boolean> {
    const text = JSON.stringify(kept);
    if (text.length > this.options.maxCharacters) return false;
    // Items are found through the response they came with, so they are never there without it.
    const pointers = [...idsIn(kept.output)].map((id) => this.#point(account, itemName(id), kept.id));
    await Promise.all([this.#put(account, kept.id, text), ...pointers]);
    return true;
  }

  async find(account: string, id: string): Promise<KeptResponse | null> {
    const text = await this.#shelf.get(account, id, this.clock.epochMs());
    const kept = text === null ? null : (JSON.parse(text) as KeptResponse);
    // Whoever makes it may just be putting it back, having not heard yet that it is gone.
    return kept?.background && (await this.#markOf(account, id)) === deleted ? null : kept;
  }

  /** An item of a response that is kept, by its own id or by the one it is listed under. */
  async findItem(account: string, id: string): Promise<KeptItem | null> {
    const listed = listedId.exec(id)?.[1];
    const holder = listed ?? (await this.#shelf.get(account, itemName(id), this.clock.epochMs()));
    const from = holder === null ? null : await this.find(account, holder);
    if (from === null) return null;
    const items = listed === undefined ? from.output : from.items;
    const at = listedItems(items, from.id).findIndex((item) => (item as { id?: unknown }).id === id);
    const span = elementSpans(items)[at];
    return span ? { from, text: items.slice(span.start, span.end) } : null;
  }

  /** Keeps events of a response, behind those that are there. */
  async keepEvents(account: string, id: string, events: ByteText, behind: boolean): Promise<void> {
    await this.#put(account, eventsName(id), events, behind);
  }

  /** Null when they are not kept or not any more. */
  eventsOf(account: string, id: string): Promise<ByteText | null> {
    return this.#shelf.get(account, eventsName(id), this.clock.epochMs());
  }

  async forgetEvents(account: string, id: string): Promise<void> {
    await this.#shelf.remove(account, eventsName(id));
  }

  /** Tells whoever makes a response, in whatever process, that it is not wanted any more. */
  async cancel(account: string, id: string): Promise<void> {
    await this.#put(account, markName(id), cancelled);
  }

  /** Or deleted. */
  async isCancelled(account: string, id: string): Promise<boolean> {
    return (await this.#markOf(account, id)) !== null;
  }

  /** False when there was none. */
  async remove(account: string, id: string): Promise<boolean> {
    const kept = await this.find(account, id);
    if (kept?.background) await this.#put(account, markName(id), deleted);
    if (kept?.streamed) await this.forgetEvents(account, id);
    return kept !== null && this.#shelf.remove(account, id);
  }

  /** An id that an engine has given to items of several responses names none of them: one would be taken for the other. */
  async #point(account: string, name: string, id: string): Promise<void> {
    const before = await this.#shelf.get(account, name, this.clock.epochMs());
    await this.#put(account, name, before === null || before === id ? id : severalResponses);
  }

  #markOf(account: string, id: string): Promise<string | null> {
    return this.#shelf.get(account, markName(id), this.clock.epochMs());
  }

  #put(owner: string, name: string, text: string, behind = false): Promise<boolean> {
    const epochMs = this.clock.epochMs();
    return this.#shelf.put({ owner, name, text, expiresEpochMs: epochMs + this.options.ttlS * 1_000, behind }, epochMs);
  }
}

// Names with a space in them are no ids, so nobody can ask for them.
const itemName = (id: string) => `item ${id}`;
const markName = (id: string) => `mark ${id}`;
const eventsName = (id: string) => `events ${id}`;
/** No id of a response. */
const severalResponses = " ";
/** Marks beside a response that is made in the background, for whoever makes it. */
const [cancelled, deleted] = ["cancelled", "deleted"];

function idsIn(output: string): Set<string> {
  const items = JSON.parse(`[${output}]`) as unknown[];
  const ids = items.map((item) => (item as { id?: unknown } | null)?.id);
  return new Set(ids.filter((id) => typeof id === "string"));
}
