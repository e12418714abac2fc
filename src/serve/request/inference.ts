import { isBeyondBudget, type Target } from "../../route/index.ts";
import type { Admitted, AttemptReason } from "./admitted.ts";
import { answerHeaders } from "./answer-headers.ts";
import { AnswerRecord } from "./answer-record.ts";
import { apiError, type ApiError, type ErrorCode } from "../wire/api-error.ts";
import { Attempt, type AttemptOwner } from "./attempt.ts";
import { errorOf, isCallersFault, isMissing, refusalBody, type AttemptFailure } from "./attempt-error.ts";
import { asciiJson, headerSafe } from "../wire/byte-text.ts";
import { Candidates } from "./candidates.ts";
import type { Said } from "../stream/continuation.ts";
import type { Member } from "./crowd.ts";
import type { Waiting } from "./deadlines.ts";
import type { Endpoint } from "../stream/endpoints.ts";
import type { GatewayCore } from "./gateway-core.ts";
import { leavingBody, redactionFor } from "./leaving-body.ts";
import type { AttemptOutcome, LedgerRow } from "../ledger/ledger.ts";
import type { GroupState } from "../mesh/mesh-state.ts";
import { countsOf } from "../stream/meter.ts";
import type { ByteText, Handover } from "../wire/ports.ts";
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
  readonly #keptRoute: number;
  readonly #requestDeadlineMs: number;
  seat = -1;
  #attempts = 0;
  readonly #reasons: AttemptReason[] = [];
  /** Attempts that run: one, or two while a slow one is hedged. Once content came, only the one it came from. */
  #live: Attempt[] = [];
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
  #chargedNanoUsd = 0;
  #chargedTokens = 0;
  #lastSequence = -1;
  /** When the attempt that ended last did: with it the request ends, unless another is begun. */
  #bookedMs: number | null = null;
  #row: LedgerRow | null = null;
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
    this.#keptRoute = keptRoute;
    this.#core = core;
    this.#call = call;
    this.#reply = reply;
    this.#admitted = admitted;
    this.#endpoint = endpoint;
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
      this.#breakOff(apiError("internal_error"), this.#cancelAll("upstream-failed"));
    }
  }

  /** Answered and settled. */
  get over(): boolean {
    return this.#over;
  }

  clientLeft(): void {
    if (this.#over) return;
    const target = this.#cancelAll("client-left");
    this.#finish("client-left", target);
  }

  drained(): void {
    for (const attempt of this.#live) attempt.resume();
  }

  /** Ends the request because the gateway stops. */
  abandon(): void {
    if (this.#over) return;
    const target = this.#cancelAll("client-left");
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
    this.#won(attempt);
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
      this.#settle(attempt);
      this.#reply.reset();
      this.#finish("client-left", attempt.target);
      return;
    }
    this.#settle(attempt);
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
        if (this.#live.length > 0 || this.#startNext("fallback")) return;
        // That a well engine lacks it says less than that another one, which may have it, could not answer.
        if (this.#failure) return this.#breakOff(errorOf(this.#failure), null);
      }
      if (isCallersFault(failure)) {
        this.#cancelAll("superseded");
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
    } else if (this.#live.length === 0) this.#tryNext(failure);
  }

  onMistake(attempt: Attempt): void {
    if (this.#over) return;
    const target = this.#cancelAll("upstream-failed") ?? attempt.target;
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
    if (hedge === null || this.#over || this.#streaming || this.#live.length !== 1) return;
    const nowMs = this.#core.look();
    const { stream } = this.#admitted.request;
    const first = this.#live[0]!;
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
    this.#settle(first);
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
      const workload = this.#core.world.workloads[this.#admitted.workload]!;
      const attempt = new Attempt(
        this,
        this.#candidates.take(),
        state,
        ++this.#attempts,
        {
          answer: this.#endpoint.answer === "any" ? "any" : request.stream ? "events" : "json",
          keepUsage: request.includeUsage && !continued,
          choices: request.choices,
          sentinel: this.#endpoint.sentinel,
          maxHeldBytes: options.maxHeldBytes,
          maxEventBytes: options.maxEventBytes,
          firstTimeoutMs: request.stream ? options.firstTokenTimeoutMs : options.wholeAnswerTimeoutMs,
          idleTimeoutMs: options.idleTimeoutMs,
          requestDeadlineMs: this.#requestDeadlineMs,
        },
        nowMs,
        clock,
      );
      this.#reasons.push(reason);
      // Most have one all their life, and a list that one is pushed into makes room for seventeen.
      this.#live = this.#live.length === 0 ? [attempt] : [...this.#live, attempt];
      state.inFlight++;
      attempt.together = state.handedOver(request.inputTokens, request.stream);
      deadlines.add(attempt);
      this.#core.books.dispatched(nowMs - this.#admitted.receivedMs);
      // The second beginning is long enough to be a conversation's own and short enough to stay the same as it grows.
      const affinityKey = this.#admitted.marks[1] ?? this.#admitted.marks[0];
      attempt.run = state.engine.start(
        {
          requestId: this.#admitted.requestId,
          path: this.#call.path,
          body: this.#bodyFor(group, continued?.body ?? null),
          contentType: request.form ? headerSafe(this.#call.header("content-type") ?? "") : undefined,
          stream: request.stream,
          inputTokens: request.inputTokens,
          maxOutputTokens: request.maxOutputTokens,
          affinityKey,
          planned: { outputTokens: workload.outputTokens.mean, prefixHitRatio: workload.prefixHitRatio },
          handover: state.isElsewhere ? this.#handover(attempt) : undefined,
        },
        attempt,
      );
      if (this.#attempts === 1) {
        this.#core.hedging.began(request.stream);
        this.#planHedge(nowMs);
      }
      return true;
    }
    return false;
  }

  /** What the gateway that holds the engine must know. */
  #handover({ number, startedMs, target }: Attempt): Handover {
    const { workload, area, access, accountId, slo, priority, receivedMs, routes, traceparent } = this.#admitted;
    const { workloads, areas, accessTypes } = this.#core.world;
    return {
      workload: workloads[workload]!.id,
      area: areas[area]!.id,
      access: accessTypes[access]!.id,
      site: target.site,
      account: accountId,
      slo,
      priority,
      waitedMs: startedMs - receivedMs,
      attempt: number,
      afterLoss: isBeyondBudget(routes, this.#admitted, target.group),
      traceparent,
    };
  }

  /** Whether an engine lies beyond the budget, while the one that is asked already does not. */
  #isBeyond(group: number): boolean {
    const { routes } = this.#admitted;
    const first = this.#live[0]!.target.group;
    return isBeyondBudget(routes, this.#admitted, group) && !isBeyondBudget(routes, this.#admitted, first);
  }

  #bodyFor(group: number, continued: string | null): string {
    const { request, workload, area, redacted: found } = this.#admitted;
    const { world, groups } = this.#core;
    const model = this.#core.engineModel(group) ?? request.model;
    const redaction = redactionFor(world, workload, area, groups[group]!.group.site);
    const known = continued === null ? request : null;
    const { body, redacted } = leavingBody(continued ?? this.#call.body, known, this.#endpoint, model, redaction);
    if (redacted !== null) found.counts = redacted;
    return body;
  }

  /** Lets another engine go on where the stream broke off; false when that is not possible. */
  #resume(): boolean {
    const next = this.#record.continuation(this.#call.body);
    if (next === null || !this.#startNext("continuation", next)) return false;
    this.#record.goOn(next.said);
    return true;
  }

  #recorded(attempt: Attempt, given: ByteText): ByteText {
    if (this.#record.continuable && attempt.waitsForFirst) this.#noLongerWaits(attempt);
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

  /** Content came from `attempt`: the answer is its, and whoever else was asked is stopped. */
  #won(attempt: Attempt): void {
    if (this.#live.length === 1 && this.#live[0] === attempt) return;
    this.#live = this.#live.filter((other) => {
      if (other === attempt) return true;
      // Another engine had all its time to answer after this one should have.
      const inVain = !this.#admitted.request.stream && other.number < attempt.number;
      other.cancel("superseded", inVain);
      if (inVain && other.state !== attempt.state) other.state.failed(null, true);
      this.#book(other);
      return false;
    });
  }

  /** Stops every attempt; returns where the first was. */
  #cancelAll(outcome: AttemptOutcome): Target | null {
    const live = this.#live;
    this.#live = [];
    for (const attempt of live) {
      attempt.cancel(outcome);
      this.#book(attempt);
    }
    return live[0]?.target ?? null;
  }

  #deliver(attempt: Attempt, events: ByteText, last: boolean): boolean {
    this.#record.sent(eventStream, events);
    if (this.#streaming) return this.#reply.write(events, last);
    this.#streaming = true;
    this.#won(attempt);
    // Nobody is asked again once an answer has begun that no other engine can go on with.
    if (!this.#record.continuable) this.#call.forgetBody?.();
    this.#firstContentMs = attempt.firstContentMs;
    const tookMs = attempt.firstContentMs! - attempt.startedMs;
    const { loadKnown, queueMs } = attempt.target.terms;
    this.#core.hedging.observe(this.#admitted.workload, tookMs);
    this.#core.firstTokens.observe(this.#admitted.workload, tookMs, loadKnown ? queueMs : 0);
    this.#noLongerWaits(attempt);
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
    this.#settle(attempt, nowMs);
    this.#remember(attempt);
    this.#finish("served", attempt.target);
  }

  /** Keeps a complete answer for whoever asks the same again. */
  #remember({ target, bytesType }: Attempt): void {
    const { cacheKey, routes, workload } = this.#admitted;
    const { kept } = this.#record;
    if (cacheKey === null || kept === null || this.#row === null || bytesType !== null) return;
    const storedMs = this.#core.clock.monotonicMs();
    this.#core.cache.put(cacheKey, {
      ...kept,
      row: this.#row,
      target,
      budgetMs: routes.policy.world.workloads[workload]!.ttft.budgetMs,
      storedMs,
    });
  }

  /** An attempt has ended by itself. */
  #settle(attempt: Attempt, endedMs = this.#core.clock.monotonicMs()): void {
    if (this.#live.length === 1 && this.#live[0] === attempt) this.#live = [];
    else this.#live = this.#live.filter((other) => other !== attempt);
    this.#book(attempt, endedMs);
  }

  #noLongerWaits(attempt: Attempt, nowMs = this.#core.clock.monotonicMs()): void {
    if (!attempt.waitsForFirst) return;
    attempt.waitsForFirst = false;
    const { inputTokens, stream } = this.#admitted.request;
    const { firstContentMs, startedMs, together } = attempt;
    const tookMs = firstContentMs === null ? null : firstContentMs - startedMs;
    attempt.state.waitsNoLonger(inputTokens, stream, tookMs, together, nowMs);
    this.#core.admission.look();
  }

  /** Writes an attempt that has ended into the books; called exactly once for each. */
  #book(attempt: Attempt, endedMs = this.#core.clock.monotonicMs()): void {
    attempt.state.inFlight--;
    this.#noLongerWaits(attempt, endedMs);
    if (attempt.phase === "over") this.#core.deadlines.remove(attempt);
    this.#bookedMs = endedMs;
    const { row, chargedTokens } = this.#core.books.attempted(this.#admitted, attempt, {
      endedMs,
      requestBytes: this.#call.bodyBytes,
      emulated: this.#core.isEmulated(attempt.target.group),
    });
    const { number, startedMs, firstContentMs, outcome, status } = attempt;
    this.#core.keptRoutes.tried(this.#keptRoute, {
      number,
      reason: this.#reasons[number - 1] ?? "first",
      replica: attempt.target.replica,
      outcome,
      status,
      startedAfterMs: startedMs - this.#admitted.receivedMs,
      ttftMs: firstContentMs === null ? null : firstContentMs - startedMs,
      durationMs: endedMs - startedMs,
    });
    this.#chargedNanoUsd += row.chargeNanoUsd;
    this.#chargedTokens += chargedTokens;
    this.#row = row;
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
    const used = { nanoUsd: this.#chargedNanoUsd, tokens: this.#chargedTokens };
    this.#core.accounts.settle(this.#admitted.reservation, used);
    this.#core.books.finished(this.#admitted, {
      outcome,
      target,
      attempts: this.#attempts,
      firstContentMs: this.#firstContentMs,
      endedMs: this.#bookedMs ?? this.#core.clock.monotonicMs(),
      inFlight: this.#core.inFlight.size,
      error,
    });
    this.#starter.ended(this.#chargedTokens);
  }

  #headers(attempt: Attempt, contentType: string): string[] {
    const { slo } = this.#admitted;
    const first = slo === "budget" ? "least-expected-cost" : slo;
    const reason = attempt.number === 1 ? first : this.#hedged ? "hedge" : "fallback";
    const emulated = this.#core.isEmulated(attempt.target.group);
    return answerHeaders(this.#admitted, attempt, contentType, reason, emulated);
  }
}
