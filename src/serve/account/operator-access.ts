import type { Accounts } from "./accounts.ts";
import { apiError, type ApiError } from "../wire/api-error.ts";
import type { Clock } from "../wire/ports.ts";
import type { Call } from "../wire/transport.ts";
import type { OperatorRole } from "./account.ts";

export interface OperatorSettings {
  readonly accounts: Accounts;
  readonly clock: Clock;
  /** Whether a presented secret is the operator's own key; absent = there is none beside those of accounts. */
  readonly isOperatorKey?: (secret: string) => boolean;
  /** Console and metrics are shown to everyone who connects, as long as no key guards them. */
  readonly open?: boolean;
}

export type Entry =
  | /** `known`: by a key, or because it is on this machine. */ { readonly ok: true; readonly known: boolean }
  | { readonly ok: false; readonly error: ApiError; readonly headers: readonly string[] };

/** Makes a browser ask for the key: it sends it as the password, with any name. */
const challenge = ["www-authenticate", 'Basic realm="Disperse", charset="UTF-8"'];

/**
 * Who may look at console and metrics, and who may change what runs. With a key for it (one of an account with a role,
 * or the operator's own) that key is asked for, from everyone. Without, only callers on this machine are let in.
 */
export class OperatorAccess {
  readonly #settings: OperatorSettings;

  constructor(settings: OperatorSettings) {
    this.#settings = settings;
  }

  /** A key is asked for, wherever the caller is. */
  get guarded(): boolean {
    return this.#settings.isOperatorKey !== undefined || this.#settings.accounts.hasRoles;
  }

  enter(call: Call, role: OperatorRole): Entry {
    const secret = secretIn(call.header("authorization"));
    const granted = secret === null ? null : this.#roleOf(secret);
    if (granted === "operator" || granted === role) return { ok: true, known: true };
    if (granted !== null) return refuse("insufficient_scope", "The key may look, but not change anything.");
    if (this.guarded) return { ok: false, error: apiError("operator_key_required"), headers: challenge };
    if (isLocal(call)) return { ok: true, known: true };
    return this.#settings.open && role === "viewer" ? { ok: true, known: false } : refuse("local_callers_only");
  }

  #roleOf(secret: string): OperatorRole | null {
    const { accounts, clock, isOperatorKey } = this.#settings;
    return isOperatorKey?.(secret) ? "operator" : accounts.roleOf(secret, clock.epochMs());
  }
}

function refuse(code: "insufficient_scope" | "local_callers_only", detail?: string): Entry {
  return { ok: false, error: apiError(code, detail === undefined ? {} : { detail }), headers: [] };
}

/** The secret of `Bearer …` as programs send it, or the password of `Basic …` as browsers do. */
function secretIn(authorization: string | undefined): string | null {
  const [, scheme, value] = /^(Bearer|Basic) +(\S+) *$/i.exec(authorization ?? "") ?? [];
  if (value === undefined) return null;
  if (scheme!.toLowerCase() === "bearer") return value;
  try {
    const text = atob(value);
    return text.includes(":") ? text.slice(text.indexOf(":") + 1) : null;
  } catch {
    return null;
  }
}

/**
 * The caller sits at this machine itself. A proxy on the same machine passes others on, so what it adds or keeps speaks
 * against it: forwarding headers, and a host that is no name of this machine (which also stops pages elsewhere that let
 * their name point here).
 */
function isLocal(call: Call): boolean {
  if (call.local !== true) return false;
  if (["forwarded", "x-forwarded-for", "x-real-ip", "via"].some((name) => call.header(name) !== undefined))
    return false;
  const host = (call.header("host") ?? "localhost").replace(/:\d*$/, "").toLowerCase();
  return /^(?:localhost|[\w-]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(host);
}

/** Whether a call comes from a page of another origin, which a browser would send with the keys it knows. */
export function isForeignPage(call: Call): boolean {
  const origin = call.header("origin");
  if (origin === undefined) return false;
  return origin.replace(/^https?:\/\//, "") !== call.header("host");
}
