import { answerId, continuationBody, saidSoFar, type Said } from "../stream/continuation.ts";
import type { InferenceRequest } from "../stream/chat-request.ts";
import type { Endpoint } from "../stream/endpoints.ts";
import { countsOf, type Seen } from "../stream/meter.ts";
import type { ByteText } from "../wire/ports.ts";
import type { AnswerHead } from "../stream/sse-stream.ts";
import { withUsageEvent } from "../stream/stream-tail.ts";

/** Longest answer that is kept for a continuation, bytes of its events. */
const maxRecordBytes = 4 * 1024 * 1024;

/** A complete answer for whoever asks the same again. */
export interface KeptAnswer {
  readonly contentType: string;
  readonly body: ByteText;
}

/**
 * What a client has been sent of its answer, as far as that is needed: to go on elsewhere when the answer breaks off, to
 * state usage that no engine has stated, and to give the same answer again.
 */
export class AnswerRecord {
  readonly #endpoint: Endpoint;
  readonly #request: InferenceRequest;
  /** Events sent so far, when the answer could be continued elsewhere if it broke off; null otherwise. */
  #events: ByteText | null;
  #said: Said | null = null;
  #foreignId: string | null = null;
  #kept: KeptAnswer | null = null;
  /** Bytes that may be kept for the cache; 0 = nothing is. */
  #keepBytes: number;

  constructor(
    endpoint: Endpoint,
    request: InferenceRequest,
    options: { readonly continuable: boolean; readonly keepBytes: number },
  ) {
    this.#endpoint = endpoint;
    this.#request = request;
    this.#events = options.continuable ? "" : null;
    this.#keepBytes = options.keepBytes;
  }

  get continuable(): boolean {
    return this.#events !== null;
  }

  /** A part of the answer came from another engine. */
  get continued(): boolean {
    return this.#said !== null;
  }

  /** The whole answer; null when it is not to be given again: too long, or put together from two engines. */
  get kept(): KeptAnswer | null {
    return this.#said === null ? this.#kept : null;
  }

  /** Takes events down on their way to the client; those of a second engine go on under the first one's answer id. */
  take(given: ByteText): ByteText {
    if (this.#events === null) return given;
    let events = given;
    if (this.#said !== null) {
      const own = answerId(this.#events);
      this.#foreignId ??= answerId(given);
      if (own !== null && this.#foreignId !== null) events = events.replaceAll(`"${this.#foreignId}"`, `"${own}"`);
    }
    this.#events = this.#events.length + events.length > maxRecordBytes ? null : this.#events + events;
    return events;
  }

  /** What was sent, and a piece of an answer that will be given again as it is. */
  sent(contentType: string, piece: ByteText): void {
    if (this.#keepBytes === 0) return;
    const body = (this.#kept?.body ?? "") + piece;
    this.#kept = { contentType, body };
    if (body.length <= this.#keepBytes) return;
    this.#kept = null;
    this.#keepBytes = 0;
  }

  /** The request that lets another engine go on where the answer broke off; null when that is not possible. */
  continuation(body: string): { readonly said: Said; readonly body: string } | null {
    const said = this.#events === null ? null : saidSoFar(this.#events);
    const next = said && continuationBody(body, said);
    return said === null || next === null ? null : { said, body: next };
  }

  /** Another engine goes on after what was said. */
  goOn(said: Said): void {
    this.#said = said;
  }

  /**
   * Adds the usage event a caller asked for where the engine's own cannot stand: of a continued answer, whose parts
   * count together (what was said before is output, not input), and of an engine that stated none.
   */
  withUsage(events: ByteText, seen: Seen, head: AnswerHead | null): ByteText {
    const said = this.#said?.tokens ?? null;
    if (!this.#endpoint.asksForUsage || !this.#request.includeUsage) return events;
    if (said === null && seen.usage !== null) return events;
    const { inputTokens, outputTokens } = countsOf(seen, this.#request);
    if (said === null) return withUsageEvent(events, head, { inputTokens, outputTokens });
    const id = answerId(this.#events ?? events) ?? "";
    const stated = seen.usage === null ? inputTokens : Math.max(0, inputTokens - said);
    return withUsageEvent(events, head && { ...head, id }, { inputTokens: stated, outputTokens: said + outputTokens });
  }
}
