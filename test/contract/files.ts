import { describe, expect, it } from "vitest";
import type { FileStore } from "../../src/serve/index.ts";

/** What every file store owes the gateway. `reopen` gives a store over the same files, as after a restart. */
export function filesContract(
  name: string,
  open: () => { store: FileStore; reopen: () => FileStore; close(): void },
): void {
  const withStore = async (test: (store: FileStore, reopen: () => FileStore) => Promise<void>) => {
    const opened = open();
    try {
      await test(opened.store, opened.reopen);
    } finally {
      opened.close();
    }
  };
  const everyByte = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("");

  describe(`file store contract: ${name}`, () => {
    it("gives back every byte, in the order in which pieces were added", () =>
      withStore(async (store, reopen) => {
        await store.append("file-1.data", everyByte);
        await store.append("file-1.data", "more");
        expect(await store.read("file-1.data")).toBe(`${everyByte}more`);
        expect(await reopen().read("file-1.data")).toBe(`${everyByte}more`);
      }));

    it("knows no file before its first bytes and after its removal", () =>
      withStore(async (store) => {
        expect(await store.read("file-2.data")).toBeNull();
        await store.remove("file-2.data");
        await store.append("file-2.data", "");
        expect(await store.read("file-2.data")).toBe("");
        await store.remove("file-2.data");
        expect(await store.read("file-2.data")).toBeNull();
      }));

    it("gives any part of a file, as much of it as there is", () =>
      withStore(async (store) => {
        await store.append("file-3.data", everyByte);
        expect(await store.read("file-3.data", 100, 50)).toBe(everyByte.slice(100, 150));
        expect(await store.read("file-3.data", 250, 50)).toBe(everyByte.slice(250));
        expect(await store.read("file-3.data", 256, 50)).toBe("");
        expect(await store.read("file-3.data", 9_999, 50)).toBe("");
        expect(await store.read("file-3.data", 200)).toBe(everyByte.slice(200));
        expect(await store.read("file-4.data", 0, 50)).toBeNull();
      }));

    it("keeps files apart", () =>
      withStore(async (store) => {
        await Promise.all(Array.from({ length: 20 }, (_, index) => store.append(`file-${index}.data`, `${index}`)));
        for (let index = 0; index < 20; index++) expect(await store.read(`file-${index}.data`)).toBe(`${index}`);
      }));
  });
}
