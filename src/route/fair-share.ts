/** An output token keeps an engine busier than an input token; the weights of the virtual token counter's authors. */
const outputWeight = 2;

/**
 * Virtual token counters (Sheng et al., "Fairness in Serving Large Language Models", 2024): each account's counter grows
 * by the tokens served to it, divided by its weight, and the account with the least is next. An account that comes back
 * is lifted to those already waiting: idling earns no credit.
 */
export class FairShare {
  readonly #counters = new Map<string, Counter>();
  /** The account asked for last, and its counter. */
  #latest = "";
  #counter: Counter | null = null;
  /** Counter of the account that was last to have nobody waiting: where newcomers to an empty line begin. */
  #lastLeft = 0;

  /** A request of the account begins to wait. */
  joined(account: string): void {
    const counter = this.#of(account);
    if (counter.waiting++ > 0) return;
    let least = Number.POSITIVE_INFINITY;
    for (const other of this.#counters.values()) {
      if (other !== counter && other.waiting > 0) least = Math.min(least, other.tokens);
    }
    counter.tokens = Math.max(counter.tokens, Number.isFinite(least) ? least : this.#lastLeft);
  }

  /** A request of the account waits no longer, whatever became of it. */
  left(account: string): void {
    const counter = this.#of(account);
    counter.waiting--;
    if (counter.waiting > 0) return;
    this.#lastLeft = Math.max(this.#lastLeft, counter.tokens);
    // Counters of accounts that nobody waits for say no more than `#lastLeft` does; so they are bounded.
    if (this.#counters.size > maxCounters) this.#forget();
  }

  /** Tokens were served to the account; negative when fewer were used than had been charged at first. */
  charge(account: string, weight: number, inputTokens: number, outputTokens: number): void {
    this.#of(account).tokens += (inputTokens + outputWeight * outputTokens) / weight;
  }

  /** What the account has had; less is sooner. */
  tokensOf(account: string): number {
    return this.#counters.get(account)?.tokens ?? this.#lastLeft;
  }

  #of(account: string): Counter {
    // Often one account sends many requests in a row, or all.
    if (account === this.#latest && this.#counter !== null) return this.#counter;
    let counter = this.#counters.get(account);
    if (!counter) this.#counters.set(account, (counter = { tokens: this.#lastLeft, waiting: 0 }));
    this.#latest = account;
    this.#counter = counter;
    return counter;
  }

  #forget(): void {
    this.#counter = null;
    for (const [account, { waiting }] of this.#counters) if (waiting === 0) this.#counters.delete(account);
  }
}

interface Counter {
  tokens: number;
  waiting: number;
}

const maxCounters = 10_000;
