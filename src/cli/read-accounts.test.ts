import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createMemoryStore } from "../adapters/store-memory/index.ts";
import { ledgerRow } from "../../test/contract/store.ts";
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
      ledgerRow({ keyId: "k1", chargeNanoUsd: 70 }),
      ledgerRow({ keyId: "k1", chargeNanoUsd: 5, attempt: 2 }),
      ledgerRow({ keyId: "other", chargeNanoUsd: 900, attempt: 3 }),
    ]);
    const { accounts, keys } = await readAccounts(fileOf({ accounts: [account], keys: [key] }), ledger);
    expect(accounts).toEqual([
      { id: "team", budgetNanoUsd: 1_500_000_000, spentNanoUsd: 75, requestsPerMinute: null, tokensPerMinute: null },
    ]);
    expect(keys).toEqual([{ id: "k1", sha256: digest, account: "team", workloads: "*", expiresEpochMs: null }]);
  });

  it.each<[string, unknown, RegExp]>([
    ["no lists", {}, /"accounts" must be a list/],
    ["a negative budget", { accounts: [{ ...account, budgetUsd: -1 }], keys: [] }, /budgetUsd/],
    ["a key in plain text", { accounts: [account], keys: [{ ...key, sha256: "sk-secret" }] }, /64 hexadecimal digits/],
    ["an unknown account", { accounts: [account], keys: [{ ...key, account: "x" }] }, /not listed/],
    ["a date that is none", { accounts: [account], keys: [{ ...key, expires: "soon" }] }, /expires/],
    ["workloads that are none", { accounts: [account], keys: [{ ...key, workloads: 7 }] }, /workloads/],
  ])("is refused with what is wrong: %s", async (_name, content, message) => {
    await expect(readAccounts(fileOf(content), createMemoryStore())).rejects.toThrow(message);
  });
});
