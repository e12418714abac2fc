import { asciiJson, textOf } from "./byte-text.ts";
import type { ByteText } from "./ports.ts";
import type { KeptResponse, ResponseDesk } from "./response-desk.ts";
import { parseObject } from "./stream-event.ts";
import type { Exchange, Reply } from "./transport.ts";

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
  /** Until the request has been taken, refusals go to the client as ever. */
  #taken = false;
  #over = false;
  #exchange: Exchange | null = null;
  #forget = () => {};
  #status = 0;
  #text: ByteText = "";

  constructor(order: BackgroundOrder) {
    this.#order = order;
  }

  /** `run` hands the request to the engines. Settles when the client has its answer; rejects when nothing can be kept. */
  async begin(run: (reply: Reply) => Exchange): Promise<void> {
    const { desk, account, client, queued } = this.#order;
    this.#exchange = run(this);
    this.#taken = true;
    if (this.#over) return;
    desk.running.set(keyOf(account, queued.id), this);
    try {
      await this.#sayAlive();
    } catch (error) {
      this.#end();
      this.#exchange.clientLeft();
      throw error;
    }
    client.send(200, ["content-type", "application/json", "cache-control", "no-store"], asciiJson(queued), true);
    this.#stored.resolve();
    this.#watch(1);
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
    this.#text += bytes;
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

  #answered(): void {
    const { queued } = this.#order;
    const answer = parseObject(textOf(this.#text));
    this.#text = "";
    const output = answer?.["output"];
    if (this.#status === 200 && Array.isArray(output)) {
      const { id, previous_response_id, background, conversation } = queued;
      const own = { id, previous_response_id, background, ...(conversation ? { conversation } : {}) };
      return this.#finish({ ...answer, ...own }, output);
    }
    const error = answer?.["error"] as { message?: unknown } | null | undefined;
    const message = typeof error?.message === "string" ? error.message : "The response could not be made.";
    const code = this.#status === 429 ? "rate_limit_exceeded" : "server_error";
    this.#finish(failed(queued, code, message), []);
  }

  #finish(response: object, output: readonly unknown[]): void {
    if (this.#over) return;
    this.#end();
    // A place for it that is full or gone has been told to the client already, or will be when it asks.
    this.#keep(response, output).catch(() => {});
  }

  async #keep(response: object, output: readonly unknown[]): Promise<void> {
    const { desk, account, queued, place } = this.#order;
    await this.#stored.promise;
    // What was deleted meanwhile stays deleted.
    if ((await desk.find(account, queued.id)) === null) return;
    const items = output.map((item) => JSON.stringify(item)).join(",");
    const kept = { id: queued.id, ...place, output: items, response: JSON.stringify(response), background: true };
    if (await desk.keep(account, kept)) {
      if (output.length > 0) await this.#order.whenKept?.(output);
      return;
    }
    const long = failed(queued, "server_error", "The response is longer than what is kept here.");
    await desk.keep(account, { ...kept, items: "", output: "", response: JSON.stringify(long) });
  }

  #end(): void {
    this.#over = true;
    this.#forget();
    this.#order.desk.running.delete(keyOf(this.#order.account, this.#order.queued.id));
  }

  async #sayAlive(): Promise<void> {
    const { desk, account, queued, place } = this.#order;
    const response = JSON.stringify({ ...queued, status: "in_progress" });
    const aliveEpochMs = desk.clock.epochMs();
    await desk.keep(account, { id: queued.id, ...place, output: "", response, background: true, aliveEpochMs });
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
        if (looks % looksPerWord === 0) await this.#sayAlive();
      };
      look()
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
  if (desk.clock.epochMs() - kept.aliveEpochMs <= deadMs) return kept.response;
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

function failed(response: object, code: string, message: string): object {
  return { ...response, status: "failed", error: { code, message } };
}

// Ids have no space in them, and so cannot be mistaken for the end of an account's name.
const keyOf = (account: string, id: string) => `${account} ${id}`;
