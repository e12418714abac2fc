import type { Replica } from "../../perf/index.ts";
import type { Clock, Engine, EngineEvents, EngineRequest, EngineRun } from "../../serve/index.ts";
import { BatchPace } from "./batch-pace.ts";
import { chatForm, completionForm, type AnswerForm, type AnswerIdentity, type FinishReason } from "./emulated-form.ts";
import { responseForm } from "./response-form.ts";

export interface EmulatedEngineOptions {
  /** The engine model whose pace is kept. */
  readonly replica: Replica;
  /** Engines in the group; a request goes to the one with the shortest queue. */
  readonly replicas: number;
  /** Share of a full engine each of them gets. */
  readonly speedRatio: number;
  readonly clock: Clock;
}

/** An emulated engine group. Everything but its text and the absence of a model is as the engine model predicts. */
export function createEmulatedEngine(options: EmulatedEngineOptions): Engine {
  const { clock } = options;
  const paces: BatchPace[] = [];
  let forgetTimer: (() => void) | null = null;
  let timerMs = Number.POSITIVE_INFINITY;
  const running = new Set<{ cancel(): void }>();

  function shortestQueue(nowMs: number): BatchPace {
    let best: BatchPace | null = null;
    for (const pace of paces) {
      if (pace.runningCount + pace.waitingCount === 0) return pace;
      if (best === null || pace.drainMs(nowMs) < best.drainMs(nowMs)) best = pace;
    }
    // Engines come into being when first needed: a planned group may hold hundreds that never all work at once here.
    if (best === null || paces.length < options.replicas)
      paces.push((best = new BatchPace(options.replica, options.speedRatio)));
    return best;
  }

  function work(): void {
    forgetTimer = null;
    timerMs = Number.POSITIVE_INFINITY;
    const nowMs = clock.monotonicMs();
    for (const pace of paces) pace.advance(nowMs);
    wake();
  }

  function wake(): void {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const pace of paces) nextMs = Math.min(nextMs, pace.nextMs() ?? Number.POSITIVE_INFINITY);
    if (nextMs === Number.POSITIVE_INFINITY || nextMs >= timerMs) return;
    forgetTimer?.();
    timerMs = nextMs;
    forgetTimer = clock.schedule(Math.max(0, nextMs - clock.monotonicMs()), work);
  }

  return {
    start(request, events): EngineRun {
      const form = forms[request.path];
      if (!form) return answerAtOnce(request, events, clock);
      const nowMs = clock.monotonicMs();
      const pace = shortestQueue(nowMs);
      const answer = new EmulatedRun(request, form, events, clock.epochMs(), () => running.delete(answer));
      running.add(answer);
      answer.leave = pace.add(answer, nowMs);
      wake();
      return answer;
    },
    signals() {
      const nowMs = clock.monotonicMs();
      const idle = paces.length < options.replicas;
      return {
        source: "engine",
        atMs: nowMs,
        runningRequests: paces.reduce((sum, pace) => sum + pace.runningCount, 0),
        waitingRequests: paces.reduce((sum, pace) => sum + pace.waitingCount, 0),
        drainMs: idle ? 0 : Math.min(...paces.map((pace) => pace.drainMs(nowMs))),
        kvUsageRatio: idle ? 0 : Math.min(...paces.map((pace) => pace.kvUsageRatio)),
      };
    },
    async close() {
      forgetTimer?.();
      for (const answer of running) answer.cancel();
    },
  } satisfies Engine;
}

/** What is emulated, and what its ids begin with. Filler for sound, pictures and embeddings would help nobody. */
const forms: Readonly<Record<string, AnswerForm & { readonly idPrefix: string }>> = {
  "/v1/chat/completions": { ...chatForm, idPrefix: "chatcmpl-" },
  "/v1/completions": { ...completionForm, idPrefix: "cmpl-" },
  "/v1/responses": { ...responseForm, idPrefix: "resp_" },
};

/** Answers what no form is for: that it is not emulated. */
function answerAtOnce({ path }: EngineRequest, events: EngineEvents, clock: Clock): EngineRun {
  const message = `Emulated engines do not answer ${path}. Serve this model with a real engine for it.`;
  const forget = clock.schedule(0, () => {
    events.head({ status: 404, contentType: "application/json", retryAfterMs: null });
    events.data(
      JSON.stringify({ error: { message, type: "invalid_request_error", param: null, code: "not_emulated" } }),
    );
    events.end(null);
  });
  return { cancel: forget, pause() {}, resume() {} };
}

class EmulatedRun implements EngineRun {
  readonly uncachedTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  leave: () => void = () => {};
  readonly #request: EngineRequest;
  readonly #form: AnswerForm;
  readonly #events: EngineEvents;
  readonly #identity: AnswerIdentity;
  readonly #finish: FinishReason;
  readonly #forget: () => void;
  #sent = 0;
  #produced = 0;
  #paused = false;
  #over = false;

  constructor(
    request: EngineRequest,
    form: AnswerForm & { readonly idPrefix: string },
    events: EngineEvents,
    epochMs: number,
    forget: () => void,
  ) {
    this.#request = request;
    this.#form = form;
    this.#events = events;
    this.#forget = forget;
    const { outputTokens, prefixHitRatio } = request.planned;
    const planned = Math.max(1, Math.round(outputTokens));
    this.outputTokens = Math.min(planned, request.maxOutputTokens ?? planned);
    this.#finish = this.outputTokens < planned ? "length" : "stop";
    // At least one token is always computed, as in real engines: the last one's logits are needed.
    this.cachedTokens = Math.min(request.inputTokens - 1, Math.floor(request.inputTokens * prefixHitRatio));
    this.uncachedTokens = request.inputTokens - this.cachedTokens;
    const { model } = JSON.parse(request.body) as { model: string };
    this.#identity = { id: form.idPrefix + request.requestId, model, createdS: Math.floor(epochMs / 1_000) };
  }

  onTokens(produced: number): void {
    this.#produced = produced;
    if (!this.#paused) this.#send();
  }

  cancel(): void {
    this.#over = true;
    this.leave();
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
    if (this.#over || this.#produced === this.#sent) return;
    const complete = this.#produced >= this.outputTokens;
    if (!this.#request.stream) {
      this.#sent = this.#produced;
      if (!complete) return;
      this.#events.head({ status: 200, contentType: "application/json", retryAfterMs: null });
      this.#events.data(this.#form.whole(this.#identity, this.#usage(), this.#finish));
      return this.#end();
    }
    let text = "";
    if (this.#sent === 0) {
      this.#events.head({ status: 200, contentType: "text/event-stream", retryAfterMs: null });
      text = this.#form.opening(this.#identity);
    }
    for (; this.#sent < this.#produced; this.#sent++) {
      text += this.#form.word(this.#identity, this.#sent);
    }
    if (complete) text += this.#form.closing(this.#identity, this.#usage(), this.#finish);
    this.#events.data(text);
    if (complete) this.#end();
  }

  #usage() {
    const inputTokens = this.uncachedTokens + this.cachedTokens;
    return { inputTokens, cachedTokens: this.cachedTokens, outputTokens: this.outputTokens };
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#forget();
    this.#events.end(null);
  }
}
