import { closeSync, openSync, readSync } from "node:fs";

/** Most that is read of one file: no text anyone plans with is longer, and a device or a pipe may have no end at all. */
const maxBytes = 128 * 2 ** 20;
const chunkBytes = 2 ** 20;

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder",
  EACCES: "this user may not read it",
  EPERM: "this user may not read it",
  ENOTDIR: "a part of the path is no folder",
  ELOOP: "its links lead in a circle",
  ENAMETOOLONG: "the name is too long",
};

/** Reads a file, a pipe or a device as UTF-8 text up to a limit; gives the reason in words when that cannot be done. */
export function readText(path: string): string | { readonly why: string } {
  const chunks: Buffer[] = [];
  let total = 0;
  try {
    const file = openSync(path, "r");
    try {
      for (;;) {
        const chunk = Buffer.allocUnsafe(chunkBytes);
        const size = readSync(file, chunk, 0, chunkBytes, null);
        if (size === 0) break;
        chunks.push(chunk.subarray(0, size));
        total += size;
        if (total > maxBytes) return { why: `it has more than ${maxBytes / 2 ** 20} MiB` };
      }
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    return { why: reasons[code] ?? message };
  }
  return Buffer.concat(chunks, total).toString("utf8");
}
