import { ledgerColumns, rollUp, rollUpColumns, type LedgerRow, type RollUp } from "../../serve/index.ts";
import { StoredRows } from "./stored-row.ts";
import { rollUpsIn } from "./summed-rows.ts";
import { openLedger } from "./verify-ledger.ts";

/** The roll-ups of a ledger file: those kept beside its rows when they cover all of them, else summed anew. */
export function readRollUps(path: string): RollUp[] {
  const database = openLedger(path);
  try {
    const kept = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'rolled_up_to'").get();
    const covered = kept
      ? (database.prepare("SELECT position FROM rolled_up_to").get() as { position: number } | undefined)
      : undefined;
    const { rows } = database.prepare("SELECT count(*) AS rows FROM ledger").get() as { rows: number };
    if (covered?.position === rows) return rollUpsIn(database, rollUpColumns.dimensions) as unknown as RollUp[];
    const stored = database.prepare("SELECT row FROM ledger ORDER BY position").iterate();
    return [...rollUp(parsed(stored as Iterable<{ row: string }>, new StoredRows(database, ledgerColumns))).values()];
  } finally {
    database.close();
  }
}

function* parsed(rows: Iterable<{ row: string }>, stored: StoredRows): Iterable<LedgerRow> {
  for (const { row } of rows) yield JSON.parse(stored.textOf(row)) as LedgerRow;
}
