/** Some of an account's limits: what a request lacks here, or what one of several gateways lets another have. */
export interface Allowance {
  readonly account: string;
  /** Of the budget, integer nano-USD. */
  readonly nanoUsd: number;
  /** Of the requests that may be in flight. */
  readonly places: number;
  /** Of the requests of a minute. */
  readonly requests: number;
  /** Of the tokens of a minute. */
  readonly tokens: number;
}

export const noAllowance = (account: string): Allowance => ({ account, nanoUsd: 0, places: 0, requests: 0, tokens: 0 });

/** `one` and `other` of the same account together; with `sign` -1, what is left of the one without the other. */
export function addAllowances(one: Allowance, other: Allowance, sign: 1 | -1 = 1): Allowance {
  return {
    account: one.account,
    nanoUsd: one.nanoUsd + sign * other.nanoUsd,
    places: one.places + sign * other.places,
    requests: one.requests + sign * other.requests,
    tokens: one.tokens + sign * other.tokens,
  };
}

export function isNothing({ nanoUsd, places, requests, tokens }: Allowance): boolean {
  return nanoUsd <= 0 && places <= 0 && requests <= 0 && tokens <= 0;
}

/**
 * How much of what is `left` goes to who lacks some: enough, and up to a half of it, so that who is busy need not ask for each
 * of its requests and who has nothing to do still has some for its next one.
 */
export function partToGive(left: number, lacking: number): number {
  return lacking <= 0 || left <= 0 ? 0 : Math.min(left, Math.max(lacking, left / 2));
}

/** How gateways that keep limits together ask each other: what the others let this one have. */
export type SeekAllowance = (lacking: Allowance) => Promise<Allowance>;
