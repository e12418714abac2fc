import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runs } from "../../../test/laws/runs.ts";
import { Accounts } from "./accounts.ts";
import type { Account, KeyRecord } from "./account.ts";
import { noAllowance, type Allowance } from "./allowance.ts";

const key: KeyRecord = { id: "key_1", digest: "d", account: "team", workloads: "*", expiresEpochMs: null };

/** Gateways that keep the limits of one account together; each is given an equal part of the budget, as workers are. */
function together(parts: number, limits: Partial<Account>, nowMs = () => 0) {
  const { budgetNanoUsd = null } = limits;
  const account: Account = {
    id: "team",
    spentNanoUsd: 0,
    requestsPerMinute: null,
    tokensPerMinute: null,
    budgetNanoUsd,
  };
  const part = budgetNanoUsd === null ? null : Math.floor(budgetNanoUsd / parts);
  const all = Array.from({ length: parts }, (_, index) => {
    const accounts = [{ ...account, ...limits, budgetNanoUsd: part }];
    return new Accounts({ accounts, keys: [key], digests: () => [], parts, part: index + 1 }, 0);
  });
  for (const [index, one] of all.entries()) {
    one.shareWith(async (lacking) => {
      const given = all.filter((_, other) => other !== index).map((other) => other.give(lacking, nowMs()));
      return given.reduce(
        (sum: Allowance, { nanoUsd, places, requests, tokens }) => ({
          account: "team",
          nanoUsd: sum.nanoUsd + nanoUsd,
          places: sum.places + places,
          requests: sum.requests + requests,
          tokens: sum.tokens + tokens,
        }),
        noAllowance("team"),
      );
    });
  }
  /** As the front door asks: for what is lacking, at most three times. */
  const reserve = async (at: number, nanoUsd: number, tokens: number) => {
    for (let round = 0; ; round++) {
      const reserved = all[at]!.reserve(key, "chat", nanoUsd, tokens, nowMs());
      const more = reserved.ok || round === 3 || !reserved.lacking ? null : all[at]!.seek(reserved.lacking, nowMs());
      if (more === null) return reserved;
      await more;
    }
  };
  const standing = () =>
    all.reduce((sum, one) => {
      const { spentNanoUsd, reservedNanoUsd } = one.standing("team")!;
      return sum + spentNanoUsd + reservedNanoUsd;
    }, 0);
  return { all, reserve, standing };
}

describe("gateways that keep limits together", () => {
  it("spend the whole budget wherever its requests come in, and not a nano-dollar more", async () => {
    const { reserve, standing } = together(4, { budgetNanoUsd: 1_000 });
    for (let request = 0; request < 10; request++) expect((await reserve(0, 100, 0)).ok).toBe(true);
    expect(standing()).toBe(1_000);
    for (const at of [0, 1, 2, 3]) expect((await reserve(at, 1, 0)).ok).toBe(false);
  });

  it("bear together, and once, what others have charged who do not keep the limits with them", async () => {
    const { all, reserve, standing } = together(4, { budgetNanoUsd: 1_000 });
    for (const one of all) one.chargedElsewhere(new Map([["team", 600]]));
    expect((await reserve(2, 400, 0)).ok).toBe(true);
    for (const at of [0, 1, 2, 3]) expect((await reserve(at, 1, 0)).ok).toBe(false);
    expect(standing()).toBe(400);
  });

  it("let as many requests in flight as one would, and count those that are over for whoever comes next", async () => {
    const { all, reserve } = together(4, { maxInFlight: 3 });
    const running = [await reserve(3, 0, 0), await reserve(3, 0, 0), await reserve(0, 0, 0)];
    expect(running.map(({ ok }) => ok)).toEqual([true, true, true]);
    expect((await reserve(1, 0, 0)).ok).toBe(false);
    for (const [index, at] of [3, 3, 0].entries()) {
      const one = running[index]!;
      if (one.ok) all[at]!.settle(one.reservation, { nanoUsd: 0, tokens: 0 });
    }
  });

  it("let a minute's worth through wherever it comes in, and refill together as one", async () => {
    let nowMs = 0;
    const { reserve } = together(4, { requestsPerMinute: 8 }, () => nowMs);
    const served = async (at: number) => {
      let count = 0;
      while ((await reserve(at, 0, 0)).ok) count++;
      return count;
    };
    expect(await served(2)).toBe(8);
    nowMs = 60_000;
    expect(await served(1)).toBe(8);
    nowMs = 90_000;
    expect(await served(0)).toBe(4);
  });

  it("do not shut out a request larger than the part of one", async () => {
    const { reserve } = together(4, { tokensPerMinute: 100 });
    expect((await reserve(0, 0, 90)).ok).toBe(true);
    expect((await reserve(1, 0, 90)).ok).toBe(false);
  });

  it("never exceed the budget nor the places together, whoever asks, gives and ends in whatever order", async () => {
    const step = fc.record({
      at: fc.nat(2),
      nanoUsd: fc.integer({ min: 0, max: 300 }),
      used: fc.double({ min: 0, max: 1, noNaN: true }),
      settle: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { all, reserve, standing } = together(3, { budgetNanoUsd: 1_000, maxInFlight: 5 });
        const running: (() => void)[] = [];
        for (const { at, nanoUsd, used, settle } of steps) {
          const reserved = await reserve(at, nanoUsd, 0);
          if (reserved.ok)
            running.push(() =>
              all[at]!.settle(reserved.reservation, { nanoUsd: Math.floor(nanoUsd * used), tokens: 0 }),
            );
          if (settle) running.shift()?.();
          expect(standing()).toBeLessThanOrEqual(1_000);
          expect(running.length).toBeLessThanOrEqual(5);
        }
      }),
      { numRuns: runs(200) },
    );
  });

  it("are not asked again at once when they had nothing", async () => {
    let asked = 0;
    const accounts = new Accounts(
      {
        accounts: [{ id: "team", budgetNanoUsd: 0, spentNanoUsd: 0, requestsPerMinute: null, tokensPerMinute: null }],
        keys: [key],
        digests: () => [],
        parts: 2,
      },
      0,
    );
    accounts.shareWith(async (lacking) => {
      asked++;
      return noAllowance(lacking.account);
    });
    const lacking = { ...noAllowance("team"), nanoUsd: 5 };
    expect(await accounts.seek(lacking, 0)).toBe(false);
    expect(accounts.seek(lacking, 100)).toBeNull();
    expect(await accounts.seek(lacking, 1_000)).toBe(false);
    expect(asked).toBe(2);
  });
});
