/** The embedded ledger: one SQLite file, written by a thread of its own. */
export { createSqliteStore } from "./sqlite-store.ts";
export { readRollUps } from "./read-roll-ups.ts";
export { verifyLedger } from "./verify-ledger.ts";
