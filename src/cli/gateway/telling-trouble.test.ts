import { expect, it } from "vitest";
import { createMemoryStore } from "../../adapters/store-memory/index.ts";
import { tellingTrouble } from "./telling-trouble.ts";

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
