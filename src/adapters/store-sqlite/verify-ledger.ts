import { hash } from "node:crypto";
import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { ChainCheck, ledgerColumns, type LedgerReading, type LedgerVerdict } from "../../serve/index.ts";
import { requireKnownForm } from "./ledger-form.ts";
import { StoredRows } from "./stored-row.ts";

/** Recomputes the chain of a ledger file. Throws when the file holds no ledger. */
export function verifyLedger(path: string, reading: LedgerReading = {}): LedgerVerdict {
  const database = openLedger(path);
  try {
    const check = new ChainCheck((text) => hash("sha256", text), reading);
    const stored = database.prepare("SELECT position, row, hash FROM ledger ORDER BY position").iterate();
    const rows = new StoredRows(database, ledgerColumns);
    for (const entry of stored as Iterable<{ position: number; row: string; hash: string }>) {
      if (!check.take(entry.position, rows.textOf(entry.row), entry.hash)) break;
    }
    return check.verdict;
  } finally {
    database.close();
  }
}

/** Opens a ledger to read it, also while a gateway writes it. */
export function openLedger(path: string): DatabaseSync {
  if (!existsSync(path)) throw new Error("there is no such file");
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    if (!holdsLedger(database)) throw new Error("it holds no ledger");
    requireKnownForm(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** False also for what is no database at all. */
function holdsLedger(database: DatabaseSync): boolean {
  try {
    return database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'ledger'").get() !== undefined;
  } catch {
    return false;
  }
}
