import { apiError, type ApiError } from "../wire/api-error.ts";
import { AccountState } from "./account-state.ts";
import { isNothing, noAllowance, type Allowance, type SeekAllowance } from "./allowance.ts";
import { KeyRing } from "./key-ring.ts";
import type { Account, AccountSettings, KeyRecord, OperatorRole } from "./account.ts";

/** What a request is expected to use at most, held back until it is known. */
export interface Reservation {
  readonly account: AccountState | null;
  readonly nanoUsd: number;
  readonly tokens: number;
}

export type Authenticated =
  | { readonly ok: true; readonly key: KeyRecord | null }
  | { readonly ok: false; readonly error: ApiError };
export type Reserved =
  | { readonly ok: true; readonly reservation: Reservation }
  /** `lacking`: what other gateways may have, which keep the limits together with this one; null = it would not help. */
  | { readonly ok: false; readonly error: ApiError; readonly lacking: Allowance | null };

/** A reservation of those who need none. */
export const unlimited: Reservation = { account: null, nanoUsd: 0, tokens: 0 };
/** How long the others are not asked again after they had nothing, ms. */
const dryMs = 250;

/**
 * Keys, budgets and rate limits. Money is reserved before a request is sent anywhere and settled when it is over, so
 * that requests running side by side cannot spend the same dollar twice. Without settings every caller is let in.
 */
export class Accounts {
  #keys: KeyRing | null = null;
  #hasRoles = false;
  #accounts = new Map<string, AccountState>();
  #elsewhere: ReadonlyMap<string, number> = new Map();
  /** Gateways that keep the limits together. */
  #parts = 1;
  /** Those that are not in the settings any more: should they come back, they are the same ones. */
  readonly #former = new Map<string, AccountState>();
  /** What was exchanged with other gateways before this one was started, by accounts that are not in the settings yet. */
  readonly #moved = new Map<string, Allowance>();
  #seek: SeekAllowance | null = null;
  /** Accounts for which the others are being asked, and those for which they had nothing, until when. */
  readonly #asked = new Map<string, Promise<boolean>>();
  readonly #dryUntilMs = new Map<string, number>();

  constructor(settings: AccountSettings | null, nowMs: number) {
    if (settings) this.replace(settings, nowMs);
  }

