import { hash } from "node:crypto";

/** What the first row is chained to. */
export const chainStart = "0".repeat(64);

/** Bytes in front of a row's text that belong to its link: the hash before it, and a line feed. */
export const linkBytes = 65;

const lineFeed = 0x0a;

/**
 * Hash of a row: SHA-256 over the hash before it, a line feed and the row's text, hexadecimal. The text stands in `bytes`
 * between `from` and `to`; the `linkBytes` before it are written over.
 */
export function chainHash(before: string, bytes: Buffer, from: number, to: number): string {
  bytes.write(before, from - linkBytes, "latin1");
  bytes[from - 1] = lineFeed;
  return hash("sha256", bytes.subarray(from - linkBytes, to));
}
