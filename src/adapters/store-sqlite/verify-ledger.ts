import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { LedgerRow } from "../../serve/index.ts";
import { chainHash, chainStart } from "./chain.ts";

export interface LedgerVerdict {
  readonly rows: number;
  /** Hash of the last row: written down elsewhere, it also reveals rows that were cut off at the end. */
  readonly head: string;
  /** Position of the first row that was changed, removed or moved; null when the chain is whole. */
  readonly brokenAt: number | null;
  /** Hash after the first `untilRows` rows, when asked for and there are as many. */
  readonly headThen: string | null;
}

export interface LedgerReading {
  /** Sees every row whose hash is right. */
  readonly inspect?: (row: LedgerRow, position: number) => void;
  /** Also tell the hash as it was after so many rows. */
  readonly untilRows?: number;
}

/**
 * Recomputes the chain of a ledger file. A whole chain shows that no row was changed, removed or added in between since
 * `head` was last written down; it says nothing about who wrote them. Throws when the file holds no ledger.
 */
export function verifyLedger(path: string, { inspect, untilRows }: LedgerReading = {}): LedgerVerdict {
  const database = openLedger(path);
  try {
    let head = chainStart;
    let headThen = untilRows === 0 ? head : null;
    let rows = 0;
    const stored = database.prepare("SELECT position, row, hash FROM ledger ORDER BY position").iterate();
    for (const entry of stored as Iterable<{ position: number; row: string; hash: string }>) {
      const next = chainHash(head, entry.row);
      if (entry.position !== rows || entry.hash !== next) return { rows, head, brokenAt: rows, headThen };
      head = next;
      inspect?.(JSON.parse(entry.row) as LedgerRow, rows);
      rows++;
      if (rows === untilRows) headThen = head;
    }
    return { rows, head, brokenAt: null, headThen };
  } finally {
    database.close();
  }
}

/** Opens a ledger to read it, also while a gateway writes it. */
export function openLedger(path: string): DatabaseSync {
  if (!existsSync(path)) throw new Error("there is no such file");
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    if (database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'ledger'").get()) return database;
  } catch {
    // Told below: whatever it is, it is no database.
  }
  database.close();
  throw new Error("it holds no ledger");
}
