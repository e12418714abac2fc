import type { EngineEvents, EngineRun } from "../../serve/index.ts";
import type { BatchPace, Generation } from "./batch-pace.ts";
import type { AnswerForm, AnswerIdentity } from "./emulated-form.ts";
import type { EmulatedOrder } from "./emulated-order.ts";

/** One of the answers a request asked for, as the batch sees it: a sequence of its own. */
class Choice implements Generation {
  readonly index: number;
  readonly uncachedTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  produced = 0;
  sent = 0;
  readonly #told: () => void;

  constructor(
    index: number,
    { prompts, answers, uncachedTokens, cachedTokens, outputTokens }: EmulatedOrder,
    told: () => void,
  ) {
    const promptTokens = Math.max(1, Math.round((uncachedTokens + cachedTokens) / prompts));
    const own = Math.max(1, Math.round(uncachedTokens / prompts));
    this.index = index;
    // Only the first answer to a prompt has it computed; the others find all but its last token in the cache.
    this.uncachedTokens = index % answers === 0 ? own : 1;
    this.cachedTokens = Math.max(0, promptTokens - this.uncachedTokens);
    this.outputTokens = outputTokens;
    this.#told = told;
  }

  get complete(): boolean {
    return this.produced >= this.outputTokens;
  }

  onTokens(produced: number): void {
    this.produced = produced;
    this.#told();
  }
}

/** A request at work in an emulated engine. */
export class EmulatedRun implements EngineRun {
  readonly #order: EmulatedOrder;
  readonly #form: AnswerForm;
  readonly #events: EngineEvents;
  readonly #identity: AnswerIdentity;
  readonly #forget: () => void;
  readonly #choices: readonly Choice[];
  #leave: (() => void)[] = [];
  #begun = false;
  #paused = false;
  #over = false;

  constructor(
    order: EmulatedOrder,
    form: AnswerForm & { readonly idPrefix: string },
    events: EngineEvents,
    epochMs: number,
    forget: () => void,
  ) {
    this.#order = order;
    this.#form = form;
    this.#events = events;
    this.#forget = forget;
    this.#identity = {
      id: form.idPrefix + order.requestId,
      model: order.model,
      createdS: Math.floor(epochMs / 1_000),
    };
    const told = () => {
      if (!this.#paused) this.#send();
    };
    this.#choices = Array.from({ length: order.prompts * order.answers }, (_, index) => new Choice(index, order, told));
  }

  /** All answers are made in one engine, where they share their prompt. */
  join(pace: BatchPace, nowMs: number): void {
    this.#leave = this.#choices.map((choice) => pace.add(choice, nowMs));
  }

  cancel(): void {
    this.#over = true;
    for (const leave of this.#leave) leave();
    this.#forget();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#send();
  }

  #send(): void {
    if (this.#over) return;
    const complete = this.#choices.every((choice) => choice.complete);
    if (this.#order.stream) this.#sendEvents(complete);
    else if (complete) {
      this.#events.head({ status: 200, contentType: "application/json", retryAfterMs: null });
      const { finish } = this.#order;
      this.#events.data(this.#form.whole(this.#identity, this.#usage(), finish, this.#choices.length));
    }
    if (complete) this.#end();
  }

  #sendEvents(complete: boolean): void {
    let text = "";
    for (const choice of this.#choices) {
      if (choice.produced === choice.sent) continue;
      if (choice.sent === 0) text += this.#form.opening(this.#identity, choice.index);
      for (; choice.sent < choice.produced; choice.sent++) {
        text += this.#form.word(this.#identity, choice.sent, choice.index);
      }
      if (choice.complete) text += this.#form.ending(this.#identity, choice.index, this.#order.finish);
    }
    if (complete) text += this.#form.closing(this.#identity, this.#usage(), this.#order.finish);
    if (text === "") return;
    if (!this.#begun) this.#events.head({ status: 200, contentType: "text/event-stream", retryAfterMs: null });
    this.#begun = true;
    this.#events.data(text);
  }

  #usage() {
    const { uncachedTokens, cachedTokens, outputTokens } = this.#order;
    const inputTokens = uncachedTokens + cachedTokens;
    return { inputTokens, cachedTokens, outputTokens: outputTokens * this.#choices.length };
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#forget();
    this.#events.end(null);
  }
}
