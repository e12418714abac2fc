import type { Clock, Shelf } from "../wire/ports.ts";

/** Where the law of a conversation is looked for. */
export interface ConversationPlace {
  readonly area: string;
  readonly access: string;
  readonly country: string;
  /** Null until a model, which is for data of one class, has had a part in it. */
  readonly dataClass: string | null;
}

/** An item of a conversation under the id it is known by. */
export interface ConversationItem {
  readonly id: string;
  /** The item as it came, JSON. */
  readonly text: string;
}

export interface Conversation {
  readonly id: string;
  readonly createdS: number;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Null while there is nothing in it. */
  readonly place: ConversationPlace | null;
  readonly items: readonly ConversationItem[];
  /** Characters it takes where it is kept. */
  readonly characters: number;
}

/** What happened to a conversation, one line of its text each. */
type Change =
  | { readonly made: number }
  | { readonly metadata: Readonly<Record<string, unknown>> }
  | { readonly add: readonly ConversationItem[]; readonly place: ConversationPlace }
  | { readonly drop: string };

export interface ConversationParts {
  readonly shelf: Shelf;
  readonly clock: Clock;
  readonly ttlS: number;
  /** Longest conversation. */
  readonly maxCharacters: number;
}

/**
 * Conversations, each for one account alone. Kept as what happened to them, line behind line: whoever adds at the same
 * time, in whatever process, takes nothing from the others. Forgotten `ttlS` after the last change.
 */
export class Conversations {
  readonly #parts: ConversationParts;

  constructor(parts: ConversationParts) {
    this.#parts = parts;
  }

  async make(account: string, id: string, metadata: Conversation["metadata"]): Promise<void> {
    const createdS = Math.floor(this.#parts.clock.epochMs() / 1_000);
    await this.#put(account, id, `${lineOf({ made: createdS })}${lineOf({ metadata })}`, false);
  }

  async find(account: string, id: string): Promise<Conversation | null> {
    const text = await this.#parts.shelf.get(account, nameOf(id), this.#parts.clock.epochMs());
    if (text === null) return null;
    let createdS = 0;
    let metadata: Conversation["metadata"] = {};
    let place = null as ConversationPlace | null;
    let items: ConversationItem[] = [];
    for (const line of text.split("\n")) {
      if (line === "") continue;
      const change = JSON.parse(line) as Change;
      if ("made" in change) createdS = change.made;
      else if ("metadata" in change) ({ metadata } = change);
      else if ("drop" in change) items = items.filter((item) => item.id !== change.drop);
      else {
        items.push(...change.add);
        place = { ...change.place, dataClass: change.place.dataClass ?? place?.dataClass ?? null };
      }
    }
    return { id, createdS, metadata, place, items, characters: text.length };
  }

  /** Adds items behind all others; false when there is no such conversation any more, or it would become too long. */
  async add(
    account: string,
    { id, characters }: Pick<Conversation, "id" | "characters">,
    items: readonly ConversationItem[],
    place: ConversationPlace,
  ): Promise<boolean> {
    const line = lineOf({ add: items, place });
    return characters + line.length <= this.#parts.maxCharacters && this.#put(account, id, line, true);
  }

  /** False when there is no such conversation. */
  describe(account: string, id: string, metadata: Conversation["metadata"]): Promise<boolean> {
    return this.#put(account, id, lineOf({ metadata }), true);
  }

  drop(account: string, id: string, item: string): Promise<boolean> {
    return this.#put(account, id, lineOf({ drop: item }), true);
  }

  remove(account: string, id: string): Promise<boolean> {
    return this.#parts.shelf.remove(account, nameOf(id));
  }

  #put(owner: string, id: string, text: string, behind: boolean): Promise<boolean> {
    const epochMs = this.#parts.clock.epochMs();
    const expiresEpochMs = epochMs + this.#parts.ttlS * 1_000;
    return this.#parts.shelf.put({ owner, name: nameOf(id), text, expiresEpochMs, behind }, epochMs);
  }
}

const lineOf = (change: Change) => `${JSON.stringify(change)}\n`;
// A name with a space in it is no id of a response.
const nameOf = (id: string) => `conversation ${id}`;
