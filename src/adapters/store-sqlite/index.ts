/** The embedded ledger: one SQLite file, written by a thread of its own. */
export { createSqliteStore } from "./sqlite-store.ts";
export { verifyLedger, type LedgerVerdict } from "./verify-ledger.ts";
