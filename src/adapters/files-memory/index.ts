import type { ByteText, FileStore } from "../../serve/index.ts";

/** Keeps files as long as the process lives. */
export function createMemoryFiles(): FileStore {
  const files = new Map<string, ByteText>();
  return {
    async append(name, bytes) {
      files.set(name, (files.get(name) ?? "") + bytes);
    },
    read: async (name, from = 0, bytes = Number.POSITIVE_INFINITY) =>
      files.get(name)?.slice(from, from + bytes) ?? null,
    async remove(name) {
      files.delete(name);
    },
  } satisfies FileStore;
}
