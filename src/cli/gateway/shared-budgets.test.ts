import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Accounts } from "../../serve/index.ts";
import { shareBudgets } from "./shared-budgets.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("a budget is one for all gateways of a database, also after a reload and while the database is away", async () => {
  const limits = { requestsPerMinute: null, tokensPerMinute: null };
  const key = { id: "key-1", digest: "d", account: "team", workloads: "*" as const, expiresEpochMs: null };
  const accounts = [{ id: "team", budgetNanoUsd: 1_000, spentNanoUsd: 100, ...limits }];
  const settings = { keys: [key], accounts, digests: () => ["d"] };
  const own = new Accounts(settings, 0);
  const canTake = (nanoUsd: number) => {
    const reserved = own.reserve(key, "chat", nanoUsd, 1, 0);
    if (reserved.ok) own.settle(reserved.reservation, { nanoUsd: 0, tokens: 0 });
    return reserved.ok;
  };
  let elsewhere: number | null = 300;
  const charges = async () => {
    if (elsewhere === null) throw new Error("away");
    return new Map([["team", elsewhere]]);
  };
  const leave = await shareBudgets(own, charges);
  expect([canTake(600), canTake(601)]).toEqual([true, false]);
  elsewhere = null;
  await vi.advanceTimersByTimeAsync(10_000);
  own.replace(settings, 0);
  expect([canTake(600), canTake(601)]).toEqual([true, false]);
  elsewhere = 900;
  await vi.advanceTimersByTimeAsync(10_000);
  expect([canTake(0), canTake(1)]).toEqual([true, false]);
  leave();
  elsewhere = 0;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(canTake(1)).toBe(false);
  await expect(shareBudgets(own, async () => Promise.reject(new Error("away")))).rejects.toThrow("away");
});
