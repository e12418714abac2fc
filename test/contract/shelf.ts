import { describe, expect, it } from "vitest";
import type { Shelf } from "../../src/serve/index.ts";

/** What every shelf owes the gateway. `open` gives an empty one with room for about `maxBytes`. */
export function shelfContract(
  name: string,
  open: (maxBytes: number) => { readonly shelf: Shelf; readonly close: () => Promise<void> },
): void {
  const withShelf = async (maxBytes: number, test: (shelf: Shelf) => Promise<void>) => {
    const opened = open(maxBytes);
    try {
      await test(opened.shelf);
    } finally {
      await opened.close();
    }
  };
  const later = 4_000_000_000_000;
  const put = (shelf: Shelf, owner: string, entry: string, text: string, expiresEpochMs = later) =>
    shelf.put({ owner, name: entry, text, expiresEpochMs }, 0);

  describe(`shelf contract: ${name}`, () => {
    it("gives a text back to its owner alone, and the latest of one name", () =>
      withShelf(1e6, async (shelf) => {
        await put(shelf, "one", "a", "first");
        await put(shelf, "two", "a", "other's");
        await put(shelf, "one", "a", "second Ω \u{1F600}");
        expect(await shelf.get("one", "a", 0)).toBe("second Ω \u{1F600}");
        expect(await shelf.get("two", "a", 0)).toBe("other's");
        expect(await shelf.get("three", "a", 0)).toBeNull();
        expect(await shelf.get("one", "b", 0)).toBeNull();
      }));

    it("puts texts behind each other, whole and in order, where there is something to go behind", () =>
      withShelf(1e6, async (shelf) => {
        const add = (text: string, epochMs = 0) =>
          shelf.put({ owner: "one", name: "log", text, expiresEpochMs: 1_000, behind: true }, epochMs);
        expect(await add("nothing there")).toBe(false);
        expect(await shelf.get("one", "log", 0)).toBeNull();
        expect(await put(shelf, "one", "log", "begin", 500)).toBe(true);
        const texts = Array.from({ length: 20 }, (_, index) => `|${index} Ω`);
        expect(await Promise.all(texts.map((text) => add(text)))).toEqual(texts.map(() => true));
        expect(await shelf.get("one", "log", 999)).toBe(`begin${texts.join("")}`);
        expect(await add("too late", 1_000)).toBe(false);
      }));

    it("forgets what is removed or has expired", () =>
      withShelf(1e6, async (shelf) => {
        await put(shelf, "one", "a", "text", 1_000);
        expect(await shelf.get("one", "a", 999)).toBe("text");
        expect(await shelf.get("one", "a", 1_000)).toBeNull();
        await put(shelf, "one", "b", "text");
        expect(await shelf.remove("two", "b")).toBe(false);
        expect(await shelf.remove("one", "b")).toBe(true);
        expect(await shelf.remove("one", "b")).toBe(false);
        expect(await shelf.get("one", "b", 0)).toBeNull();
      }));

    it("stays within its room, at the cost of whoever holds most", () =>
      withShelf(100_000, async (shelf) => {
        await put(shelf, "small", "a", "x".repeat(1_000));
        for (let index = 0; index < 400; index++) await put(shelf, "large", `${index}`, "y".repeat(1_000));
        expect(await shelf.get("small", "a", 0)).not.toBeNull();
        let left = 0;
        for (let index = 0; index < 400; index++) if ((await shelf.get("large", `${index}`, 0)) !== null) left++;
        expect(left).toBeGreaterThan(20);
        expect(left).toBeLessThan(110);
        expect(await shelf.get("large", "399", 0)).not.toBeNull();
        expect(await shelf.get("large", "0", 0)).toBeNull();
      }));
  });
}
