import { open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { FileStore } from "../../serve/index.ts";
import { makeFolder } from "./make-folder.ts";

export { lockFolder } from "./lock-folder.ts";
export { makeFolder } from "./make-folder.ts";

/** What is written at a time. */
const pieceBytes = 256 * 1024;

/** Keeps files in a folder, readable by its owner alone. Throws when the folder cannot be made. */
export function createNodeFiles(folder: string): FileStore {
  makeFolder(folder, 0o700);
  const at = (name: string) => {
    // Names are the gateway's own; anything else is a defect that must not reach the disk.
    if (!/^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/.test(name)) throw new Error("not a name of a file");
    return join(folder, name);
  };
  const isAbsent = (error: unknown) => (error as NodeJS.ErrnoException).code === "ENOENT";
  return {
    async append(name, bytes) {
      const file = await open(at(name), "a", 0o600);
      // One piece after the other through the same buffer, which is given back at once: many copies would wait for the
      // collector together.
      const buffer = Buffer.allocUnsafeSlow(Math.min(bytes.length, pieceBytes));
      try {
        for (let at = 0; at < bytes.length; at += pieceBytes) {
          const filled = buffer.write(bytes.slice(at, at + pieceBytes), "latin1");
          for (let sent = 0; sent < filled;) {
            const { bytesWritten } = await file.write(buffer, sent, filled - sent);
            sent += bytesWritten;
          }
        }
        // Settled means safe: what was acknowledged survives a power cut.
        await file.sync();
      } finally {
        (buffer.buffer as ArrayBuffer).transfer(0);
        await file.close();
      }
    },
    async read(name, from = 0, bytes) {
      try {
        if (bytes === undefined && from === 0) return await readFile(at(name), "latin1");
        await using file = await open(at(name), "r");
        const wanted = bytes ?? Math.max(0, (await file.stat()).size - from);
        const buffer = Buffer.allocUnsafe(wanted);
        let filled = 0;
        while (filled < wanted) {
          const { bytesRead } = await file.read(buffer, filled, wanted - filled, from + filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        return buffer.toString("latin1", 0, filled);
      } catch (error) {
        if (isAbsent(error)) return null;
        throw error;
      }
    },
    async remove(name) {
      await rm(at(name), { force: true });
    },
  } satisfies FileStore;
}
