import type { Clock, Shelf } from "./ports.ts";

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
}

export interface ResponseDeskParts {
  readonly shelf: Shelf;
  readonly clock: Clock;
  readonly options?: Partial<ResponseDeskOptions>;
}

/**
 * Responses that were kept, each for one account alone. Outlives the gateways that put them here, so that a change of
 * configuration ends no conversation.
 */
export class ResponseDesk {
  readonly options: ResponseDeskOptions;
  readonly #shelf: Shelf;
  readonly #clock: Clock;

  constructor({ shelf, clock, options }: ResponseDeskParts) {
    this.options = { ...defaultResponseOptions, ...options };
    this.#shelf = shelf;
    this.#clock = clock;
  }

  /** Settles when it is kept; one that is too long is not. */
  async keep(account: string, kept: KeptResponse): Promise<void> {
    const text = JSON.stringify(kept);
    if (text.length > this.options.maxCharacters) return;
    const epochMs = this.#clock.epochMs();
    const expiresEpochMs = epochMs + this.options.ttlS * 1_000;
    await this.#shelf.put({ owner: account, name: kept.id, text, expiresEpochMs }, epochMs);
  }

  async find(account: string, id: string): Promise<KeptResponse | null> {
    const text = await this.#shelf.get(account, id, this.#clock.epochMs());
    return text === null ? null : (JSON.parse(text) as KeptResponse);
  }

  /** False when there was none. */
  remove(account: string, id: string): Promise<boolean> {
    return this.#shelf.remove(account, id);
  }
}
