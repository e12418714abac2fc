import { describe, expect, it } from "vitest";
import type { RollUps, Store } from "../../src/serve/index.ts";
import { ledgerRow } from "./ledger-row.ts";

/** What every ledger store owes the gateway. */
export function storeContract(name: string, open: () => Promise<Store & RollUps>): void {
  const withStore = async (test: (store: Store & RollUps) => Promise<void>) => {
    const store = await open();
    try {
      await test(store);
    } finally {
      await store.close();
    }
  };

  describe(`store contract: ${name}`, () => {
    it("gives rows back exactly, in the order they were taken", () =>
      withStore(async (store) => {
        const rows = [
          ledgerRow(),
          ledgerRow({ requestId: "req_2", keyId: "key_1", ttftMs: null, emulated: false, outcome: "client-left" }),
          ledgerRow({ requestId: "req_3", chargeNanoUsd: Number.MAX_SAFE_INTEGER, rule: 'Übung; "quoted"' }),
        ];
        await Promise.all([store.append(rows.slice(0, 1)), store.append(rows.slice(1))]);
        expect(await store.read(0, 10)).toEqual(rows);
        expect(await store.read(1, 1)).toEqual(rows.slice(1, 2));
        expect(await store.read(3, 10)).toEqual([]);
      }));

    it("takes no rows and many rows", () =>
      withStore(async (store) => {
        await store.append([]);
        const rows = Array.from({ length: 5_000 }, (_, index) => ledgerRow({ requestId: `req_${index}` }));
        await Promise.all(
          Array.from({ length: 50 }, (_, part) => store.append(rows.slice(part * 100, part * 100 + 100))),
        );
        expect(await store.read(0, 10_000)).toEqual(rows);
      }));

    it("sums rows by hour and everything that is reported by", () =>
      withStore(async (store) => {
        const later = ledgerRow().epochMs + 3_600_000;
        await store.append([ledgerRow({ requestId: "late", epochMs: later, accountId: "team" })]);
        await store.append([ledgerRow(), ledgerRow({ attempt: 2 }), ledgerRow({ attempt: 3, site: "other" })]);
        await store.append([ledgerRow({ attempt: 4, chargeNanoUsd: 0, outcome: "superseded" })]);
        const sums = await store.rollUps();
        expect(sums.map(({ site, outcome, attempts }) => `${site} ${outcome} ${attempts}`).sort()).toEqual([
          "edge served 1",
          "edge served 2",
          "edge superseded 1",
          "other served 1",
        ]);
        expect(sums.at(-1)).toMatchObject({ accountId: "team", hourEpochMs: later - (later % 3_600_000) });
        expect(sums.find(({ attempts }) => attempts === 2)).toMatchObject({
          inputTokens: 20,
          outputTokens: 10,
          chargedTokens: 30,
          chargeNanoUsd: 246_913_578,
          responseBytes: 2_000,
        });
        expect(sums.find(({ outcome }) => outcome === "superseded")).toMatchObject({
          chargedTokens: 0,
          chargeNanoUsd: 0,
        });
      }));

    it("keeps what it took apart from what the caller does with the list afterwards", () =>
      withStore(async (store) => {
        const rows = [ledgerRow()];
        await store.append(rows);
        rows.length = 0;
        expect(await store.read(0, 10)).toHaveLength(1);
      }));
  });
}
