import { hash } from "node:crypto";
import { mkdtempSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, describe, expect, it } from "vitest";
import { createSqliteStore, verifyLedger } from "../../src/adapters/store-sqlite/index.ts";
import { ledgerRow } from "./ledger-row.ts";
import { storeContract } from "./store.ts";

const folder = mkdtempSync(join(tmpdir(), "ledger-"));
afterAll(() => rmSync(folder, { recursive: true }));
let made = 0;
const newPath = () => join(folder, `${made++}.db`);

storeContract("store-sqlite", async () => createSqliteStore(newPath()));

describe("the ledger file", () => {
  const fill = async (path: string, from: number, to: number) => {
    const store = createSqliteStore(path);
    for (let index = from; index < to; index++) await store.append([ledgerRow({ requestId: `req_${index}` })]);
    await store.close();
  };

  it("goes on where it ended", async () => {
    const path = newPath();
    await fill(path, 0, 3);
    await fill(path, 3, 5);
    const store = createSqliteStore(path);
    expect((await store.read(0, 10)).map((row) => row.requestId)).toEqual([
      "req_0",
      "req_1",
      "req_2",
      "req_3",
      "req_4",
    ]);
    await store.close();
    expect(verifyLedger(path)).toMatchObject({ rows: 5, brokenAt: null });
  });

  it("goes on as one that was written when every row was stored whole, with columns of its own and no sums", async () => {
    const path = newPath();
    const database = new DatabaseSync(path);
    database.exec(
      "CREATE TABLE ledger (position INTEGER PRIMARY KEY, row TEXT NOT NULL, hash TEXT NOT NULL, attempt TEXT NOT NULL UNIQUE) STRICT",
    );
    let link = "0".repeat(64);
    const whole = Array.from({ length: 40 }, (_, index) => {
      const { areaCountry: _later, ...earlier } = ledgerRow({ requestId: `req_${index}`, durationMs: index / 7 });
      const row = JSON.stringify(earlier);
      link = hash("sha256", `${link}\n${row}`);
      database.prepare("INSERT INTO ledger VALUES (?, ?, ?, ?)").run(index, row, link, `req_${index} 1`);
      return earlier;
    });
    database.close();
    expect(verifyLedger(path)).toMatchObject({ rows: 40, head: link, brokenAt: null });
    await fill(path, 38, 60);
    const store = createSqliteStore(path);
    const rows = await store.read(0, 100);
    expect(rows.slice(0, 40)).toEqual(whole);
    expect(rows.slice(40)).toEqual(
      Array.from({ length: 20 }, (_, index) => ledgerRow({ requestId: `req_${40 + index}` })),
    );
    expect((await store.rollUps()).reduce((sum, { attempts }) => sum + attempts, 0)).toBe(60);
    await store.close();
    expect(verifyLedger(path)).toMatchObject({ rows: 60, brokenAt: null });
  });

  it("takes no rows while it is not in its place, where they would be found by nobody, and goes on once it is back", async () => {
    const path = newPath();
    const store = createSqliteStore(path);
    await store.append([ledgerRow()]);
    renameSync(path, `${path}.moved`);
    await expect(store.append([ledgerRow({ attempt: 2 })])).rejects.toThrow(/moved, removed or exchanged/);
    renameSync(`${path}.moved`, path);
    await store.append([ledgerRow({ attempt: 2 })]);
    await store.close();
    expect(verifyLedger(path)).toMatchObject({ rows: 2, brokenAt: null });
  });

  it("holds an attempt once, however often it is handed over", async () => {
    const path = newPath();
    const store = createSqliteStore(path);
    await Promise.all([store.append([ledgerRow()]), store.append([ledgerRow(), ledgerRow({ attempt: 2 })])]);
    expect(await store.read(0, 10)).toHaveLength(2);
    await store.close();
  });

  it("makes sums anew when they are missing, and adds to those there are", async () => {
    const path = newPath();
    await fill(path, 0, 3);
    const database = new DatabaseSync(path);
    database.exec("DROP TABLE roll_up; DROP TABLE rolled_up_to");
    database.close();
    await fill(path, 2, 5);
    const store = createSqliteStore(path);
    const [sums, ...others] = await store.rollUps();
    await store.close();
    expect(others).toEqual([]);
    expect(sums).toMatchObject({ attempts: 5, inputTokens: 50, chargeNanoUsd: 5 * ledgerRow().chargeNanoUsd });
  });

  it.each([
    ["changed", "UPDATE ledger SET row = replace(row, '123456789', '123456780') WHERE position = 2", 2],
    ["removed", "DELETE FROM ledger WHERE position = 1", 1],
    ["given another hash", "UPDATE ledger SET hash = 'x' WHERE position = 0", 0],
  ])("shows that a row was %s", async (_name, statement, at) => {
    const path = newPath();
    await fill(path, 0, 4);
    const database = new DatabaseSync(path);
    database.exec(statement);
    database.close();
    expect(verifyLedger(path).brokenAt).toBe(at);
  });

  it("is written by one process at a time, and read by any", async () => {
    const path = newPath();
    const first = createSqliteStore(path);
    await first.append([ledgerRow()]);
    const second = createSqliteStore(path);
    await expect(second.append([ledgerRow({ requestId: "req_2" })])).rejects.toThrow("another process writes");
    await second.close();
    const link = newPath();
    symlinkSync(path, link);
    const byAnotherName = createSqliteStore(link);
    await expect(byAnotherName.append([ledgerRow({ requestId: "req_3" })])).rejects.toThrow("another process writes");
    await byAnotherName.close();
    expect(verifyLedger(path)).toMatchObject({ rows: 1, brokenAt: null });
    await first.close();
    await fill(path, 5, 6);
    expect(verifyLedger(path)).toMatchObject({ rows: 2, brokenAt: null });
  });

  it("says so when it cannot be opened", async () => {
    const store = createSqliteStore(join(folder, "absent", "ledger.db"));
    await expect(store.append([ledgerRow()])).rejects.toThrow();
    await store.close();
  });
});
