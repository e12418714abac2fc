import { apiError, type ApiError } from "./api-error.ts";
import { TokenBucket } from "./token-bucket.ts";

/** Who pays. Several keys may draw on one account, which is how a key is exchanged without a gap. */
export interface Account {
  readonly id: string;
  /** What may be charged in all, integer nano-USD; null = no limit. */
  readonly budgetNanoUsd: number | null;
  /** Charged before this gateway started, integer nano-USD. */
  readonly spentNanoUsd: number;
  readonly requestsPerMinute: number | null;
  /** Input and output tokens together. */
  readonly tokensPerMinute: number | null;
}

/** A virtual key. The key itself is nowhere kept, only its SHA-256. */
export interface KeyRecord {
  readonly id: string;
  /** Lower-case hexadecimal SHA-256 of the key. */
  readonly sha256: string;
  readonly account: string;
  /** Ids of the workloads it may use, or `*`. */
  readonly workloads: readonly string[] | "*";
  /** Milliseconds since 1970 UTC; null = never. */
  readonly expiresEpochMs: number | null;
}

export interface AccountSettings {
  readonly accounts: readonly Account[];
  readonly keys: readonly KeyRecord[];
  /** Lower-case hexadecimal SHA-256 of a text. */
  readonly sha256: (text: string) => string;
}

/** What a request is expected to use at most, held back until it is known. */
export interface Reservation {
  readonly account: AccountState | null;
  readonly nanoUsd: number;
  readonly tokens: number;
}

interface AccountState {
  account: Account;
  spentNanoUsd: number;
  reservedNanoUsd: number;
  requests: TokenBucket | null;
  tokens: TokenBucket | null;
}

export type Authenticated =
  | { readonly ok: true; readonly key: KeyRecord | null }
  | { readonly ok: false; readonly error: ApiError };
export type Reserved =
  | { readonly ok: true; readonly reservation: Reservation }
  | { readonly ok: false; readonly error: ApiError };

/** A reservation of those who need none. */
const unlimited: Reservation = { account: null, nanoUsd: 0, tokens: 0 };

/**
 * Keys, budgets and rate limits. Money is reserved before a request is sent anywhere and settled when it is over, so
 * that requests running side by side cannot spend the same dollar twice. Without settings every caller is let in.
 */
export class Accounts {
  #keys: Map<string, KeyRecord> | null = null;
  #accounts = new Map<string, AccountState>();
  #sha256: (text: string) => string = () => "";

  constructor(settings: AccountSettings | null, nowMs: number) {
    if (settings) this.replace(settings, nowMs);
  }

  /**
   * Takes other keys and limits over. Accounts that stay keep what they have spent and reserved; rate limits that
   * change begin anew.
   */
  replace(settings: AccountSettings, nowMs: number): void {
    this.#keys = new Map(settings.keys.map((key) => [key.sha256, key]));
    this.#sha256 = settings.sha256;
    const before = this.#accounts;
    this.#accounts = new Map();
    for (const account of settings.accounts) {
      const known = before.get(account.id);
      const requests = bucketOf(account.requestsPerMinute, nowMs);
      const tokens = bucketOf(account.tokensPerMinute, nowMs);
      if (known) {
        // The same object goes on: requests under way hold it and will settle with it.
        if (known.account.requestsPerMinute !== account.requestsPerMinute) known.requests = requests;
        if (known.account.tokensPerMinute !== account.tokensPerMinute) known.tokens = tokens;
        known.account = account;
      }
      const fresh = { account, spentNanoUsd: account.spentNanoUsd, reservedNanoUsd: 0, requests, tokens };
      this.#accounts.set(account.id, known ?? fresh);
    }
  }

  /** Finds the key in an `Authorization` header. */
  authenticate(authorization: string | undefined, epochMs: number): Authenticated {
    if (this.#keys === null) return { ok: true, key: null };
    const secret = /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
    const key = secret === undefined ? undefined : this.#keys.get(this.#sha256(secret));
    // One answer for unknown, expired and orphaned keys: a guesser learns nothing from the difference.
    if (!key || (key.expiresEpochMs !== null && epochMs >= key.expiresEpochMs) || !this.#accounts.has(key.account)) {
      return { ok: false, error: apiError("invalid_api_key") };
    }
    return { ok: true, key };
  }

  /** Holds back what a request may use at most; refuses it when the account has not that much left. */
  reserve(key: KeyRecord | null, workload: string, nanoUsd: number, tokens: number, nowMs: number): Reserved {
    if (key === null) return { ok: true, reservation: unlimited };
    if (key.workloads !== "*" && !key.workloads.includes(workload)) {
      return { ok: false, error: apiError("insufficient_scope", { detail: `The API key may not use ${workload}.` }) };
    }
    const state = this.#accounts.get(key.account)!;
    const { budgetNanoUsd } = state.account;
    if (budgetNanoUsd !== null && state.spentNanoUsd + state.reservedNanoUsd + nanoUsd > budgetNanoUsd) {
      return { ok: false, error: apiError("insufficient_quota") };
    }
    const waitMs = Math.max(state.requests?.waitMs(1, nowMs) ?? 0, state.tokens?.waitMs(tokens, nowMs) ?? 0);
    if (waitMs > 0) return { ok: false, error: apiError("rate_limit_exceeded", { retryAfterMs: waitMs }) };
    state.requests?.take(1);
    state.tokens?.take(tokens);
    state.reservedNanoUsd += nanoUsd;
    return { ok: true, reservation: { account: state, nanoUsd, tokens } };
  }

  /** Replaces a reservation by what was used. Call once per reservation. */
  settle({ account, nanoUsd, tokens }: Reservation, used: { nanoUsd: number; tokens: number }): void {
    if (account === null) return;
    account.reservedNanoUsd -= nanoUsd;
    account.spentNanoUsd += used.nanoUsd;
    account.tokens?.take(used.tokens - tokens);
  }

  /** What an account has spent and holds back, nano-USD; null when there is no such account. */
  standing(account: string): { readonly spentNanoUsd: number; readonly reservedNanoUsd: number } | null {
    const state = this.#accounts.get(account);
    return state ? { spentNanoUsd: state.spentNanoUsd, reservedNanoUsd: state.reservedNanoUsd } : null;
  }
}

function bucketOf(perMinute: number | null, nowMs: number): TokenBucket | null {
  return perMinute === null ? null : new TokenBucket(perMinute, nowMs);
}
