import type { Group, Signal } from "../../route/index.ts";
import { FirstTokenPace } from "./first-token-pace.ts";
import { FirstTokenSilence } from "./first-token-silence.ts";
import { EngineRecord } from "./engine-record.ts";
import type { EngineReport } from "./peer-report.ts";
import type { Clock, Engine, EngineSignals, ToldEngines } from "../wire/ports.ts";

/** One reading of the clock that serves a whole decision. */
export interface Moment {
  nowMs: number;
}

/** An engine that told its load and has said nothing for so long counts as silent, ms: several scrapes in vain. */
const silentAfterScrapeMs = 10_000;
/** Source of the wait at an engine that is stuck. */
const noFirstToken = "no first token";

export interface GroupParts {
  readonly group: Group;
  readonly engine: Engine | null;
  /** Requests it takes at once; Infinity when no limit is known. */
  readonly maxInFlight: number;
  readonly clock: Clock;
  readonly moment: Moment;
  /** Prefill of one token on one full engine. */
  readonly perTokenMs: number;
  /** What another gateway tells of it that holds it; null = this one does. */
  readonly told: ToldEngines | null;
}

type Reading = { -readonly [Key in keyof Signal]: Signal[Key] };

function readAs(reading: Reading, value: number, atMs: number, source: string): Signal {
  reading.value = value;
  reading.atMs = atMs;
  reading.source = source;
  return reading;
}

/**
 * What this gateway knows about the engines of one group: its own requests there, the engine's signals and how often
 * it failed. Read by `decide` through the `drain` and `health` signals, which are computed when looked at.
 */
export class GroupState {
  readonly group: Group;
  readonly engine: Engine | null;
  inFlight = 0;
  /** An operator has taken it out: what runs there finishes, nothing new begins. */
  drained = false;
  /** Input tokens of streams handed over that have not produced their first token. */
  #waitingTokens = 0;
  /** The same, counted from the last scrape on: negative when more got their first token than were sent. */
  #tokensSinceScrape = 0;
  /** Input tokens of other requests at the engine. Nobody sees when their first token is made, only when their last is. */
  #wholeTokens = 0;
  /** When their prompts would be computed if the engine did nothing else. */
  #wholeUntilMs = 0;
  /** The same for those sent since the last scrape. */
  #wholeSinceScrapeUntilMs = 0;
  #scrapedAtMs = Number.NaN;
  readonly #pace = new FirstTokenPace();
  readonly #silence = new FirstTokenSilence();
  readonly #record = new EngineRecord();
  readonly #clock: Clock;
  readonly #moment: Moment;
  readonly #perTokenMs: number;
  readonly #maxInFlight: number;
  readonly #told: ToldEngines | null;
  /** Written anew on every look and never kept by who reads them: a decision looks at each engine several times. */
  readonly #drain: Reading = { value: 0, unit: "ms", atMs: 0, source: "" };
  readonly #health: Reading = { value: 0, unit: "ratio", atMs: 0, source: "" };

  constructor(parts: GroupParts) {
    this.group = parts.group;
    this.engine = parts.engine;
    this.#maxInFlight = parts.maxInFlight;
    this.#clock = parts.clock;
    this.#moment = parts.moment;
    this.#perTokenMs = parts.perTokenMs / Math.max(1, parts.group.replicas) / parts.group.speedRatio;
    this.#told = parts.told;
  }

