import { hash } from "node:crypto";

/** What the first row is chained to. */
export const chainStart = "0".repeat(64);

/** Hash of a row: SHA-256 over the hash before it and the row's text, hexadecimal. */
export function chainHash(before: string, row: string): string {
  return hash("sha256", `${before}\n${row}`);
}
