import { DatabaseSync } from "node:sqlite";
import { chainHash, chainStart } from "./chain.ts";

export interface LedgerVerdict {
  readonly rows: number;
  /** Hash of the last row: written down elsewhere, it also reveals rows that were cut off at the end. */
  readonly head: string;
  /** Position of the first row that was changed, removed or moved; null when the chain is whole. */
  readonly brokenAt: number | null;
}

/**
 * Recomputes the chain of a ledger file. A whole chain shows that no row was changed, removed or added in between since
 * `head` was last written down; it says nothing about who wrote them.
 */
export function verifyLedger(path: string): LedgerVerdict {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    let head = chainStart;
    let rows = 0;
    const stored = database.prepare("SELECT position, row, hash FROM ledger ORDER BY position").iterate();
    for (const entry of stored as Iterable<{ position: number; row: string; hash: string }>) {
      head = chainHash(head, entry.row);
      if (entry.position !== rows || entry.hash !== head) return { rows, head, brokenAt: rows };
      rows++;
    }
    return { rows, head, brokenAt: null };
  } finally {
    database.close();
  }
}
