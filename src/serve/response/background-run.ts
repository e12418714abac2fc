import { asciiJson, textOf } from "../wire/byte-text.ts";
import { EventLog } from "../stream/event-log.ts";
import type { ByteText } from "../wire/ports.ts";
import type { KeptResponse, ResponseDesk } from "./response-desk.ts";
import { endingEvent, errorEvent, numbered, OwnEvents } from "./response-events.ts";
import { parseObject } from "../stream/stream-event.ts";
import type { Exchange, Reply } from "../wire/transport.ts";

/** How often a run looks whether it is still wanted, ms. */
const lookMs = 1_000;
/** Looks between two words that it goes on. */
const looksPerWord = 5;
/** After this silence nobody makes the response any more, ms. */
const deadMs = 20_000;

export interface BackgroundOrder {
  readonly desk: ResponseDesk;
  readonly account: string;
  /** Who asked; hears that the response is queued, or why it is not. */
  readonly client: Reply;
  /** The response as it stands before anything came of it. */
  readonly queued: Readonly<Record<string, unknown>> & { readonly id: string };
  readonly place: Pick<KeptResponse, "area" | "access" | "country" | "dataClass" | "items">;
  /** Its events are kept as well, and told to whoever asks, who asked first among them. */
  readonly streamed: boolean;
  /** Called with the output once the response is complete and kept. */
  readonly whenKept?: (output: readonly unknown[]) => Promise<unknown>;
}

/**
 * A response that nobody waits for on the line: the gateway answers into this instead, and it is kept when it is whole.
 * Whoever serves it says so from time to time, so that a response whose maker died is not waited for in vain.
 */
export class BackgroundRun implements Reply {
  readonly #order: BackgroundOrder;
  readonly #stored = Promise.withResolvers<void>();
  /** The look that is under way or was last. What it writes must not come after the end of the response. */
  #looked: Promise<unknown> = Promise.resolve();
  /** Until the request has been taken, refusals go to the client as ever. */
  #taken = false;
  #over = false;
  #exchange: Exchange | null = null;
  #forget = () => {};
  #status = 0;
  #text: ByteText = "";
  /** What was told so far; null when nobody asked for it as a stream. */
  readonly events: EventLog | null;
  readonly #own: OwnEvents;
  /** Events that have not been kept yet; null = no more are, because there are too many. */
  #unkept: ByteText | null = "";
  #keptBytes = 0;

  constructor(order: BackgroundOrder) {
    const { queued, streamed, desk } = order;
    this.#order = order;
    this.events = streamed ? new EventLog(desk.options.maxCharacters, tooSlow) : null;
    this.#own = new OwnEvents((response) => this.#named(response));
    if (!streamed) return;
    this.#tell(numbered("response.created", 0, { response: queued }));
    this.#tell(numbered("response.queued", 1, { response: queued }));
  }

