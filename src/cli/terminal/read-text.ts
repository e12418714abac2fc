import { closeSync, openSync, readSync } from "node:fs";
import { fileFault } from "./file-errors.ts";

/** Most that is read of a file of a scenario: no text anyone plans with is longer. */
const maxBytes = 128 * 2 ** 20;
const chunkBytes = 2 ** 20;

/**
 * Reads a file, a pipe or a device as UTF-8 text up to a limit; gives the reason in words when that cannot be done.
 *
 * @param limitBytes Most that is read; a device or a pipe may have no end at all.
 */
export function readText(path: string, limitBytes = maxBytes): string | { readonly why: string } {
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
        if (total > limitBytes) return { why: `it has more than ${limitBytes / 2 ** 20} MiB` };
      }
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return { why: fileFault(error) };
  }
  return Buffer.concat(chunks, total).toString("utf8");
}
