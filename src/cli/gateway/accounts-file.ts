import type { Account, KeyRecord } from "../../serve/index.ts";
import { priorities, type Priority } from "../../route/index.ts";
import { isGatewayAccount, operatorRoles, slos, type OperatorRole, type Slo } from "../../serve/index.ts";
import { epochMsOfDate } from "../terminal/date-text.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";

/** An entry as the user wrote it; what is not known here is kept when the file is written again. */
export type Entry = Record<string, unknown>;

/** A file of accounts and keys, checked. */
export interface AccountsFile {
  readonly accounts: readonly Omit<Account, "spentNanoUsd">[];
  readonly keys: readonly KeyRecord[];
  /** Some keys are kept as keyed digests, so that their pepper is needed. */
  readonly needsPepper: boolean;
  /** The lists as they stand in the file. */
  readonly raw: { readonly accounts: Entry[]; readonly keys: Entry[] };
}

const known = {
  account: ["id", "budgetUsd", "requestsPerMinute", "tokensPerMinute", "maxInFlight", "priority", "weight"],
  key: ["id", "sha256", "hmacSha256", "account", "workloads", "slo", "role", "created", "expires", "revoked"],
} as const;

/**
 * Checks what a file of accounts and keys holds:
 * `{"accounts": [{"id", "budgetUsd", "requestsPerMinute", "tokensPerMinute", "maxInFlight", "priority", "weight"}],
 *   "keys": [{"id", "hmacSha256" | "sha256", "account", "workloads", "role", "expires", "revoked"}]}`.
 * Limits, scopes and dates may be left out. Keys stand there as digests only.
 */
export function checkAccountsFile(path: string, content: unknown): AccountsFile {
  const wrong = (why: string) => new CommandFailure(exitCodes.invalid, `${path}: ${why}`);
  const file = content as { accounts?: unknown; keys?: unknown } | null;
  const list = (name: "accounts" | "keys") => {
    const value = file?.[name];
    if (!Array.isArray(value)) throw wrong(`"${name}" must be a list.`);
    for (const [index, entry] of value.entries()) {
      if (typeof entry !== "object" || entry === null) throw wrong(`"${name}" ${index + 1} must be an object.`);
    }
    return value as Entry[];
  };
  const onlyKnown = (entry: Entry, what: "account" | "key", where: string) => {
    const names: readonly string[] = known[what];
    const odd = Object.keys(entry).find((name) => !names.includes(name));
    if (odd !== undefined) throw wrong(`${where}: unknown field "${odd}". Known: ${names.join(", ")}.`);
  };
  const text = (entry: Entry, name: string, where: string) => {
    const value = entry[name];
    if (typeof value !== "string" || value === "") throw wrong(`${where} needs "${name}" as text.`);
    return value;
  };
  const limit = (entry: Entry, name: string, where: string) => {
    const value = entry[name] ?? null;
    if (value !== null && !(typeof value === "number" && Number.isFinite(value) && value >= 0)) {
      throw wrong(`${where}: "${name}" must be a number that is not negative, or be left out.`);
    }
    return value;
  };
  const date = (entry: Entry, name: string, where: string) => {
    const value = entry[name] ?? null;
    const epochMs = value === null ? null : typeof value === "string" ? epochMsOfDate(value) : Number.NaN;
    if (Number.isNaN(epochMs)) throw wrong(`${where}: "${name}" must be a date such as 2027-01-31.`);
    return epochMs;
  };
  const unique = (entries: readonly { readonly id: string }[], what: string) => {
    const ids = entries.map(({ id }) => id);
    const twice = ids.find((id, index) => ids.indexOf(id) !== index);
    if (twice !== undefined) throw wrong(`there are two ${what}s "${twice}".`);
  };

  const raw = { accounts: list("accounts"), keys: list("keys") };
  const accounts = raw.accounts.map((entry, index) => {
    const where = `account ${index + 1}`;
    onlyKnown(entry, "account", where);
    const budgetUsd = limit(entry, "budgetUsd", where);
    const priority = entry["priority"] ?? "normal";
    if (!priorities.includes(priority as Priority)) {
      throw wrong(`${where}: "priority" must be one of ${priorities.join(", ")}.`);
    }
    const weight = limit(entry, "weight", where) ?? 1;
    if (weight === 0) throw wrong(`${where}: "weight" must be above 0.`);
    const id = text(entry, "id", where);
    if (isGatewayAccount(id)) throw wrong(`${where}: "${id}" is a name of what gateways of a mesh do for each other.`);
    return {
      id,
      budgetNanoUsd: budgetUsd === null ? null : Math.round(budgetUsd * 1e9),
      requestsPerMinute: limit(entry, "requestsPerMinute", where),
      tokensPerMinute: limit(entry, "tokensPerMinute", where),
      maxInFlight: limit(entry, "maxInFlight", where),
      priority: priority as Priority,
      weight,
    };
  });
  let needsPepper = false;
  const keys = raw.keys.map((entry, index): KeyRecord => {
    const where = `key ${index + 1}`;
    onlyKnown(entry, "key", where);
    const name = entry["hmacSha256"] === undefined ? "sha256" : "hmacSha256";
    needsPepper ||= name === "hmacSha256";
    const digest = text(entry, name, where).toLowerCase();
    if (!/^[0-9a-f]{64}$/.test(digest)) {
      throw wrong(`${where}: "${name}" must be 64 hexadecimal digits. Make a key with: disperse keys create`);
    }
    const account = text(entry, "account", where);
    if (!accounts.some(({ id }) => id === account))
      throw wrong(`${where} names the account "${account}", which is not listed.`);
    const workloads = entry["workloads"] ?? "*";
    if (workloads !== "*" && !(Array.isArray(workloads) && workloads.every((id) => typeof id === "string"))) {
      throw wrong(`${where}: "workloads" must be "*" or a list of workload ids.`);
    }
    const slo = entry["slo"];
    if (slo !== undefined && !slos.includes(slo as Slo))
      throw wrong(`${where}: "slo" must be one of ${slos.join(", ")}.`);
    const role = entry["role"];
    if (role !== undefined && !operatorRoles.includes(role as OperatorRole))
      throw wrong(`${where}: "role" must be one of ${operatorRoles.join(", ")}.`);
    const revoked = date(entry, "revoked", where) !== null;
    date(entry, "created", where);
    return {
      id: text(entry, "id", where),
      digest,
      account,
      workloads: workloads as "*" | string[],
      expiresEpochMs: date(entry, "expires", where),
      ...(revoked && { revoked }),
      ...(slo !== undefined && { slo: slo as Slo }),
      ...(role !== undefined && { role: role as OperatorRole }),
    };
  });
  unique(accounts, "account");
  unique(keys, "key");
  return { accounts, keys, needsPepper, raw };
}