  /**
   * Takes other keys and limits over. Accounts that stay keep what they have spent and reserved; rate limits that
   * change begin anew.
   */
  replace(settings: AccountSettings, nowMs: number): void {
    this.#keys = new KeyRing(settings.keys, settings.digests);
    this.#hasRoles = settings.keys.some(({ role, revoked }) => role !== undefined && revoked !== true);
    this.#parts = settings.parts ?? 1;
    const before = this.#accounts;
    this.#accounts = new Map();
    for (const account of settings.accounts) {
      const known = before.get(account.id) ?? this.#former.get(account.id);
      // The same object goes on: requests under way hold it and will settle with it.
      const state = known ?? new AccountState(account, settings, nowMs);
      if (known) known.replace(account, settings, nowMs);
      else state.elsewhereNanoUsd = this.#elsewhereOf(account.id);
      this.#accounts.set(account.id, state);
      this.#countMoved(account.id);
    }
    for (const [id, state] of before) if (!this.#accounts.has(id)) this.#former.set(id, state);
  }

  /**
   * What other gateways have charged the same accounts with in all, integer nano-USD; their budgets are one. Those that keep the
   * limits together with this one bear a part of it each.
   */
  chargedElsewhere(byAccount: ReadonlyMap<string, number>): void {
    this.#elsewhere = byAccount;
    for (const [id, state] of this.#accounts) state.elsewhereNanoUsd = this.#elsewhereOf(id);
  }

  #elsewhereOf(account: string): number {
    return Math.ceil((this.#elsewhere.get(account) ?? 0) / this.#parts);
  }

  /** Finds the key in an `Authorization` header. */
  authenticate(authorization: string | undefined, epochMs: number): Authenticated {
    if (this.#keys === null) return { ok: true, key: null };
    const key = this.#keys.presented(authorization ?? "");
    // One answer for unknown, revoked, expired and orphaned keys: a guesser learns nothing from the difference.
    return this.#isGood(key, epochMs) ? { ok: true, key } : { ok: false, error: apiError("invalid_api_key") };
  }

  /** Some key may see console and metrics. */
  get hasRoles(): boolean {
    return this.#hasRoles;
  }

  /** The role of a presented key; null when it has none or is not good. */
  roleOf(secret: string, epochMs: number): OperatorRole | null {
    const key = this.#keys?.find(secret) ?? null;
    return this.#isGood(key, epochMs) ? (key.role ?? null) : null;
  }

  #isGood(key: KeyRecord | null, epochMs: number): key is KeyRecord {
    if (key === null || key.revoked === true || !this.#accounts.has(key.account)) return false;
    return key.expiresEpochMs === null || epochMs < key.expiresEpochMs;
  }

  /** The key of a request the gateway makes on somebody's behalf; it must still be good. */
  onBehalfOf(keyId: string | null, epochMs: number): Authenticated {
    if (this.#keys === null) return { ok: true, key: null };
    const key = keyId === null ? null : this.#keys.byId(keyId);
    return this.#isGood(key, epochMs) ? { ok: true, key } : { ok: false, error: apiError("invalid_api_key") };
  }

  /** Holds back what a request may use at most; refuses it when the account has not that much left. */
  reserve(key: KeyRecord | null, workload: string, nanoUsd: number, tokens: number, nowMs: number): Reserved {
    if (key === null) return { ok: true, reservation: unlimited };
    if (key.workloads !== "*" && !key.workloads.includes(workload)) {
      const error = apiError("insufficient_scope", { detail: `The API key may not use ${workload}.` });
      return { ok: false, error, lacking: null };
    }
    const state = this.#accounts.get(key.account)!;
    const error = state.reserve(nanoUsd, tokens, nowMs);
    if (error !== null)
      return { ok: false, error, lacking: this.#seek === null ? null : state.lacking(nanoUsd, tokens, nowMs) };
    return { ok: true, reservation: { account: state, nanoUsd, tokens } };
  }

  /** Limits are kept together with other gateways, who are asked this way; `moved` is what they and this one exchanged before. */
  shareWith(seek: SeekAllowance, moved: readonly Allowance[] = []): void {
    this.#seek = seek;
    for (const allowance of moved) {
      this.#moved.set(allowance.account, allowance);
      this.#countMoved(allowance.account);
    }
  }

  #countMoved(account: string): void {
    const moved = this.#moved.get(account);
    const state = this.#accounts.get(account);
    if (moved === undefined || state === undefined) return;
    this.#moved.delete(account);
    state.exchanged(moved);
  }

  /** Asks the others for what is lacking; tells whether anything came. Null when they had nothing a moment ago. */
  seek(lacking: Allowance, nowMs: number): Promise<boolean> | null {
    const { account } = lacking;
    if (this.#seek === null || nowMs < (this.#dryUntilMs.get(account) ?? 0)) return null;
    let asked = this.#asked.get(account);
    if (asked === undefined) {
      asked = this.#seek(lacking).then((given) => {
        this.#asked.delete(account);
        if (isNothing(given)) this.#dryUntilMs.set(account, nowMs + dryMs);
        else this.#accounts.get(account)?.exchanged(given);
        return !isNothing(given);
      });
      this.#asked.set(account, asked);
    }
    return asked;
  }

  /** Lets another gateway have what it lacks, as far as it is left here. */
  give(lacking: Allowance, nowMs: number): Allowance {
    return this.#accounts.get(lacking.account)?.give(lacking, nowMs) ?? noAllowance(lacking.account);
  }

  /** Replaces a reservation by what was used. Call once per reservation. */
  settle({ account, nanoUsd, tokens }: Reservation, used: { nanoUsd: number; tokens: number }): void {
    account?.settle(nanoUsd, tokens, used);
  }

  /** The account behind a key; null when there are no keys. */
  accountOf(key: KeyRecord | null): Account | null {
    return key === null ? null : (this.#accounts.get(key.account)?.account ?? null);
  }

  /** What an account has spent and holds back, nano-USD; null when there is no such account. */
  standing(account: string): { readonly spentNanoUsd: number; readonly reservedNanoUsd: number } | null {
    const state = this.#accounts.get(account);
    return state ? { spentNanoUsd: state.spentNanoUsd, reservedNanoUsd: state.reservedNanoUsd } : null;
  }
}