  /** It takes no more requests until one of its own is over. */
  get full(): boolean {
    if (this.#told !== null) return this.#told.isFull(this.inFlight, this.#moment.nowMs);
    return this.inFlight >= this.#maxInFlight;
  }

  /** Requests that run there as far as is known, from whatever gateway they came in. */
  get running(): number {
    if (this.#told === null) return this.inFlight;
    const told = this.engine?.signals().runningRequests ?? Number.NaN;
    return Number.isNaN(told) ? this.inFlight : Math.max(this.inFlight, told);
  }

  /** Another gateway holds it. */
  get isElsewhere(): boolean {
    return this.#told !== null;
  }

  /**
   * Wait before prefill: the engine's own word, else an estimate from what we sent there ourselves. Like `health` it holds
   * until it is looked at again.
   */
  get drain(): Signal {
    const signals: EngineSignals | null = this.engine === null ? null : this.engine.signals();
    const tokensMs = this.#waitingTokens * this.#perTokenMs + this.#leftOf(this.#wholeUntilMs);
    if (signals !== null && signals.source !== "none" && !Number.isNaN(signals.drainMs)) {
      if (signals.source !== "scrape") return readAs(this.#drain, signals.drainMs, signals.atMs, "engine");
      // Between two scrapes the engine's word does not contain what it has got from us since, nor what it has done.
      if (signals.atMs !== this.#scrapedAtMs) {
        this.#scrapedAtMs = signals.atMs;
        this.#tokensSinceScrape = 0;
        this.#wholeSinceScrapeUntilMs = 0;
      }
      const sinceMs = this.#tokensSinceScrape * this.#perTokenMs + this.#leftOf(this.#wholeSinceScrapeUntilMs);
      const drainMs = Math.max(tokensMs, signals.drainMs + sinceMs);
      return this.#unlessStuck(drainMs, signals.atMs, signals.source);
    }
    // An engine that tells how many wait but not how long they will: they leave at the pace of its first tokens.
    const waiting =
      signals !== null && signals.waitingRequests > 0 ? signals.waitingRequests * this.#pace.intervalMs : 0;
    const drainMs = Math.max(tokensMs, this.#pace.drainMs, Number.isNaN(waiting) ? 0 : waiting);
    return this.#unlessStuck(drainMs, this.#moment.nowMs, "tokens in flight");
  }

  /** What is known of the wait, or how long the engine has been silent where that is no longer its work. */
  #unlessStuck(drainMs: number, atMs: number, source: string): Signal {
    const { intervalMs } = this.#pace;
    const workMs = intervalMs > drainMs ? intervalMs : drainMs;
    const silentMs = this.#silence.lastsMs(this.#moment.nowMs, workMs);
    if (silentMs > drainMs) return readAs(this.#drain, silentMs, this.#moment.nowMs, noFirstToken);
    return readAs(this.#drain, drainMs, atMs, source);
  }

  /** Several wait for a first token, and none comes. */
  get isStuck(): boolean {
    return this.drain.source === noFirstToken;
  }

  /**
   * It has given neither a first token nor a whole answer to anybody since then, and one who asked was left without: others that
   * wait as long do so in vain.
   */
  saidNothingSince(sinceMs: number): boolean {
    return this.#record.saidNothingSince(sinceMs);
  }

  /** A request was handed over; a stream's first token will be waited for. Returns what `waitsNoLonger` asks for. */
  handedOver(inputTokens: number, stream: boolean): number {
    if (stream) {
      this.#waitingTokens += inputTokens;
      this.#tokensSinceScrape += inputTokens;
      const nowMs = this.#clock.monotonicMs();
      this.#silence.began(nowMs, true);
      return this.#pace.began(nowMs);
    }
    const { nowMs } = this.#moment;
    this.#silence.began(nowMs, false);
    const tookMs = inputTokens * this.#perTokenMs;
    this.#wholeTokens += inputTokens;
    this.#wholeUntilMs = Math.max(nowMs, this.#wholeUntilMs) + tookMs;
    this.#wholeSinceScrapeUntilMs = Math.max(nowMs, this.#wholeSinceScrapeUntilMs) + tookMs;
    return 0;
  }

  /** What is left until then, ms; never more than the prompts that are still there take. */
  #leftOf(untilMs: number): number {
    return Math.max(0, Math.min(untilMs - this.#moment.nowMs, this.#wholeTokens * this.#perTokenMs));
  }

  /**
   * It has its first token, `tookMs` after it was handed over, or will never have one (null); `together` is what
   * `handedOver` said.
   */
  waitsNoLonger(
    inputTokens: number,
    stream: boolean,
    tookMs: number | null,
    together: number,
    nowMs = this.#clock.monotonicMs(),
  ): void {
    if (!stream) {
      this.#wholeTokens -= inputTokens;
      // An engine faster than thought must not seem busy for what it has done long ago.
      const untilMs = nowMs + this.#wholeTokens * this.#perTokenMs;
      this.#wholeUntilMs = Math.min(this.#wholeUntilMs, untilMs);
      this.#wholeSinceScrapeUntilMs = Math.min(this.#wholeSinceScrapeUntilMs, untilMs);
      return;
    }
    this.#waitingTokens -= inputTokens;
    this.#tokensSinceScrape -= inputTokens;
    this.#silence.ended();
    if (tookMs !== null) {
      this.#record.heard(nowMs);
      this.#silence.heard(nowMs);
    }
    this.#pace.ended(nowMs, tookMs, together);
  }

  /** 0 while it takes nothing, nearly 0 while it is suspected, less than 1 while it fails now and then. */
  get health(): Signal {
    const atMs = this.#moment.nowMs;
    const health = this.#health;
    const record = this.#record;
    if (this.engine === null) return readAs(health, 0, atMs, "no engine");
    if (record.rests(atMs)) return readAs(health, 0, atMs, "retry-after");
    if (this.drained) return readAs(health, 0, atMs, "drained");
    if (this.full) return readAs(health, 0, atMs, "requests in flight");
    const seen = record.healthRatio(atMs);
    const value = this.#told === null ? seen : Math.min(this.#told.healthRatio(atMs), seen);
    if (record.isSuspected(atMs)) return readAs(health, value, atMs, "failures");
    return readAs(health, value, atMs, record.failingRatio(atMs) > 0 ? "failure ratio" : "mesh");
  }

  /** What other gateways are told of it. That it is full they find by its places, and for how long it is, they need not know. */
  report(place: Pick<EngineReport, "site" | "pool" | "position" | "emulated" | "continues">): EngineReport {
    const atMs = this.#moment.nowMs;
    const signals = this.engine?.signals();
    const { value: drainMs, atMs: drainAtMs } = this.drain;
    const isOut = this.engine === null || this.drained || this.#record.rests(atMs);
    return {
      ...place,
      running: this.inFlight,
      waiting: known(signals?.waitingRequests),
      places: known(this.#maxInFlight),
      drainMs: known(drainMs),
      // An engine here may have looked at the clock after the moment was taken.
      ageMs: known(Math.max(0, atMs - drainAtMs)),
      kvUsageRatio: known(signals?.kvUsageRatio),
      healthRatio: isOut ? 0 : this.#record.healthRatio(atMs),
    };
  }

  /** It is at its limit, and nothing else keeps requests away. */
  get isBusy(): boolean {
    const { nowMs } = this.#moment;
    if (this.engine === null || !this.full || this.drained || this.#record.rests(nowMs)) return false;
    return this.#told === null || this.#told.healthRatio(nowMs) !== 0;
  }

  /** The plan has it, but this gateway was given none: another one serves it. */
  get isAbsent(): boolean {
    return this.engine === null;
  }

  /** It said that it knows no such model or endpoint, and another engine did. */
  foundLacking(path: string): void {
    this.#record.foundLacking(path, this.#clock.monotonicMs());
  }

  /** Whether it would only say so again. */
  lacks(path: string): boolean {
    return this.#record.lacks(path, this.#moment.nowMs);
  }

  /** A request ended well: the streak of failures is over. */
  succeeded(nowMs = this.#clock.monotonicMs()): void {
    this.#record.succeeded(nowMs);
    this.#silence.heard(nowMs);
  }

  /**
   * A request failed; `retryAfterMs` is the engine's own wish and is honoured at once. `inSilence`: it had all its time, and
   * nothing came.
   */
  failed(retryAfterMs: number | null, inSilence = false): void {
    this.#record.failed(this.#clock.monotonicMs(), retryAfterMs, inSilence);
  }

  /**
   * Nothing good was heard of it lately: it failed time after time, or it used to tell its load and no longer does. That
   * is no reason to turn a request away, for the next one may find it well; it is one to send them to another gateway.
   */
  get silent(): boolean {
    if (this.engine === null) return true;
    const { nowMs } = this.#moment;
    const { source, atMs, heardMs = atMs } = this.engine.signals();
    const told = source === "scrape" && !Number.isNaN(heardMs);
    const heardAtMs = told ? Math.max(heardMs, this.#record.servedAtMs) : this.#record.servedAtMs;
    if (told && nowMs - heardAtMs > silentAfterScrapeMs) return true;
    return this.#record.isFailing(nowMs, heardAtMs);
  }

  /** Time until the group may be asked again, ms. */
  restMs(): number {
    return this.#record.restMs(this.#clock.monotonicMs());
  }
}

function known(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
