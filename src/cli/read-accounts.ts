import { hash } from "node:crypto";
import type { Account, AccountSettings, KeyRecord, Store } from "../serve/index.ts";
import { CommandFailure, exitCodes } from "./exit-codes.ts";
import { readJson } from "./read-plan.ts";

const sha256 = (text: string) => hash("sha256", text);

/**
 * Reads accounts and virtual keys from a JSON file:
 * `{"accounts": [{"id", "budgetUsd", "requestsPerMinute", "tokensPerMinute"}],
 *   "keys": [{"id", "sha256", "account", "workloads", "expires"}]}`; limits and expiry may be left out.
 * Keys stand there as SHA-256 only. What the accounts have spent is read from the ledger.
 */
export async function readAccounts(path: string, ledger: Store): Promise<AccountSettings> {
  const wrong = (why: string) => new CommandFailure(exitCodes.invalid, `${path}: ${why}`);
  const file = readJson(path) as { accounts?: unknown; keys?: unknown } | null;
  const list = (name: "accounts" | "keys") => {
    const value = file?.[name];
    if (!Array.isArray(value)) throw wrong(`"${name}" must be a list.`);
    return value as Record<string, unknown>[];
  };
  const text = (entry: Record<string, unknown>, name: string, where: string) => {
    const value = entry?.[name];
    if (typeof value !== "string" || value === "") throw wrong(`${where} needs "${name}" as text.`);
    return value;
  };
  const limit = (entry: Record<string, unknown>, name: string, where: string) => {
    const value = entry[name] ?? null;
    if (value !== null && !(typeof value === "number" && value >= 0)) {
      throw wrong(`${where}: "${name}" must be a number that is not negative, or be left out.`);
    }
    return value;
  };
  const accounts = list("accounts").map((entry, index): Account => {
    const where = `account ${index + 1}`;
    const budgetUsd = limit(entry, "budgetUsd", where);
    return {
      id: text(entry, "id", where),
      budgetNanoUsd: budgetUsd === null ? null : Math.round(budgetUsd * 1e9),
      spentNanoUsd: 0,
      requestsPerMinute: limit(entry, "requestsPerMinute", where),
      tokensPerMinute: limit(entry, "tokensPerMinute", where),
    };
  });
  const keys = list("keys").map((entry, index): KeyRecord => {
    const where = `key ${index + 1}`;
    const digest = text(entry, "sha256", where).toLowerCase();
    if (!/^[0-9a-f]{64}$/.test(digest)) {
      throw wrong(`${where}: "sha256" must be 64 hexadecimal digits. Make them with: printf %s "$KEY" | sha256sum`);
    }
    const account = text(entry, "account", where);
    if (!accounts.some(({ id }) => id === account))
      throw wrong(`${where} names the account "${account}", which is not listed.`);
    const workloads = entry["workloads"] ?? "*";
    if (workloads !== "*" && !(Array.isArray(workloads) && workloads.every((id) => typeof id === "string"))) {
      throw wrong(`${where}: "workloads" must be "*" or a list of workload ids.`);
    }
    const expires = entry["expires"] ?? null;
    const expiresEpochMs = expires === null ? null : typeof expires === "string" ? Date.parse(expires) : Number.NaN;
    if (Number.isNaN(expiresEpochMs)) throw wrong(`${where}: "expires" must be a date such as 2027-01-31.`);
    return {
      id: text(entry, "id", where),
      sha256: digest,
      account,
      workloads: workloads as "*" | string[],
      expiresEpochMs,
    };
  });
  const spent = await spentByAccount(ledger, keys);
  return {
    keys,
    sha256,
    accounts: accounts.map((account) => ({ ...account, spentNanoUsd: spent.get(account.id) ?? 0 })),
  };
}

/** Rows read from the ledger at once. */
const page = 10_000;

async function spentByAccount(ledger: Store, keys: readonly KeyRecord[]): Promise<Map<string, number>> {
  const accountOf = new Map(keys.map(({ id, account }) => [id, account]));
  const spent = new Map<string, number>();
  for (let from = 0; ;) {
    const rows = await ledger.read(from, page);
    for (const { keyId, chargeNanoUsd } of rows) {
      const account = keyId === null ? undefined : accountOf.get(keyId);
      if (account !== undefined) spent.set(account, (spent.get(account) ?? 0) + chargeNanoUsd);
    }
    if (rows.length < page) return spent;
    from += rows.length;
  }
}
