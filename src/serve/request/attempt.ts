import type { Target } from "../../route/index.ts";
import type { AttemptReason } from "./admitted.ts";
import { isRefusal, type AttemptFailure } from "./attempt-error.ts";
import type { AttemptOutcome } from "../ledger/ledger.ts";
import type { GroupState } from "../mesh/mesh-state.ts";
import type { ByteText, Clock, EngineEvents, EngineFailure, EngineHead, EngineRun } from "../wire/ports.ts";
import { SseStream } from "../stream/sse-stream.ts";
import { parseObject, statusToldIn, type EngineUsage } from "../stream/stream-event.ts";
import { readWhole } from "../stream/whole-answer.ts";
import { isEventStream, isJson, isText } from "../wire/content-type.ts";
import type { AttemptLimits, AttemptOwner } from "./attempt-owner.ts";
import type { Waiting } from "./deadlines.ts";

/** Time an engine gets to close a stream it has already declared done, ms; then its connection is given up. */
const closeGraceMs = 1_000;
/** Answers other than 200 are kept up to here, enough for any error text. */
const maxErrorBytes = 64 * 1024;

/**
 * One try at one engine, from hand-over to its last byte.
 *
 *   waiting ──first content──► streaming ──[DONE]──► closing ──► over
 *      └───────────── failure, cancel, complete JSON ──────────────┘
 *
 * Nothing reaches the owner before the first content, so a failure until then can be hidden by another attempt.
 */
export class Attempt implements EngineEvents, Waiting {
  readonly target: Target;
  readonly state: GroupState;
  readonly number: number;
  readonly startedMs: number;
  run: EngineRun | null = null;
  /** Why it was begun; kept by the owner. */
  reason: AttemptReason = "first";
  phase: "waiting" | "streaming" | "closing" | "over" = "waiting";
  deadlineMs: number;
  seat = -1;
  outcome: AttemptOutcome = "upstream-failed";
  status = 0;
  /** Streams only: of a JSON answer nobody knows when its first token was made. */
  firstContentMs: number | null = null;
  /** Counted among the requests that wait for their first token at its engine; kept by the owner. */
  waitsForFirst = true;
  /** How many waited at its engine when it was handed over, itself among them; kept by the owner. */
  together = 0;
  contentEvents = 0;
  /** Estimated from the text of an answer that is not a stream. */
  textTokens = 0;
  responseBytes = 0;
  /** Content type of sound, pictures and the like, which are passed on as they come; null for text. */
  bytesType: string | null = null;
  usage: EngineUsage | null = null;
  readonly #owner: AttemptOwner;
  readonly #limits: AttemptLimits;
  readonly #clock: Clock;
  #head: EngineHead | null = null;
  #stream: SseStream | null = null;
  #held: ByteText = "";
  #paused = false;

  constructor(
    owner: AttemptOwner,
    target: Target,
    state: GroupState,
    number: number,
    limits: AttemptLimits,
    startedMs: number,
    clock: Clock,
  ) {
    this.#owner = owner;
    this.target = target;
    this.state = state;
    this.number = number;
    this.#limits = limits;
    this.#clock = clock;
    this.startedMs = startedMs;
    this.deadlineMs = Math.min(limits.requestDeadlineMs, this.startedMs + limits.firstTimeoutMs);
  }

  // A mistake made over one engine's answer must not take the requests of others down with it.
  head(head: EngineHead): void {
    try {
      this.#takeHead(head);
    } catch {
      this.#mistake();
    }
  }

  data(bytes: ByteText): void {
    try {
      this.#takeData(bytes);
    } catch {
      this.#mistake();
    }
  }

  end(failure: EngineFailure | null): void {
    try {
      this.#takeEnd(failure);
    } catch {
      this.#mistake();
    }
  }

  expired(): void {
    try {
      this.#expire();
    } catch {
      this.#mistake();
    }
  }

