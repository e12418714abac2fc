import { FailureRatio } from "./failure-ratio.ts";

/** Failures in a row after which a group is suspected. */
const failuresToSuspect = 3;
/** First suspicion after a streak of failures, ms; doubled with every further failure, up to the longest rest. */
const firstSuspicionMs = 500;
/** Longest suspicion, and longest wish of an engine that is honoured, ms. */
const longestRestMs = 30_000;
/** How long an engine that failed time after time counts as silent when nobody asks it again, ms. */
const silentAfterFailuresMs = 30_000;
/** How long an engine that lacks a model or an endpoint is believed to, ms: somebody may load it meanwhile. */
const lackMs = 60_000;
/** Health of a suspected group. */
const suspectHealth = 0.05;

/** How the engines of one group have done: what they served, failed at and asked for. Times are on the monotonic clock. */
export class EngineRecord {
  /** Paths it does not know, or not for its model, and until when that is believed. */
  readonly #lacks = new Map<string, number>();
  readonly #ratio = new FailureRatio();
  #failures = 0;
  #restUntilMs = 0;
  #suspectUntilMs = 0;
  #failedAtMs = Number.NEGATIVE_INFINITY;
  /** A request got nothing of it in all its time, and nobody has got anything since. */
  #fellSilent = false;
  #servedAtMs = Number.NEGATIVE_INFINITY;

  /** Last whole answer or first token. */
  get servedAtMs(): number {
    return this.#servedAtMs;
  }

  /** It has asked to be left alone. */
  rests(nowMs: number): boolean {
    return nowMs < this.#restUntilMs;
  }

  /** Time until it may be asked again, ms. */
  restMs(nowMs: number): number {
    return Math.max(0, this.#restUntilMs - nowMs);
  }

  isSuspected(nowMs: number): boolean {
    return nowMs < this.#suspectUntilMs;
  }

  /** Part of its requests that failed lately. */
  failingRatio(nowMs: number): number {
    return this.#ratio.at(nowMs);
  }

  /**
   * Health by what was seen of it: nearly 0 while it is suspected, so that it is used when everyone else is worse. Suspicion alone
   * must never turn a request away.
   */
  healthRatio(nowMs: number): number {
    if (nowMs < this.#suspectUntilMs) return suspectHealth;
    return Math.max(suspectHealth, 1 - this.#ratio.at(nowMs));
  }

  /** It gave a first token or a whole answer. */
  heard(nowMs: number): void {
    this.#servedAtMs = nowMs;
    this.#fellSilent = false;
  }

  /** A request ended well: the streak of failures is over. */
  succeeded(nowMs: number): void {
    this.#failures = 0;
    this.#suspectUntilMs = 0;
    this.heard(nowMs);
    this.#ratio.count(false, nowMs);
  }

  /**
   * A request failed; `retryAfterMs` is the engine's own wish and is honoured at once. `inSilence`: it had all its time, and
   * nothing came.
   */
  failed(nowMs: number, retryAfterMs: number | null, inSilence: boolean): void {
    this.#failures++;
    if (inSilence) this.#fellSilent = true;
    this.#failedAtMs = nowMs;
    this.#ratio.count(true, nowMs);
    if (retryAfterMs !== null)
      this.#restUntilMs = Math.max(this.#restUntilMs, nowMs + Math.min(retryAfterMs, longestRestMs));
    if (this.#failures < failuresToSuspect) return;
    const doubled = firstSuspicionMs * 2 ** Math.min(this.#failures - failuresToSuspect, 10);
    this.#suspectUntilMs = nowMs + Math.min(longestRestMs, doubled);
  }

  /** It failed time after time, lately, and was not heard since; `heardAtMs`: when it was heard last in any way. */
  isFailing(nowMs: number, heardAtMs: number): boolean {
    const failing = this.#failures >= failuresToSuspect && heardAtMs < this.#failedAtMs;
    return failing && nowMs - this.#failedAtMs < silentAfterFailuresMs;
  }

  /**
   * It has given neither a first token nor a whole answer to anybody since then, and one who asked was left without: others that
   * wait as long do so in vain.
   */
  saidNothingSince(sinceMs: number): boolean {
    return this.#fellSilent && this.#servedAtMs < sinceMs;
  }

  /** It said that it knows no such model or endpoint, and another engine did. */
  foundLacking(path: string, nowMs: number): void {
    this.#lacks.set(path, nowMs + lackMs);
  }

  /** Whether it would only say so again. */
  lacks(path: string, nowMs: number): boolean {
    return this.#lacks.size > 0 && nowMs < (this.#lacks.get(path) ?? 0);
  }
}
