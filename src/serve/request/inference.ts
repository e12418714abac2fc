import { isBeyondBudget, type Target } from "../../route/index.ts";
import type { Admitted, AttemptReason } from "./admitted.ts";
import { answerHeaders } from "./answer-headers.ts";
import { AnswerRecord } from "./answer-record.ts";
import { apiError, type ApiError, type ErrorCode } from "../wire/api-error.ts";
import { Attempt } from "./attempt.ts";
import type { AttemptOwner } from "./attempt-owner.ts";
import { errorOf, isCallersFault, isMissing, refusalBody, type AttemptFailure } from "./attempt-error.ts";
import { asciiJson } from "../wire/byte-text.ts";
import { Candidates } from "./candidates.ts";
import type { Said } from "../stream/continuation.ts";
import type { Member } from "./crowd.ts";
import type { Waiting } from "./deadlines.ts";
import type { Endpoint } from "../stream/endpoints.ts";
import type { GatewayCore } from "./gateway-core.ts";
import { engineOrder, limitsOf } from "./engine-order.ts";
import { LiveAttempts } from "./live-attempts.ts";
import { RequestTally } from "./request-tally.ts";
import type { AttemptOutcome } from "../ledger/ledger.ts";
import type { GroupState } from "../mesh/mesh-state.ts";
import { countsOf } from "../stream/meter.ts";
import type { ByteText } from "../wire/ports.ts";
import { errorEvent, withUsageMember } from "../stream/stream-tail.ts";
import type { Call, Exchange, Reply } from "../wire/transport.ts";

const eventStream = "text/event-stream; charset=utf-8";

/** Statuses with which engines say that they do not know an endpoint. */
const cannotCount = new Set([404, 405, 501]);

/** Time between two looks at whether the engine that is asked is stuck, ms. */
const stuckLookMs = 1_000;

export interface InferenceStart {
  readonly endpoint: Endpoint;
  /** The first candidate; null when no engine may or can take the request. */
  readonly target: Target | null;
  /** Which one its route is among those that are kept. */
  readonly keptRoute: number;
  readonly over: { ended(chargedTokens: number): void };
}

/**
 * One inference request from decision to last byte. Attempts run at the decision's target and fallbacks, all of which
 * passed the residency filter: one after the other when they fail, a second beside a slow first one. The first that
 * produces content owns the answer.
 *
 * After that a failure is hidden only if another engine can go on where the text ended; else the client gets an error
 * event inside the stream and then the end, never a clean end and never `[DONE]`.
 */
export class Inference implements Exchange, AttemptOwner, Member {
  readonly #core: GatewayCore;
  readonly #call: Call;
  readonly #reply: Reply;
  readonly #admitted: Admitted;
  readonly #endpoint: Endpoint;
  readonly #candidates: Candidates;
  readonly #requestDeadlineMs: number;
  seat = -1;
  #attempts = 0;
  readonly #live: LiveAttempts;
  #hedge: Waiting | null = null;
  #firstContentMs: number | null = null;
  /** The last one that spoke of an engine's health; null = none. */
  #failure: AttemptFailure | null = null;
  /** Engines that know no such model or endpoint; null = none so far. */
  #lacking: GroupState[] | null = null;
  #streaming = false;
  /** What is streamed is sound or a picture, which has no place for an error inside. */
  #bytes = false;
  #hedged = false;
  readonly #record: AnswerRecord;
  readonly #tally: RequestTally;
  #lastSequence = -1;
  #over = false;
  readonly #starter: InferenceStart["over"];

