import { closeSync, openSync, readSync } from "node:fs";
import { fileFault } from "./file-errors.ts";

/** Most that is read of a file of a scenario: no text anyone plans with is longer. */
const maxBytes = 128 * 2 ** 20;
const chunkBytes = 2 ** 20;
const waitMs = 20;

/** What came on standard input: it can be read only once, and several readers may want it. */
let standardInput: string | { readonly why: string } | null = null;

/**
 * Reads a file, a pipe or a device as UTF-8 text up to a limit; gives the reason in words when that cannot be done. `-` is standard input.
 *
 * @param limitBytes Most that is read; a device or a pipe may have no end at all.
 */
export function readText(path: string, limitBytes = maxBytes): string | { readonly why: string } {
  if (path !== "-") return readWhole(() => openSync(path, "r"), limitBytes);
  // By its number, not by its name: where it is a socket its name cannot be opened.
  standardInput ??= readWhole(() => 0, limitBytes);
  return standardInput;
}

function readWhole(open: () => number, limitBytes: number): string | { readonly why: string } {
  const chunks: Buffer[] = [];
  let total = 0;
  try {
    const file = open();
    try {
      for (;;) {
        const chunk = Buffer.allocUnsafe(chunkBytes);
        const size = readWaiting(file, chunk);
        if (size === 0) break;
        chunks.push(chunk.subarray(0, size));
        total += size;
        if (total > limitBytes) return { why: `it has more than ${limitBytes / 2 ** 20} MiB` };
      }
    } finally {
      if (file !== 0) closeSync(file);
    }
  } catch (error) {
    return { why: fileFault(error) };
  }
  return Buffer.concat(chunks, total).toString("utf8");
}

/** Reads what there is, or waits for it: a standard input that does not block has nothing yet where its writer is slower. */
function readWaiting(file: number, chunk: Buffer): number {
  for (;;) {
    try {
      return readSync(file, chunk, 0, chunk.length, null);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EOF") return 0;
      if (code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, waitMs);
    }
  }
}
