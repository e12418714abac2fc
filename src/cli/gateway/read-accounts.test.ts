import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createMemoryStore } from "../../adapters/store-memory/index.ts";
import { ledgerRow } from "../../../test/contract/ledger-row.ts";
import { readAccounts } from "./read-accounts.ts";

const folder = mkdtempSync(join(tmpdir(), "accounts-"));
afterAll(() => rmSync(folder, { recursive: true }));
let made = 0;
const fileOf = (content: unknown) => {
  const path = join(folder, `${made++}.json`);
  writeFileSync(path, JSON.stringify(content));
  return path;
};
const digest = "a".repeat(64);
const account = { id: "team", budgetUsd: 1.5 };
const key = { id: "k1", sha256: digest, account: "team" };

describe("a file of accounts and keys", () => {
  it("is read with its defaults, and with what the ledger says was spent", async () => {
    const ledger = createMemoryStore();
    await ledger.append([
      ledgerRow({ keyId: "k1", accountId: "team", chargeNanoUsd: 70 }),
      ledgerRow({ keyId: "k1", chargeNanoUsd: 5, attempt: 2 }),
      ledgerRow({ keyId: "other", accountId: "others", chargeNanoUsd: 900, attempt: 3 }),
    ]);
    const { accounts, keys } = await readAccounts(fileOf({ accounts: [account], keys: [key] }), ledger, {});
    expect(accounts).toMatchObject([
      { id: "team", budgetNanoUsd: 1_500_000_000, spentNanoUsd: 75, priority: "normal", weight: 1 },
    ]);
    expect(keys).toEqual([{ id: "k1", digest, account: "team", workloads: "*", expiresEpochMs: null }]);
  });

  it("goes on charging an account whose key was exchanged and taken out of the file", async () => {
    const ledger = createMemoryStore();
    await ledger.append([ledgerRow({ keyId: "gone", accountId: "team", chargeNanoUsd: 70 })]);
    const { accounts } = await readAccounts(fileOf({ accounts: [account], keys: [key] }), ledger, {});
    expect(accounts[0]!.spentNanoUsd).toBe(70);
  });

  it("asks for the pepper its keys were made with", async () => {
    const keyed = { id: "k1", hmacSha256: digest, account: "team" };
    const path = fileOf({ accounts: [account], keys: [keyed] });
    await expect(readAccounts(path, createMemoryStore(), {})).rejects.toThrow(/DISPERSE_KEY_PEPPER/);
    await expect(readAccounts(path, createMemoryStore(), { DISPERSE_KEY_PEPPER: "short" })).rejects.toThrow(
      /at least 16/,
    );
  });

  it.each<[string, unknown, RegExp]>([
    ["no lists", {}, /"accounts" must be a list/],
    ["a negative budget", { accounts: [{ ...account, budgetUsd: -1 }], keys: [] }, /budgetUsd/],
    ["a key in plain text", { accounts: [account], keys: [{ ...key, sha256: "sk-secret" }] }, /64 hexadecimal digits/],
    ["a number for a key", { accounts: [account], keys: [7] }, /"keys" 1 must be an object/],
    [
      "a limit by a wrong name",
      { accounts: [{ ...account, rpm: 5 }], keys: [] },
      /unknown field "rpm".*requestsPerMinute/,
    ],
    ["a priority of its own", { accounts: [{ ...account, priority: "vip" }], keys: [] }, /high, normal, low/],
    ["a name that gateways have", { accounts: [{ ...account, id: "gateway:paris" }], keys: [] }, /gateways of a mesh/],
    ["two keys of one name", { accounts: [account], keys: [key, key] }, /two keys "k1"/],
    ["an unknown account", { accounts: [account], keys: [{ ...key, account: "x" }] }, /not listed/],
    ["a date that is none", { accounts: [account], keys: [{ ...key, expires: "soon" }] }, /expires/],
    ["workloads that are none", { accounts: [account], keys: [{ ...key, workloads: 7 }] }, /workloads/],
  ])("is refused with what is wrong: %s", async (_name, content, message) => {
    await expect(readAccounts(fileOf(content), createMemoryStore())).rejects.toThrow(message);
  });
});