  constructor(
    core: GatewayCore,
    call: Call,
    reply: Reply,
    admitted: Admitted,
    { endpoint, target, keptRoute, over }: InferenceStart,
  ) {
    this.#starter = over;
    this.#core = core;
    this.#call = call;
    this.#reply = reply;
    this.#admitted = admitted;
    this.#endpoint = endpoint;
    this.#tally = new RequestTally(core, call, admitted, keptRoute);
    this.#live = new LiveAttempts(this.#tally);
    // Where several servers stand, the next try may go to another of them before it goes to another site.
    const again = target !== null && core.severalServers(target.group);
    this.#candidates = new Candidates(admitted, target, {
      again,
      last: (group) => core.groups[group]!.lacks(call.path),
    });
    this.#requestDeadlineMs = admitted.receivedMs + core.options.totalTimeoutMs;
    const resumable = call.path === "/v1/chat/completions" && admitted.request.stream;
    this.#record = new AnswerRecord(this.#endpoint, admitted.request, {
      continuable: resumable && this.#candidates.some((group) => core.continues(group)),
      keepBytes: admitted.cacheKey === null ? 0 : core.cache.largestBytes,
    });
  }

  start(): void {
    this.#core.inFlight.add(this);
    try {
      this.#tryNext(null);
    } catch {
      this.#breakOff(apiError("internal_error"), this.#live.cancelAll("upstream-failed"));
    }
  }

  /** Answered and settled. */
  get over(): boolean {
    return this.#over;
  }

  clientLeft(): void {
    if (this.#over) return;
    const target = this.#live.cancelAll("client-left");
    this.#finish("client-left", target);
  }

  drained(): void {
    this.#live.resume();
  }

  /** Ends the request because the gateway stops. */
  abandon(): void {
    if (this.#over) return;
    const target = this.#live.cancelAll("client-left");
    this.#breakOff(apiError("shutting_down"), target);
  }

  onContent(attempt: Attempt, given: ByteText): void {
    const events = this.#recorded(attempt, given);
    if (!this.#deliver(attempt, events, false)) {
      attempt.pause(this.#core.clock.monotonicMs() + this.#core.options.stalledClientTimeoutMs);
    }
  }

  onStreamDone(attempt: Attempt, given: ByteText): void {
    const events = this.#recorded(attempt, given);
    this.#deliver(attempt, this.#record.withUsage(events, attempt, attempt.stream?.head ?? null), true);
    this.#succeed(attempt, this.#core.clock.monotonicMs());
  }

  onClosed(attempt: Attempt): void {
    // What waits to be looked at by the clock is kept until then, with all the text it has read.
    this.#core.deadlines.remove(attempt);
  }

  onWhole(attempt: Attempt, contentType: string, body: ByteText): void {
    this.#live.leaveTo(attempt, this.#admitted.request.stream);
    const { request, workload } = this.#admitted;
    const nowMs = this.#core.clock.monotonicMs();
    this.#core.hedging.observeWhole(workload, nowMs - attempt.startedMs);
    const silent = this.#endpoint.asksForUsage && attempt.usage === null;
    const whole = silent ? withUsageMember(body, countsOf(attempt, request)) : body;
    this.#record.sent(contentType, whole);
    this.#reply.send(200, this.#headers(attempt, contentType), whole, true);
    this.#succeed(attempt, nowMs);
  }

  onFailure(attempt: Attempt, failure: AttemptFailure): void {
    if (attempt.paused) {
      // Nothing was read for the whole time limit: the client is gone in all but name.
      attempt.outcome = "client-left";
      this.#live.settle(attempt);
      this.#reply.reset();
      this.#finish("client-left", attempt.target);
      return;
    }
    this.#live.settle(attempt);
    if (this.#endpoint.estimate && failure.cause === "status" && cannotCount.has(failure.status)) {
      const estimate = asciiJson(this.#endpoint.estimate(this.#admitted.request.inputTokens));
      const headers = [...this.#headers(attempt, "application/json"), "x-disperse-token-source", "estimated"];
      this.#reply.send(200, headers, estimate, true);
      this.#finish("refused", attempt.target);
      return;
    }
    if (!this.#streaming) {
      // Another engine may have the model or endpoint that this one lacks, and one that is asked already may answer.
      if (isMissing(failure)) {
        (this.#lacking ??= []).push(attempt.state);
        if (this.#live.count > 0 || this.#startNext("fallback")) return;
        // That a well engine lacks it says less than that another one, which may have it, could not answer.
        if (this.#failure) return this.#breakOff(errorOf(this.#failure), null);
      }
      if (isCallersFault(failure)) {
        this.#live.cancelAll("superseded");
        this.#reply.send(failure.status, this.#headers(attempt, "application/json"), refusalBody(failure), true);
        this.#finish("refused", attempt.target);
        return;
      }
    }
    // A refusal says nothing about the engine's health, also one to go on with an answer that another engine began.
    if (!isCallersFault(failure)) {
      if (!failure.blameless) attempt.state.failed(failure.retryAfterMs, failure.cause === "timeout");
      this.#failure = failure;
    }
    this.#lastSequence = attempt.stream?.lastSequence ?? -1;
    if (this.#streaming) {
      if (!this.#resume()) this.#breakOff(errorOf(failure), attempt.target);
    } else if (this.#live.count === 0) this.#tryNext(failure);
  }

  onMistake(attempt: Attempt): void {
    if (this.#over) return;
    const target = this.#live.cancelAll("upstream-failed") ?? attempt.target;
    // Part of an answer may be out already, so nothing but a broken connection can be told from one.
    this.#reply.reset();
    this.#core.books.refused("internal_error");
    this.#finish("failed", target, "internal_error");
  }

  /**
   * The first attempt takes too long: ask a second engine as well, if the cap on such traffic allows. A first token that an engine
   * which is stuck gives to nobody is asked for elsewhere whatever the cap. Of an answer that is no stream nobody sees whether it
   * is stuck or long, so a few are asked for twice; once one has come sooner from elsewhere, the others are given up here.
   */
  #askSecond(): void {
    const hedge = this.#hedge;
    this.#hedge = null;
    if (hedge === null || this.#over || this.#streaming || this.#live.count !== 1) return;
    const nowMs = this.#core.look();
    const { stream } = this.#admitted.request;
    const first = this.#live.first!;
    if (!stream && first.state.saidNothingSince(first.startedMs)) this.#leave(first, nowMs);
    else if ((stream && first.state.isStuck) || this.#core.hedging.take(stream)) {
      if (this.#startNext("hedge")) this.#hedged = true;
    } else {
      hedge.deadlineMs = nowMs + stuckLookMs;
      this.#core.deadlines.add(hedge);
      this.#hedge = hedge;
    }
  }

  /** Gives an attempt up for one at the next engine, if there is one that takes it. */
  #leave(first: Attempt, nowMs: number): void {
    if (!this.#startNext("fallback") || !this.#live.includes(first)) return;
    first.cancel("timeout", true);
    first.state.failed(null, true);
    this.#live.settle(first);
    this.#planHedge(nowMs);
  }

  #tryNext(failure: AttemptFailure | null): void {
    if (!this.#startNext(failure ? "fallback" : "first"))
      this.#breakOff(failure ? errorOf(failure) : this.#core.refusal(this.#admitted), null);
  }

  /** Starts an attempt at the next candidate that takes requests; false when there is none. */
  #startNext(reason: AttemptReason, continued: { said: Said; body: string } | null = null): boolean {
    const { options, groups, clock, deadlines } = this.#core;
    const nowMs = this.#core.look();
    for (; !this.#candidates.isEmpty && this.#attempts < options.maxAttempts; this.#candidates.skip()) {
      const { group } = this.#candidates;
      // Only a loss sends anyone beyond the budget, and a slow answer is none.
      if (reason === "hedge" && this.#isBeyond(group)) return false;
      const state = groups[group]!;
      if (state.engine === null || state.health.value === 0) continue;
      if (continued && !this.#core.continues(group)) continue;
      if (nowMs >= this.#requestDeadlineMs) break;
      const { request } = this.#admitted;
      const attempt = new Attempt(
        this,
        this.#candidates.take(),
        state,
        ++this.#attempts,
        limitsOf(options, this.#endpoint, request, continued !== null, this.#requestDeadlineMs),
        nowMs,
        clock,
      );
      attempt.reason = reason;
      this.#live.add(attempt);
      state.inFlight++;
      attempt.together = state.handedOver(request.inputTokens, request.stream);
      deadlines.add(attempt);
      this.#core.books.dispatched(nowMs - this.#admitted.receivedMs);
      const order = engineOrder(
        this.#core,
        this.#call,
        this.#admitted,
        this.#endpoint,
        attempt,
        continued?.body ?? null,
      );
      attempt.run = state.engine.start(order, attempt);
      if (this.#attempts === 1) {
        this.#core.hedging.began(request.stream);
        this.#planHedge(nowMs);
      }
      return true;
    }
    return false;
  }

  /** Whether an engine lies beyond the budget, while the one that is asked already does not. */
  #isBeyond(group: number): boolean {
    const { routes } = this.#admitted;
    const first = this.#live.first!.target.group;
    return isBeyondBudget(routes, this.#admitted, group) && !isBeyondBudget(routes, this.#admitted, first);
  }

  /** Lets another engine go on where the stream broke off; false when that is not possible. */
  #resume(): boolean {
    const next = this.#record.continuation(this.#call.body);
    if (next === null || !this.#startNext("continuation", next)) return false;
    this.#record.goOn(next.said);
    return true;
  }

  #recorded(attempt: Attempt, given: ByteText): ByteText {
    if (this.#record.continuable && attempt.waitsForFirst) this.#tally.noLongerWaits(attempt);
    return this.#record.take(given);
  }

  #planHedge(nowMs: number): void {
    const { hedging } = this.#core;
    const { workload, request, slo } = this.#admitted;
    const delayMs = request.stream ? (hedging.delayMs(workload) ?? stuckLookMs) : hedging.wholeDelayMs(workload);
    // Nobody waits for a line of a batch, and sound and pictures take what they take.
    const patient = !request.stream && (slo === "batch" || this.#endpoint.answer === "any");
    if (delayMs === null || patient || this.#candidates.isEmpty) return;
    this.#hedge = { deadlineMs: nowMs + delayMs, seat: -1, expired: () => this.#askSecond() };
    this.#core.deadlines.add(this.#hedge);
  }

  #deliver(attempt: Attempt, events: ByteText, last: boolean): boolean {
    this.#record.sent(eventStream, events);
    if (this.#streaming) return this.#reply.write(events, last);
    this.#streaming = true;
    this.#live.leaveTo(attempt, this.#admitted.request.stream);
    // Nobody is asked again once an answer has begun that no other engine can go on with.
    if (!this.#record.continuable) this.#call.forgetBody?.();
    this.#firstContentMs = attempt.firstContentMs;
    const tookMs = attempt.firstContentMs! - attempt.startedMs;
    const { loadKnown, queueMs } = attempt.target.terms;
    this.#core.hedging.observe(this.#admitted.workload, tookMs);
    this.#core.firstTokens.observe(this.#admitted.workload, tookMs, loadKnown ? queueMs : 0);
    this.#tally.noLongerWaits(attempt);
    this.#bytes = attempt.bytesType !== null;
    const contentType = attempt.bytesType ?? eventStream;
    return this.#reply.send(200, this.#headers(attempt, contentType), events, last);
  }

  #succeed(attempt: Attempt, nowMs: number): void {
    attempt.outcome = "served";
    attempt.state.succeeded(nowMs);
    // Only now is it known that the request was one that can be answered.
    for (const state of this.#lacking ?? []) if (state !== attempt.state) state.foundLacking(this.#call.path);
    if (this.#admitted.marks.length > 0) this.#core.prefixes.learn(this.#admitted.marks, attempt.target.group);
    this.#live.settle(attempt, nowMs);
    this.#tally.remember(attempt, this.#record.kept);
    this.#finish("served", attempt.target);
  }

  /** Ends the answer with an error, in the form the moment allows. */
  #breakOff(error: ApiError, target: Target | null): void {
    if (this.#streaming && this.#bytes) this.#reply.reset();
    else if (this.#streaming)
      this.#reply.write(errorEvent(error, this.#endpoint.streamError, this.#lastSequence), true);
    else this.#core.sendError(this.#reply, error, this.#admitted.requestId, this.#attempts);
    this.#core.books.refused(error.code);
    this.#finish("failed", target, error.code);
  }

  #finish(outcome: AttemptOutcome | "failed", target: Target | null, error: ErrorCode | null = null): void {
    this.#over = true;
    if (this.#hedge) this.#core.deadlines.remove(this.#hedge);
    this.#core.inFlight.remove(this);
    this.#tally.close(outcome, target, this.#attempts, this.#firstContentMs, error);
    this.#starter.ended(this.#tally.chargedTokens);
  }

  #headers(attempt: Attempt, contentType: string): string[] {
    const { slo } = this.#admitted;
    const first = slo === "budget" ? "least-expected-cost" : slo;
    const reason = attempt.number === 1 ? first : this.#hedged ? "hedge" : "fallback";
    const emulated = this.#core.isEmulated(attempt.target.group);
    return answerHeaders(this.#admitted, attempt, contentType, reason, emulated);
  }
}
