// Appends rows to a ledger as fast as they are acknowledged and prints the name of each acknowledged one. To be killed.
// Arguments: file of the ledger, number of the first row.
import { createSqliteStore } from "../../src/adapters/store-sqlite/index.ts";
import { ledgerRow } from "../contract/ledger-row.ts";

const [path, first] = process.argv.slice(2) as [string, string];
const store = createSqliteStore(path);
let next = Number(first);
async function write(): Promise<void> {
  for (;;) {
    const rows = Array.from({ length: 1 + (next % 7) }, () => ledgerRow({ requestId: `req_${next++}` }));
    await store.append(rows);
    process.stdout.write(`${rows.map(({ requestId }) => requestId).join("\n")}\n`);
  }
}
// Several at once, so that commits hold rows of more than one caller.
await Promise.all([write(), write(), write()]);
