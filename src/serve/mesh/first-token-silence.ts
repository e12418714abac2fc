/** So many must wait together before silence says anything: one or two may have asked for what is told only when it is complete. */
const crowd = 3;
/** An engine is stuck when nobody has got a first token for so long, ms, and so many times as long as its work takes. */
const stuckAfter = { ms: 1_000, ratio: 4 };
/** Time until a request may try an engine that is stuck and holds no others, ms: at first, and at most as it doubles with each try. */
const probeAfter = { firstMs: 1_000, longestMs: 30_000 };

/**
 * Notices an engine that takes requests and gives no first tokens. Such a one often still answers when it is asked for its load,
 * and tells a queue that is short. Whoever comes next is served after those who wait, so that it waits as well, and a wait
 * that has no end in sight may be expected to last as long again.
 */
export class FirstTokenSilence {
  #waiting = 0;
  /** When it was last heard of, or the crowd came together. */
  #sinceMs = 0;
  #stuck = false;
  #probeAtMs = 0;
  #probeMs: number = probeAfter.firstMs;

  /** A request was handed over, of which the first token or only the whole answer will be seen. */
  began(nowMs: number, isStream: boolean): void {
    if (isStream && ++this.#waiting === crowd && !this.#stuck) this.#sinceMs = nowMs;
    if (!this.#stuck) return;
    this.#probeAtMs = nowMs + this.#probeMs;
    this.#probeMs = Math.min(2 * this.#probeMs, probeAfter.longestMs);
  }

  /** A stream got its first token, or was given up before. */
  ended(): void {
    this.#waiting--;
  }

  /** It gave a first token or a whole answer. */
  heard(nowMs: number): void {
    this.#sinceMs = nowMs;
    this.#stuck = false;
    this.#probeMs = probeAfter.firstMs;
  }

  /**
   * How long an engine that is stuck has been silent, ms; 0 while it is not, and for a request that tries it.
   *
   * @param workMs What all that waits there should take.
   */
  lastsMs(nowMs: number, workMs: number): number {
    if (!this.#stuck) {
      if (this.#waiting < crowd || nowMs - this.#sinceMs <= stuckAfter.ms + stuckAfter.ratio * workMs) return 0;
      this.#stuck = true;
      this.#probeAtMs = nowMs + this.#probeMs;
    }
    return this.#waiting === 0 && nowMs >= this.#probeAtMs ? 0 : nowMs - this.#sinceMs;
  }
}