  #mistake(): void {
    if (this.phase !== "closing") {
      this.phase = "over";
      this.outcome = "upstream-failed";
    }
    this.run?.cancel();
    this.#owner.onMistake(this);
  }

  #takeHead(head: EngineHead): void {
    if (this.phase !== "waiting") return;
    this.#head = head;
    this.status = head.status;
    const isStream = isEventStream(head.contentType);
    if (head.status !== 200) return;
    if (isStream) {
      this.#stream = new SseStream(this.#limits);
    }
    const { answer } = this.#limits;
    if (answer === "any") {
      // Text is kept until it is whole; anything else is passed on as it comes.
      if (!isStream && !isText(head.contentType)) this.bytesType = head.contentType;
    } else if (isStream !== (answer === "events")) {
      this.fail("protocol", `asked for ${isStream ? "JSON, got a stream" : "a stream, got something else"}`);
    }
  }

  #takeData(bytes: ByteText): void {
    if (this.phase === "closing" || this.phase === "over") return;
    this.responseBytes += bytes.length;
    if (this.bytesType !== null) return this.#passOn(bytes);
    if (this.#stream === null) {
      this.#held += bytes;
      const limit = this.status === 200 ? this.#limits.maxHeldBytes : maxErrorBytes;
      if (this.#held.length > limit) this.fail("too-long", "the answer is too long");
      return;
    }
    const read = this.#stream.read(bytes);
    this.contentEvents += read.contentEvents;
    this.usage = this.#stream.usage;
    if (this.phase === "waiting") {
      if (!read.firstContent) {
        this.#held += read.forward;
        if (read.broken === "engine-error") this.#engineError(this.#stream.error);
        else if (read.broken !== null) this.fail(read.broken, describe[read.broken]);
        else if (read.done) this.fail("early-close", "the stream ended without any content");
        else if (this.#held.length > this.#limits.maxHeldBytes) this.fail("too-long", describe["too-long"]);
        return;
      }
      this.phase = "streaming";
      this.firstContentMs = this.#clock.monotonicMs();
    }
    const events = this.#held === "" ? read.forward : this.#held + read.forward;
    this.#held = "";
    if (read.done) {
      this.#closeSoon();
      this.#streamDone(events);
      return;
    }
    if (!this.#paused) this.#watchIdle();
    if (events !== "") this.#owner.onContent(this, events);
    if (read.broken !== null) this.fail(read.broken, describe[read.broken]);
  }

  #takeEnd(failure: EngineFailure | null): void {
    if (this.phase === "over") return;
    if (this.phase === "closing") {
      this.phase = "over";
      return this.#owner.onClosed(this);
    }
    if (this.#endFinished()) return;
    if (failure !== null) return this.fail(failure.kind, failure.message);
    if (this.#head === null) return this.fail("early-close", "the engine closed without an answer");
    if (this.status !== 200) return this.fail("status", `the engine answered ${this.status}`);
    if (this.phase === "streaming" && this.bytesType !== null) {
      this.phase = "over";
      return this.#owner.onStreamDone(this, "");
    }
    if (this.#stream === null) return this.#endWhole();
    this.fail("early-close", "the stream ended before the answer was complete");
  }

  /** What the stream's events have in common, and the number of the last; null before any. */
  get stream(): Pick<SseStream, "head" | "lastSequence"> | null {
    return this.#stream;
  }

  /** Stops the engine, without a word to the owner; `inVain` when the server should have answered by now. */
  cancel(outcome: AttemptOutcome, inVain = false): void {
    if (this.phase === "over" || this.phase === "closing") return;
    this.phase = "over";
    this.outcome = outcome;
    this.run?.cancel(inVain);
  }

  fail(cause: AttemptFailure["cause"], message: string): void {
    if (this.phase === "over" || this.phase === "closing") return;
    const inVain = this.#speaksAgainstServer(cause);
    const whole = this.#stream === null && this.status === 200;
    const blameless = !inVain && (cause === "timeout" || (cause === "too-long" && whole));
    this.phase = "over";
    this.outcome =
      cause === "timeout" ? "timeout" : cause === "status" && isRefusal(this.status) ? "refused" : "upstream-failed";
    this.run?.cancel(inVain);
    this.#owner.onFailure(this, {
      cause,
      message,
      status: this.status,
      retryAfterMs: this.#head?.retryAfterMs ?? null,
      body: cause === "status" ? this.#held : "",
      contentType: this.#head?.contentType ?? "",
      blameless,
    });
  }

  /** The client reads slowly: the engine is held back and its silence is no longer its fault. */
  pause(untilMs: number): void {
    if (this.phase !== "streaming") return;
    this.#paused = true;
    this.deadlineMs = Math.min(untilMs, this.#limits.requestDeadlineMs);
    this.run?.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.phase !== "streaming") return;
    this.#watchIdle();
    this.run?.resume();
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** A slow client, an answer too long for us and a request that had no time left say nothing about who serves it. */
  #speaksAgainstServer(cause: AttemptFailure["cause"]): boolean {
    if (cause === "timeout")
      return !this.#paused && (this.phase === "waiting" || this.deadlineMs < this.#limits.requestDeadlineMs);
    return cause !== "too-long" && cause !== "status";
  }

  #expire(): void {
    if (this.phase === "closing") {
      this.phase = "over";
      this.run?.cancel();
    } else if (this.phase === "waiting") {
      this.fail("timeout", this.#limits.answer === "events" ? "no first token in time" : "no answer in time");
    } else if (this.#paused || !this.#endFinished()) this.fail("timeout", "the stream fell silent");
  }

  /**
   * The engine gave its finish reasons and then stopped, however badly: at most usage and the closing sentinel are
   * missing, so the answer is complete.
   */
  #endFinished(): boolean {
    if (this.phase !== "streaming" || !this.#stream?.finished) return false;
    this.phase = "over";
    this.run?.cancel();
    this.#streamDone(this.#limits.sentinel ?? "");
    return true;
  }

  /** Nothing can be said about bytes but that they came: the first are the first content. */
  #passOn(bytes: ByteText): void {
    if (this.phase === "waiting") {
      this.phase = "streaming";
      this.firstContentMs = this.#clock.monotonicMs();
      this.contentEvents = 1;
    }
    if (!this.#paused) this.#watchIdle();
    this.#owner.onContent(this, bytes);
  }

  #streamDone(events: ByteText): void {
    // A stream without usage is counted, and an event that only says why the answer ended is no token.
    if (this.usage?.outputTokens == null) this.contentEvents -= this.#stream!.emptyFinishes;
    this.#owner.onStreamDone(this, events);
  }

  #watchIdle(): void {
    this.deadlineMs = Math.min(this.#clock.monotonicMs() + this.#limits.idleTimeoutMs, this.#limits.requestDeadlineMs);
  }

  #closeSoon(): void {
    this.phase = "closing";
    this.deadlineMs = this.#clock.monotonicMs() + closeGraceMs;
  }

  /**
   * An answer with status 200 is an error. Engines that begin a stream before they have read the request refuse it so, and that says as
   * little of their health as a refusal with its own status.
   */
  #engineError(told: ByteText | null): void {
    const status = statusToldIn((told === null ? null : parseObject(told)) ?? {});
    if (told === null || status === null || !isRefusal(status))
      return this.fail("engine-error", describe["engine-error"]);
    this.status = status;
    this.#held = told;
    this.fail("status", `the engine answered ${status}`);
  }

  #endWhole(): void {
    const { contentType } = this.#head!;
    const { fault, usage, textTokens } = readWhole(this.#held, this.#limits.answer === "any" && !isJson(contentType));
    if (fault === "malformed") return this.fail(fault, describe[fault]);
    if (fault === "engine-error") return this.#engineError(this.#held);
    this.usage = usage;
    this.textTokens = textTokens;
    this.phase = "over";
    this.#owner.onWhole(this, contentType, this.#held);
  }
}

const describe = {
  malformed: "the engine sent something that is not valid JSON",
  "engine-error": "the engine reported an error in its answer",
  "too-long": "the engine sent more than is accepted at once",
} as const;
