import type { Target } from "../../route/index.ts";
import type { AttemptOutcome } from "../ledger/ledger.ts";
import type { Attempt } from "./attempt.ts";
import type { RequestTally } from "./request-tally.ts";

/** The attempts of a request that run: one, or two while a slow one is hedged; once content came, only the one it came from. */
export class LiveAttempts {
  readonly #tally: RequestTally;
  #attempts: Attempt[] = [];

  constructor(tally: RequestTally) {
    this.#tally = tally;
  }

  get count(): number {
    return this.#attempts.length;
  }

  /** The one that was begun first; undefined when none runs. */
  get first(): Attempt | undefined {
    return this.#attempts[0];
  }

  includes(attempt: Attempt): boolean {
    return this.#attempts.includes(attempt);
  }

  add(attempt: Attempt): void {
    // Most have one all their life, and a list that one is pushed into makes room for seventeen.
    this.#attempts = this.#attempts.length === 0 ? [attempt] : [...this.#attempts, attempt];
  }

  resume(): void {
    for (const attempt of this.#attempts) attempt.resume();
  }

  /** An attempt has ended by itself. */
  settle(attempt: Attempt, endedMs?: number): void {
    if (this.#isAlone(attempt)) this.#attempts = [];
    else this.#attempts = this.#attempts.filter((other) => other !== attempt);
    this.#tally.book(attempt, endedMs);
  }

  /** Content came from `attempt`: whoever else was asked is stopped. */
  leaveTo(attempt: Attempt, isStream: boolean): void {
    if (this.#isAlone(attempt)) return;
    this.#attempts = this.#attempts.filter((other) => {
      if (other === attempt) return true;
      // Another engine had all its time to answer after this one should have.
      const inVain = !isStream && other.number < attempt.number;
      other.cancel("superseded", inVain);
      if (inVain && other.state !== attempt.state) other.state.failed(null, true);
      this.#tally.book(other);
      return false;
    });
  }

  /** Stops every attempt; returns where the first was. */
  cancelAll(outcome: AttemptOutcome): Target | null {
    const attempts = this.#attempts;
    this.#attempts = [];
    for (const attempt of attempts) {
      attempt.cancel(outcome);
      this.#tally.book(attempt);
    }
    return attempts[0]?.target ?? null;
  }

  #isAlone(attempt: Attempt): boolean {
    return this.#attempts.length === 1 && this.#attempts[0] === attempt;
  }
}
