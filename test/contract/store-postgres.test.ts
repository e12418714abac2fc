import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createPostgresStore,
  readOtherCharges,
  readPostgresRollUps,
  verifyPostgresLedger,
} from "../../src/adapters/store-postgres/index.ts";
import { ledgerRow } from "./ledger-row.ts";
import { postgresBin, startPostgres } from "./postgres-server.ts";
import { storeContract } from "./store.ts";

describe.skipIf(postgresBin === null)("with a PostgreSQL server", () => {
  let server: Awaited<ReturnType<typeof startPostgres>>;
  let made = 0;
  const open = (chain = `chain ${made++}`) => createPostgresStore({ url: server.url, chain });
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(() => server.stop(), 60_000);

  storeContract("store-postgres", async () => open());

  it("holds an attempt once, however often it is handed over, and goes on where it ended", async () => {
    const first = open("again");
    await Promise.all([first.append([ledgerRow()]), first.append([ledgerRow(), ledgerRow({ attempt: 2 })])]);
    await first.close();
    const second = open("again");
    await second.append([ledgerRow({ attempt: 2 }), ledgerRow({ attempt: 3 })]);
    expect((await second.read(0, 10)).map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect((await second.rollUps()).reduce((sum, { attempts }) => sum + attempts, 0)).toBe(3);
    await second.close();
  });

  it("is verified and summed while it is written, and shows a row that was changed", async () => {
    const store = open("north/1");
    await store.append([ledgerRow(), ledgerRow({ attempt: 2 }), ledgerRow({ attempt: 3 })]);
    const verify = () => verifyPostgresLedger(server.url, "north/1");
    expect(await verify()).toMatchObject({ rows: 3, brokenAt: null });
    expect(await readPostgresRollUps(server.url, "north/1")).toEqual(await store.rollUps());
    const client = new pg.Client(server.url);
    await client.connect();
    await client.query("UPDATE disperse_ledger SET row = replace(row, 'town', 'city') WHERE position = 1");
    await client.end();
    expect((await verify()).brokenAt).toBe(1);
    await store.close();
  });

  it("lets nobody else write the same chain, and everybody another one", async () => {
    const [one, rival, other] = [open("mine"), open("mine"), open("yours")];
    await one.append([ledgerRow()]);
    await expect(rival.append([ledgerRow({ attempt: 2 })])).rejects.toThrow(/another process writes the chain "mine"/);
    await other.append([ledgerRow()]);
    await one.close();
    await rival.append([ledgerRow({ attempt: 2 })]);
    expect(await rival.read(0, 10)).toHaveLength(2);
    await Promise.all([rival.close(), other.close()]);
  });

  it("tells what all other chains were charged, by account", async () => {
    const [one, other] = [open("charged/1"), open("charged/2")];
    const before = (await readOtherCharges(server.url, ["charged/1"])).get("shared") ?? 0;
    const charged = (attempt: number, chargeNanoUsd: number) =>
      ledgerRow({ attempt, chargeNanoUsd, accountId: "shared" });
    await one.append([charged(1, 5)]);
    await other.append([charged(1, 7), charged(2, 11), ledgerRow({ attempt: 3, accountId: null })]);
    expect((await readOtherCharges(server.url, ["charged/1"])).get("shared")).toBe(before + 18);
    expect((await readOtherCharges(server.url, ["charged/2"])).get("shared")).toBe(before + 5);
    expect((await readOtherCharges(server.url, ["charged/1", "charged/2"])).get("shared") ?? 0).toBe(before);
    await Promise.all([one.close(), other.close()]);
  });

  it("is begun by several gateways at once", async () => {
    const client = new pg.Client(server.url);
    await client.connect();
    for (let round = 0; round < 5; round++) {
      await client.query(`CREATE DATABASE fresh${round}`);
      const url = new URL(server.url);
      url.pathname = `/fresh${round}`;
      const stores = ["a", "b", "c", "d"].map((chain) => createPostgresStore({ url: url.href, chain }));
      await Promise.all(stores.map((store) => store.append([ledgerRow()])));
      await Promise.all(stores.map((store) => store.close()));
    }
    await client.end();
  });

  it("refuses rows of a server that has fallen silent, ends all the same, and goes on when it speaks again", async () => {
    const store = createPostgresStore({ url: server.url, chain: "silent", answerTimeoutMs: 300 });
    const idle = createPostgresStore({ url: server.url, chain: "idle" });
    await Promise.all([store.append([ledgerRow()]), idle.append([ledgerRow()])]);
    const thaw = server.freeze();
    try {
      await expect(store.append([ledgerRow({ attempt: 2 })])).rejects.toThrow(/timeout/);
      await idle.close();
    } finally {
      thaw();
    }
    for (let isTaken = false; !isTaken;) {
      isTaken = await store.append([ledgerRow({ attempt: 2 })]).then(
        () => true,
        () => false,
      );
    }
    expect((await store.read(0, 10)).map(({ attempt }) => attempt)).toEqual([1, 2]);
    await store.close();
  });

  it("takes rows again after the server was away, none lost and none doubled", async () => {
    const store = open("cut");
    await store.append([ledgerRow()]);
    const cut = store.append([ledgerRow({ attempt: 2 })]);
    const restarted = server.restart();
    const early = await cut.then(
      () => true,
      () => false,
    );
    await restarted;
    const again = async () => {
      for (;;) {
        try {
          return await store.append([ledgerRow({ attempt: 2 }), ledgerRow({ attempt: 3 })]);
        } catch {
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
    };
    await again();
    expect(typeof early).toBe("boolean");
    expect((await store.read(0, 10)).map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    await store.close();
  });
});
