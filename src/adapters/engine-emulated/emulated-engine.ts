import type { Replica } from "../../perf/index.ts";
import type { Clock, Engine, EngineEvents, EngineRun } from "../../serve/index.ts";
import { BatchPace } from "./batch-pace.ts";
import { chatForm, completionForm, type AnswerForm } from "./emulated-form.ts";
import { EmulatedRun } from "./emulated-run.ts";
import { readOrder } from "./emulated-order.ts";
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
      if (!form) {
        const message = `Emulated engines do not answer ${request.path}. Serve this model with a real engine for it.`;
        return refuseAtOnce(404, message, "not_emulated", events, clock);
      }
      const order = readOrder(request);
      if (order === null) return refuseAtOnce(400, "`n` must be a whole number from 1 to 128.", null, events, clock);
      const nowMs = clock.monotonicMs();
      const pace = shortestQueue(nowMs);
      const answer = new EmulatedRun(order, form, events, clock.epochMs(), () => running.delete(answer));
      running.add(answer);
      answer.join(pace, nowMs);
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

/** Answers with an error, once the request has been handed over. */
function refuseAtOnce(
  status: number,
  message: string,
  code: string | null,
  events: EngineEvents,
  clock: Clock,
): EngineRun {
  const forget = clock.schedule(0, () => {
    events.head({ status, contentType: "application/json", retryAfterMs: null });
    events.data(JSON.stringify({ error: { message, type: "invalid_request_error", param: null, code } }));
    events.end(null);
  });
  return { cancel: forget, pause() {}, resume() {} };
}
