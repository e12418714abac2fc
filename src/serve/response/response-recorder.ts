import { textOf } from "../wire/byte-text.ts";
import { responseIdPattern } from "./kept-responses.ts";
import { idBeginning } from "./response-items.ts";
import { parseObject } from "../stream/stream-event.ts";
import type { ByteText } from "../wire/ports.ts";
import type { Reply } from "../wire/transport.ts";

export interface RecorderParts {
  readonly reply: Reply;
  /** Makes an id that begins with a prefix, for a response that is kept and its items; null = those of the engine stay. */
  readonly newId: ((prefix: string) => string) | null;
  /** What the response goes on from; null = it is the first. */
  readonly previousId: string | null;
  /** The conversation it belongs to; null = none. */
  readonly conversationId: string | null;
  /** Bytes of an answer that are collected at most; a longer one is passed on and not kept. */
  readonly maxBytes: number;
  /** Keeps a response before its last bytes go out, so that the next request finds it; null = nothing is kept. */
  readonly keep: ((response: Record<string, unknown>) => Promise<void>) | null;
}

/** In an answer the engine knows of no conversation; quotes inside texts are escaped and never match. */
const noPrevious = /(?<!\\)"previous_response_id": ?null/g;
const noConversation = /(?<!\\)"conversation": ?null/g;
const aResponse = /(?<!\\)"object": ?"response"/g;

/** Stands between the gateway and a client of `/v1/responses`: takes the answer down on its way and names what it goes on from. */
export class ResponseRecorder implements Reply {
  readonly #parts: RecorderParts;
  #status = 0;
  #stream = false;
  #collected: ByteText | null = "";
  /** The ids of the engine, and those that stand for them. */
  readonly #ids = new Map<string, string>();

  constructor(parts: RecorderParts) {
    this.#parts = parts;
    if (parts.keep === null) this.#collected = null;
  }

  send(status: number, headers: readonly string[], body: ByteText | Uint8Array, last: boolean): boolean {
    this.#status = status;
    const type = headers.findIndex((name, index) => index % 2 === 0 && name === "content-type");
    this.#stream = (headers[type + 1] ?? "").startsWith("text/event-stream");
    if (typeof body !== "string" || status !== 200) {
      this.#collected = null;
      return this.#parts.reply.send(status, headers, body, last);
    }
    const text = this.#take(body);
    if (!last) return this.#parts.reply.send(status, headers, text, false);
    this.#finish(() => this.#parts.reply.send(status, headers, text, true));
    return true;
  }

  write(bytes: ByteText, last: boolean): boolean {
    const text = this.#take(bytes);
    if (!last) return this.#parts.reply.write(text, false);
    this.#finish(() => this.#parts.reply.write(text, true));
    return true;
  }

  reset(): void {
    this.#collected = null;
    this.#parts.reply.reset();
  }

  #take(bytes: ByteText): ByteText {
    const { newId, previousId, conversationId, maxBytes } = this.#parts;
    let text = newId === null ? bytes : this.#renamed(bytes, newId);
    if (previousId !== null) text = text.replaceAll(noPrevious, `"previous_response_id":"${previousId}"`);
    if (conversationId !== null) {
      const named = `"conversation":{"id":"${conversationId}"}`;
      // Most engines have never heard of conversations and leave the field out.
      text =
        text.search(noConversation) >= 0
          ? text.replaceAll(noConversation, named)
          : text.replaceAll(aResponse, `$&,${named}`);
    }
    if (this.#collected !== null) this.#collected += text;
    if (this.#collected !== null && this.#collected.length > maxBytes) this.#collected = null;
    return text;
  }

  /**
   * The same under other ids. Some engines count their answers, from one again whenever they start, or draw small numbers: going on
   * from such an id could go on from another conversation.
   */
  #renamed(bytes: ByteText, newId: (prefix: string) => string): ByteText {
    for (const { id, kind } of idsIn(bytes, this.#stream, this.#ids.size === 0))
      if (!this.#ids.has(id)) this.#ids.set(id, newId(/^[a-z]{1,20}_/.exec(id)?.[0] ?? idBeginning(kind)));
    return bytes.replaceAll(anId, (whole, name: string, id: string) => {
      const own = this.#ids.get(id);
      return own === undefined ? whole : `${name}"${own}"`;
    });
  }

  #finish(send: () => void): void {
    const response = this.#collected === null || this.#status !== 200 ? null : this.#response(this.#collected);
    this.#collected = null;
    if (response === null || this.#parts.keep === null) return send();
    // A response that could not be kept was answered all the same.
    void this.#parts.keep(response).then(send, send);
  }

  /** The response object of a complete answer; null when it broke off. */
  #response(answer: ByteText): Record<string, unknown> | null {
    if (!this.#stream) return parseObject(textOf(answer));
    const events = answer.split(/\r?\n\r?\n/).toReversed();
    for (const event of events) {
      const data = /^data: ?(\{.*\})$/m.exec(event)?.[1];
      if (data === undefined || !/"type": ?"response\.(?:completed|incomplete)"/.test(data)) continue;
      const response = parseObject(textOf(data))?.["response"];
      return typeof response === "object" ? (response as Record<string, unknown> | null) : null;
    }
    return null;
  }
}

/** A member that names something: what an answer says may be the same word as an id. */
const anId = /("(?:[a-z]+_)*id"\s*:\s*)"([A-Za-z0-9_.:-]{1,128})"/g;
const dataLine = /^data: ?(\{.*\})\r?$/gm;

/**
 * Ids of the response that complete events, or a whole answer, are about, and of its items. Of a stream only its beginning and the
 * events with which items begin tell any.
 */
function idsIn(answer: ByteText, isStream: boolean, isBeginning: boolean): { id: string; kind: unknown }[] {
  if (isStream && !isBeginning && !answer.includes("output_item.added")) return [];
  const texts = isStream ? Array.from(answer.matchAll(dataLine), ([, data]) => data!) : [answer];
  return texts.flatMap((text) => {
    const told = parseObject(text) ?? {};
    const response = (isStream ? told["response"] : told) as Named | null | undefined;
    const output = Array.isArray(response?.output) ? (response.output as (Named | null)[]) : [];
    const named = [response, told["item"] as Named | null | undefined, ...output];
    return named.flatMap((one) => {
      if (typeof one?.id !== "string" || !responseIdPattern.test(one.id)) return [];
      return { id: one.id, kind: one === response ? "response" : one.type };
    });
  });
}

interface Named {
  readonly id?: unknown;
  readonly type?: unknown;
  readonly output?: unknown;
}
