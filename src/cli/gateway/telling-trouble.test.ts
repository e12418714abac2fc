import { expect, it } from "vitest";
import { createMemoryShelf } from "../../adapters/shelf-memory/index.ts";
import { createMemoryStore } from "../../adapters/store-memory/index.ts";
import { tellingLost, tellingTrouble } from "./telling-trouble.ts";

it("says once that the ledger refuses rows, and that it takes them again", async () => {
  let full = true;
  const said: string[] = [];
  const store = createMemoryStore();
  const append: typeof store.append = (rows) =>
    full ? Promise.reject(new Error("the ledger could not be written: database or disk is full")) : store.append(rows);
  const told = tellingTrouble({ ...store, append }, (line) => said.push(line));
  await expect(told.append([])).rejects.toThrow("full");
  await expect(told.append([])).rejects.toThrow("full");
  full = false;
  await told.append([]);
  await told.append([]);
  expect(said).toEqual([
    expect.stringMatching(/^the ledger cannot be written \(database or disk is full\)/),
    "the ledger is written again",
  ]);
});

it("says once that responses cannot be kept, and that they are again", async () => {
  let full = true;
  const said: string[] = [];
  const shelf = createMemoryShelf(1_000);
  const put: typeof shelf.put = (entry, now) =>
    full ? Promise.reject(new Error("the disk is full")) : shelf.put(entry, now);
  const told = tellingLost({ ...shelf, put }, (line) => said.push(line));
  const entry = { owner: "a", name: "b", text: "c", expiresEpochMs: 10 };
  await expect(told.put(entry, 0)).rejects.toThrow("full");
  await expect(told.put(entry, 0)).rejects.toThrow("full");
  full = false;
  expect([await told.put(entry, 0), await told.put(entry, 0), await told.get("a", "b", 0)]).toEqual([true, true, "c"]);
  expect(said).toEqual([
    expect.stringMatching(/^responses cannot be kept \(the disk is full\)/),
    "responses are kept again",
  ]);
});
