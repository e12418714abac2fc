import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createSqliteShelf } from "../../src/adapters/shelf-sqlite/index.ts";
import { shelfContract } from "./shelf.ts";

const folder = mkdtempSync(join(tmpdir(), "shelf-"));
afterAll(() => rmSync(folder, { recursive: true }));
let made = 0;

shelfContract("shelf-sqlite", (maxBytes) => {
  const shelf = createSqliteShelf(join(folder, `${made++}.db`), maxBytes);
  return { shelf, close: () => shelf.close() };
});

describe("shelf-sqlite", () => {
  const entry = { owner: "one", name: "a", text: "kept", expiresEpochMs: 4_000_000_000_000 };

  it("keeps texts across processes, in a file for its owner's eyes alone", async () => {
    const path = join(folder, "kept.db");
    const first = createSqliteShelf(path, 1e6);
    await first.put(entry, 0);
    const beside = createSqliteShelf(path, 1e6);
    expect(await beside.get("one", "a", 0)).toBe("kept");
    await first.close();
    await beside.close();
    const again = createSqliteShelf(path, 1e6);
    expect(await again.get("one", "a", 0)).toBe("kept");
    await again.close();
    expect(statSync(path).mode & 0o077).toBe(0);
  });

  it("says why a file cannot be used", async () => {
    const shelf = createSqliteShelf(join(folder, "no", "such", "folder.db"), 1e6);
    await expect(shelf.opened).rejects.toThrow();
    await expect(shelf.put(entry, 0)).rejects.toThrow();
    await shelf.close();
  });
});
