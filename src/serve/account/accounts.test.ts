import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Accounts } from "./accounts.ts";
import type { Account, KeyRecord } from "./account.ts";

const sha256 = (text: string) => `hash of ${text}`;
const account: Account = {
  id: "team",
  budgetNanoUsd: 1_000,
  spentNanoUsd: 0,
  requestsPerMinute: null,
  tokensPerMinute: null,
};
const record: KeyRecord = {
  id: "key_1",
  digest: sha256("secret"),
  account: "team",
  workloads: ["chat"],
  expiresEpochMs: 500,
};
const accountsOf = (fields: Partial<Account> = {}, keys: readonly KeyRecord[] = [record]) =>
  new Accounts({ accounts: [{ ...account, ...fields }], keys, digests: (secret: string) => [sha256(secret)] }, 0);

describe("keys", () => {
  it("are found by their hash, whatever the spelling of the scheme", () => {
    for (const header of ["Bearer secret", "bearer  secret "]) {
      expect(accountsOf().authenticate(header, 0)).toMatchObject({ ok: true, key: { id: "key_1" } });
    }
  });

  it.each([undefined, "", "Bearer", "Bearer wrong", "Basic secret", "secret", "Bearer secret secret"])(
    "are missed in %j",
    (header) => {
      expect(accountsOf().authenticate(header, 0)).toMatchObject({ ok: false, error: { status: 401 } });
    },
  );

  it("expire, and need an account", () => {
    expect(accountsOf().authenticate("Bearer secret", 499).ok).toBe(true);
    expect(accountsOf().authenticate("Bearer secret", 500).ok).toBe(false);
    expect(accountsOf({}, [{ ...record, account: "nobody" }]).authenticate("Bearer secret", 0).ok).toBe(false);
  });

  it("open only the workloads they name", () => {
    expect(accountsOf().reserve(record, "chat", 1, 1, 0).ok).toBe(true);
    expect(accountsOf().reserve(record, "other", 1, 1, 0)).toMatchObject({ ok: false, error: { status: 403 } });
    expect(accountsOf().reserve({ ...record, workloads: "*" }, "other", 1, 1, 0).ok).toBe(true);
  });

  it("are not asked for where there are none", () => {
    const open = new Accounts(null, 0);
    expect(open.authenticate(undefined, 0)).toEqual({ ok: true, key: null });
    expect(open.reserve(null, "chat", 1e12, 1e12, 0).ok).toBe(true);
  });
});

describe("budgets", () => {
  it("are never exceeded by requests running side by side that stay within their reservation", () => {
    const step = fc.record({
      reserve: fc.integer({ min: 0, max: 400 }),
      used: fc.double({ min: 0, max: 1, noNaN: true }),
      settle: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const accounts = accountsOf();
        const running: { reservation: Parameters<Accounts["settle"]>[0]; nanoUsd: number }[] = [];
        for (const { reserve, used, settle } of steps) {
          const reserved = accounts.reserve(record, "chat", reserve, 0, 0);
          if (reserved.ok) running.push({ reservation: reserved.reservation, nanoUsd: Math.floor(reserve * used) });
          if (settle) {
            const over = running.shift();
            if (over) accounts.settle(over.reservation, { nanoUsd: over.nanoUsd, tokens: 0 });
          }
          const { spentNanoUsd, reservedNanoUsd } = accounts.standing("team")!;
          expect(spentNanoUsd + reservedNanoUsd).toBeLessThanOrEqual(1_000);
        }
        for (const over of running) accounts.settle(over.reservation, { nanoUsd: over.nanoUsd, tokens: 0 });
        expect(accounts.standing("team")!.reservedNanoUsd).toBe(0);
      }),
    );
  });

  it("count what was spent before", () => {
    expect(accountsOf({ spentNanoUsd: 999 }).reserve(record, "chat", 2, 0, 0)).toMatchObject({
      ok: false,
      error: { code: "insufficient_quota" },
    });
  });
});

describe("rate limits", () => {
  it("let a minute's worth through at once and say when the next may come", () => {
    const accounts = accountsOf({ requestsPerMinute: 2 });
    const ask = (nowMs: number) => accounts.reserve(record, "chat", 0, 0, nowMs);
    expect([ask(0).ok, ask(0).ok]).toEqual([true, true]);
    expect(ask(0)).toMatchObject({ ok: false, error: { code: "rate_limit_exceeded", retryAfterMs: 30_000 } });
    expect([ask(29_000).ok, ask(30_000).ok, ask(30_000).ok]).toEqual([false, true, false]);
  });

  it("count tokens as used, not as feared", () => {
    const accounts = accountsOf({ tokensPerMinute: 100 });
    const first = accounts.reserve(record, "chat", 0, 90, 0);
    expect(accounts.reserve(record, "chat", 0, 20, 0).ok).toBe(false);
    if (first.ok) accounts.settle(first.reservation, { nanoUsd: 0, tokens: 10 });
    expect(accounts.reserve(record, "chat", 0, 20, 0).ok).toBe(true);
  });

  it("do not shut out a request larger than the whole limit for ever", () => {
    expect(accountsOf({ tokensPerMinute: 100 }).reserve(record, "chat", 0, 5_000, 0).ok).toBe(true);
  });
});

describe("other settings", () => {
  it("keep what was spent and reserved, and settle requests that began before", () => {
    const accounts = accountsOf();
    const before = accounts.reserve(record, "chat", 600, 0, 0);
    accounts.replace(
      {
        accounts: [{ ...account, budgetNanoUsd: 700 }],
        keys: [{ ...record, digest: sha256("new") }],
        digests: (secret: string) => [sha256(secret)],
      },
      0,
    );
    expect(accounts.authenticate("Bearer secret", 0).ok).toBe(false);
    expect(accounts.authenticate("Bearer new", 0).ok).toBe(true);
    expect(accounts.reserve(record, "chat", 200, 0, 0).ok).toBe(false);
    if (before.ok) accounts.settle(before.reservation, { nanoUsd: 300, tokens: 0 });
    expect(accounts.standing("team")).toEqual({ spentNanoUsd: 300, reservedNanoUsd: 0 });
    expect(accounts.reserve(record, "chat", 400, 0, 0).ok).toBe(true);
  });
});
