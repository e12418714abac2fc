/** A ledger in PostgreSQL: several gateways in one database, each with a chain of its own. */
export { createPostgresStore, type PostgresStoreOptions } from "./postgres-store.ts";
export { readOtherCharges, readPostgresRollUps, verifyPostgresLedger } from "./read-ledger.ts";