  /**
   * `run` hands the request to the engines. Settles when the client can have its answer, with how it hears of events when
   * they are streamed; rejects when nothing can be kept.
   */
  async begin(run: (reply: Reply) => Exchange): Promise<Exchange | null> {
    const { desk, account, client, queued } = this.#order;
    this.#exchange = run(this);
    this.#taken = true;
    if (this.#over) return null;
    desk.running.set(keyOf(account, queued.id), this);
    try {
      await this.#sayAlive();
    } catch (error) {
      this.#end();
      this.#exchange.clientLeft();
      throw error;
    }
    const reading = this.events?.follow(client, 0) ?? null;
    if (reading === null)
      client.send(200, ["content-type", "application/json", "cache-control", "no-store"], asciiJson(queued), true);
    this.#stored.resolve();
    this.#watch(1);
    return reading;
  }

  send(status: number, headers: readonly string[], body: ByteText | Uint8Array, last: boolean): boolean {
    if (!this.#taken && status !== 200) {
      this.#over = true;
      return this.#order.client.send(status, headers, body, last);
    }
    this.#status = status;
    return this.write(typeof body === "string" ? body : "", last);
  }

  write(bytes: ByteText, last: boolean): boolean {
    if (this.events === null || this.#status !== 200) this.#text += bytes;
    else this.#tell(...this.#own.take(bytes, this.events.next));
    if (last) this.#answered();
    return true;
  }

  reset(): void {
    this.#answered();
  }

  /** It is not wanted any more: its engine stops as if the client had left. */
  stop(): void {
    if (this.#over) return;
    this.#exchange?.clientLeft();
    this.#finish({ ...this.#order.queued, status: "cancelled" }, []);
  }

  /** A response of the engine's under the name it has here. */
  #named(response: object): Record<string, unknown> {
    const { id, previous_response_id, background, conversation } = this.#order.queued;
    return { ...response, id, previous_response_id, background, ...(conversation ? { conversation } : {}) };
  }

  #answered(): void {
    const { queued } = this.#order;
    const answer = this.events === null ? parseObject(textOf(this.#text)) : null;
    const { end } = this.#own;
    const made = end?.kind === "response" ? end.response : this.#status === 200 && answer && this.#named(answer);
    if (made && Array.isArray(made["output"])) return this.#finish(made, made["output"]);
    const error = (answer ?? parseObject(textOf(this.#text)))?.["error"] as { message?: unknown } | null | undefined;
    const told = end?.kind === "error" ? end.message : error?.message;
    const message = typeof told === "string" ? told : "The response could not be made.";
    const code = this.#status === 429 ? "rate_limit_exceeded" : "server_error";
    this.#finish(failed(queued, code, message), []);
  }

  #finish(response: Record<string, unknown>, output: readonly unknown[]): void {
    if (this.#over) return;
    this.#text = "";
    this.#end();
    this.#keep(response, output)
      .then((told) => this.events?.add(endingEvent(told, this.events.next)))
      // A place for it that is full or gone has been told to the client already, or will be when it asks.
      .catch(() => this.events?.add(errorEvent("server_error", "The response could not be kept.", this.events.next)))
      .finally(() => this.events?.end());
  }

  /** Settles with the response as it was kept. */
  async #keep(response: Record<string, unknown>, output: readonly unknown[]): Promise<Record<string, unknown>> {
    const { desk, account, queued, place, streamed } = this.#order;
    await this.#stored.promise;
    await this.#looked;
    // What was deleted meanwhile stays deleted.
    if ((await desk.find(account, queued.id)) === null) return { ...queued, status: "cancelled" };
    await this.#keepEvents();
    const items = output.map((item) => JSON.stringify(item)).join(",");
    const more = { background: true, ...(streamed && { streamed }) };
    const kept = { id: queued.id, ...place, output: items, response: JSON.stringify(response), ...more };
    if (await desk.keep(account, kept)) {
      if (output.length > 0) await this.#order.whenKept?.(output);
      return response;
    }
    const long = failed(queued, "server_error", "The response is longer than what is kept here.");
    await desk.keep(account, { ...kept, items: "", output: "", response: JSON.stringify(long) });
    return long;
  }

  #tell(...events: readonly ByteText[]): void {
    if (this.#unkept !== null) this.#unkept += events.join("");
    this.events!.add(...events);
  }

  /** Keeps what was told since the last time, for readers who come later or to another process. */
  async #keepEvents(): Promise<void> {
    const { desk, account, queued } = this.#order;
    const fresh = this.#unkept;
    if (this.events === null || fresh === null || fresh === "") return;
    this.#unkept = "";
    this.#keptBytes += fresh.length;
    if (this.#keptBytes <= desk.options.maxCharacters)
      return desk.keepEvents(account, queued.id, fresh, this.#keptBytes > fresh.length);
    this.#unkept = null;
    await desk.forgetEvents(account, queued.id);
  }

  #end(): void {
    this.#over = true;
    this.#forget();
    this.#order.desk.running.delete(keyOf(this.#order.account, this.#order.queued.id));
  }

  async #sayAlive(): Promise<void> {
    const { desk, account, queued, place, streamed } = this.#order;
    const response = JSON.stringify({ ...queued, status: "in_progress" });
    const aliveEpochMs = desk.clock.epochMs();
    const more = { background: true, ...(streamed && { streamed }) };
    await desk.keep(account, { id: queued.id, ...place, output: "", response, ...more, aliveEpochMs });
  }

  /** Whether it is still wanted is asked of the place where responses are kept: another process may have been told. */
  #watch(looks: number): void {
    const { desk, account, queued } = this.#order;
    if (this.#over) return;
    this.#forget = desk.clock.schedule(lookMs, () => {
      const look = async () => {
        const cancelled = await desk.isCancelled(account, queued.id);
        if (this.#over) return;
        if (cancelled) return this.stop();
        await this.#keepEvents();
        if (looks % looksPerWord === 0 && !this.#over) await this.#sayAlive();
      };
      this.#looked = look()
        .catch(() => {})
        .finally(() => this.#watch(looks + 1));
    });
  }
}

/** A response as it stands now; that of a maker who fell silent has failed. */
export async function asItStands(desk: ResponseDesk, account: string, kept: KeptResponse): Promise<string> {
  if (kept.aliveEpochMs === undefined) return kept.response;
  const response = JSON.parse(kept.response) as Record<string, unknown>;
  if (await desk.isCancelled(account, kept.id)) return JSON.stringify({ ...response, status: "cancelled" });
  // Whose run it is knows, whatever became of the time of day; the word of another process from hours ahead is as old as one from
  // hours ago, for it would have given a new one since the time was set back.
  if (desk.running.has(keyOf(account, kept.id))) return kept.response;
  if (Math.abs(desk.clock.epochMs() - kept.aliveEpochMs) <= deadMs) return kept.response;
  return JSON.stringify(
    failed(response, "server_error", "The gateway that made the response stopped before it was done."),
  );
}

/** Stops a run, in whatever process it is. */
export async function cancelRun(desk: ResponseDesk, account: string, id: string): Promise<void> {
  await desk.cancel(account, id);
  stopRun(desk, account, id);
}

/** Stops a run if it is one of this process; others find out for themselves when they look. */
export function stopRun(desk: ResponseDesk, account: string, id: string): void {
  desk.running.get(keyOf(account, id))?.stop();
}

/** What a run of this process tells of its response; null when there is no such run, or nobody asked for its events. */
export function eventsOfRun(desk: ResponseDesk, account: string, id: string): EventLog | null {
  return desk.running.get(keyOf(account, id))?.events ?? null;
}

/** A response before anything came of it, with what the request said of it. */
export function queuedResponse(
  id: string,
  fields: Readonly<Record<string, unknown>>,
  previousId: string | null,
  createdS: number,
) {
  const { instructions = null, max_output_tokens = null, metadata = {}, model, parallel_tool_calls = true } = fields;
  const { temperature = 1, tool_choice = "auto", tools = [], top_p = 1 } = fields;
  return {
    id,
    object: "response",
    created_at: createdS,
    status: "queued",
    background: true,
    error: null,
    incomplete_details: null,
    instructions,
    max_output_tokens,
    metadata: metadata ?? {},
    model,
    output: [],
    parallel_tool_calls: parallel_tool_calls ?? true,
    previous_response_id: previousId,
    store: true,
    temperature: temperature ?? 1,
    tool_choice: tool_choice ?? "auto",
    tools: tools ?? [],
    top_p: top_p ?? 1,
  };
}

function failed(response: object, code: string, message: string): Record<string, unknown> {
  return { ...response, status: "failed", error: { code, message } };
}

/** Told a reader who fell behind further than events are remembered. */
const tooSlow = (number: number) =>
  errorEvent("server_error", "Events were read too slowly; fetch the response instead.", number);

// Ids have no space in them, and so cannot be mistaken for the end of an account's name.
const keyOf = (account: string, id: string) => `${account} ${id}`;
