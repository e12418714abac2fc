import type { Group, Signal } from "../route/index.ts";
import type { Clock, Engine, EngineSignals } from "./ports.ts";

/** What a site tells the others about itself. */
export interface SiteReport {
  readonly site: string;
  /** Milliseconds since 1970 UTC, on the reporter's clock. */
  readonly epochMs: number;
  /** 1 takes requests, 0 does not, between them degraded. */
  readonly healthRatio: number;
}

/** One reading of the clock that serves a whole decision. */
export interface Moment {
  nowMs: number;
}

/** Failures in a row after which a group rests. */
const failuresToOpen = 3;
/** First rest after a failure streak, ms; doubled with every further failure, up to the longest. */
const firstRestMs = 500;
const longestRestMs = 30_000;

/**
 * What this gateway knows about the engines of one group: its own requests there, the engine's signals and how often
 * it failed. Read by `decide` through the `drain` and `health` signals, which are computed when looked at.
 */
export class GroupState {
  readonly group: Group;
  readonly engine: Engine | null;
  inFlight = 0;
  /** Input tokens of requests handed over that have not produced their first token. */
  waitingTokens = 0;
  #failures = 0;
  #restUntilMs = 0;
  readonly #clock: Clock;
  readonly #moment: Moment;
  readonly #perTokenMs: number;
  readonly #siteHealth: () => number;

  constructor(
    group: Group,
    engine: Engine | null,
    clock: Clock,
    moment: Moment,
    perTokenMs: number,
    siteHealth: () => number,
  ) {
    this.group = group;
    this.engine = engine;
    this.#clock = clock;
    this.#moment = moment;
    this.#perTokenMs = perTokenMs / Math.max(1, group.replicas) / group.speedRatio;
    this.#siteHealth = siteHealth;
  }

  /** Wait before prefill: the engine's own word, else an estimate from what we sent there ourselves. */
  get drain(): Signal {
    const signals: EngineSignals | null = this.engine === null ? null : this.engine.signals();
    const value = this.waitingTokens * this.#perTokenMs;
    if (signals !== null && signals.source !== "none" && !Number.isNaN(signals.drainMs)) {
      // Between two scrapes the engine's word does not contain what we have sent it since.
      const drainMs = signals.source === "scrape" ? Math.max(signals.drainMs, value) : signals.drainMs;
      return { value: drainMs, unit: "ms", atMs: signals.atMs, source: signals.source };
    }
    return { value, unit: "ms", atMs: this.#moment.nowMs, source: "tokens in flight" };
  }

  get health(): Signal {
    const atMs = this.#moment.nowMs;
    const resting = this.engine === null || atMs < this.#restUntilMs;
    return { value: resting ? 0 : this.#siteHealth(), unit: "ratio", atMs, source: resting ? "circuit" : "mesh" };
  }

  /** A request ended well: the streak of failures is over. */
  succeeded(): void {
    this.#failures = 0;
  }

  /** A request failed; `retryAfterMs` is the engine's own wish and is honoured at once. */
  failed(retryAfterMs: number | null): void {
    this.#failures++;
    const nowMs = this.#clock.monotonicMs();
    if (retryAfterMs !== null)
      this.#restUntilMs = Math.max(this.#restUntilMs, nowMs + Math.min(retryAfterMs, longestRestMs));
    if (this.#failures >= failuresToOpen) {
      const restMs = Math.min(longestRestMs, firstRestMs * 2 ** (this.#failures - failuresToOpen));
      this.#restUntilMs = Math.max(this.#restUntilMs, nowMs + restMs);
    }
  }

  /** Time until the group may be asked again, ms. */
  restMs(): number {
    return Math.max(0, this.#restUntilMs - this.#clock.monotonicMs());
  }
}
