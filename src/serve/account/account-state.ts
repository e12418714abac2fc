import type { Account, AccountSettings } from "./account.ts";
import { addAllowances, noAllowance, partToGive, type Allowance } from "./allowance.ts";
import { apiError, type ApiError } from "../wire/api-error.ts";
import { TokenBucket } from "./token-bucket.ts";

/** What an account has left here, and what of it is held back by requests under way. */
export class AccountState {
  account: Account;
  spentNanoUsd: number;
  /** Charged by other gateways that serve the same account, as far as is known. */
  elsewhereNanoUsd = 0;
  reservedNanoUsd = 0;
  #inFlight = 0;
  /** Requests that may be in flight here; Infinity = no limit. */
  #places: number;
  #requests: TokenBucket | null;
  #tokens: TokenBucket | null;
  /** Budget and places got from other gateways, less what was given. */
  #moved: Allowance;

  constructor(account: Account, settings: Pick<AccountSettings, "parts" | "part">, nowMs: number) {
    const { parts = 1 } = settings;
    this.account = account;
    this.spentNanoUsd = account.spentNanoUsd;
    this.#places = placesOf(account.maxInFlight, settings);
    this.#requests = bucketOf(account.requestsPerMinute, nowMs, parts);
    this.#tokens = bucketOf(account.tokensPerMinute, nowMs, parts);
    this.#moved = noAllowance(account.id);
  }

  /** Goes by other limits from now on; rate limits that change begin anew. */
  replace(account: Account, settings: Pick<AccountSettings, "parts" | "part">, nowMs: number): void {
    const { parts = 1 } = settings;
    const before = this.account;
    if (before.requestsPerMinute !== account.requestsPerMinute)
      this.#requests = bucketOf(account.requestsPerMinute, nowMs, parts);
    if (before.tokensPerMinute !== account.tokensPerMinute)
      this.#tokens = bucketOf(account.tokensPerMinute, nowMs, parts);
    this.#places = placesOf(account.maxInFlight, settings);
    this.account = account;
  }

  /** Holds back what a request may use at most; why not, when there is not that much left. */
  reserve(nanoUsd: number, tokens: number, nowMs: number): ApiError | null {
    if (this.#placesLeft < 1) {
      const detail = `The account may have ${this.account.maxInFlight!} requests in flight.`;
      return apiError("rate_limit_exceeded", { detail, retryAfterMs: 1_000 });
    }
    if (nanoUsd > this.#budgetLeft) return apiError("insufficient_quota");
    const waitMs = Math.max(this.#requests?.waitMs(1, nowMs) ?? 0, this.#tokens?.waitMs(tokens, nowMs) ?? 0);
    if (waitMs > 0) return apiError("rate_limit_exceeded", { retryAfterMs: waitMs });
    this.#requests?.take(1);
    this.#tokens?.take(tokens);
    this.reservedNanoUsd += nanoUsd;
    this.#inFlight++;
    return null;
  }

  settle(nanoUsd: number, tokens: number, used: { readonly nanoUsd: number; readonly tokens: number }): void {
    this.#inFlight--;
    this.reservedNanoUsd -= nanoUsd;
    this.spentNanoUsd += used.nanoUsd;
    this.#tokens?.take(used.tokens - tokens);
  }

  /** What is not left for such a request. */
  lacking(nanoUsd: number, tokens: number, nowMs: number): Allowance {
    return {
      account: this.account.id,
      nanoUsd: Math.max(0, nanoUsd - this.#budgetLeft),
      places: Math.max(0, 1 - this.#placesLeft),
      requests: Math.max(0, this.#requests?.missing(1, nowMs) ?? 0),
      tokens: Math.max(0, this.#tokens?.missing(tokens, nowMs) ?? 0),
    };
  }

  /** Takes out what another gateway lacks, as far as it is left. */
  give(lacking: Allowance, nowMs: number): Allowance {
    // Without a limit nobody lacks any, but accounts may be read anew a moment sooner elsewhere.
    const budgetLeft = this.account.budgetNanoUsd === null ? 0 : this.#budgetLeft;
    const placesLeft = Number.isFinite(this.#places) ? this.#placesLeft : 0;
    const given: Allowance = {
      account: this.account.id,
      nanoUsd: Math.floor(partToGive(budgetLeft, lacking.nanoUsd)),
      places: Math.floor(partToGive(placesLeft, lacking.places)),
      requests: partToGive(this.#requests?.left(nowMs) ?? 0, lacking.requests),
      tokens: partToGive(this.#tokens?.left(nowMs) ?? 0, lacking.tokens),
    };
    this.#exchange(given, -1);
    return given;
  }

  /** What other gateways have given, less what was given to them. */
  exchanged(given: Allowance): void {
    this.#exchange(given, 1);
  }

  #exchange(given: Allowance, sign: 1 | -1): void {
    this.#moved = addAllowances(this.#moved, given, sign);
    this.#requests?.take(-sign * given.requests);
    this.#tokens?.take(-sign * given.tokens);
  }

  /** Integer nano-USD; below zero after a limit was lowered. */
  get #budgetLeft(): number {
    const { budgetNanoUsd } = this.account;
    if (budgetNanoUsd === null) return Number.POSITIVE_INFINITY;
    const taken = this.spentNanoUsd + this.elsewhereNanoUsd + this.reservedNanoUsd;
    return budgetNanoUsd + this.#moved.nanoUsd - taken;
  }

  get #placesLeft(): number {
    return this.#places + this.#moved.places - this.#inFlight;
  }
}

function bucketOf(perMinute: number | null, nowMs: number, parts: number): TokenBucket | null {
  return perMinute === null ? null : new TokenBucket(perMinute, nowMs, parts);
}

/** Places of one of several gateways: whole ones, and those that are over go to the first. */
function placesOf(
  maxInFlight: number | null | undefined,
  { parts = 1, part = 1 }: Pick<AccountSettings, "parts" | "part">,
): number {
  if (maxInFlight == null) return Number.POSITIVE_INFINITY;
  return Math.floor(maxInFlight / parts) + (part <= maxInFlight % parts ? 1 : 0);
}
