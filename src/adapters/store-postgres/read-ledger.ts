import { hash } from "node:crypto";
import pg from "pg";
import { ChainCheck, rollUpColumns, type LedgerReading, type LedgerVerdict, type RollUp } from "../../serve/index.ts";
import { rollUpOf } from "./schema.ts";

/** Rows fetched at once. */
const page = 10_000;
/** Longest wait for an answer of the database, ms: one that has vanished from the network never closes the connection. */
const answerTimeoutMs = 60_000;
/** Where the account stands in a roll-up's name, which begins with the hour. */
const accountAt = 1 + rollUpColumns.dimensions.indexOf("accountId");

/** Recomputes a chain, also while a gateway writes it. Throws when there is no ledger. */
export function verifyPostgresLedger(url: string, chain: string, reading: LedgerReading = {}): Promise<LedgerVerdict> {
  return withClient(url, async (client, isLedger) => {
    if (!isLedger) throw new Error("it holds no ledger");
    const check = new ChainCheck((text) => hash("sha256", text), reading);
    for (let last = -1; ;) {
      const { rows } = await client.query(
        "SELECT position, row, hash FROM disperse_ledger WHERE chain = $1 AND position > $2 ORDER BY position LIMIT $3",
        [chain, last, page],
      );
      for (const { position, row, hash: stored } of rows) {
        last = Number(position);
        if (!check.take(last, row, stored)) return check.verdict;
      }
      if (rows.length < page) return check.verdict;
    }
  });
}

/** The roll-ups of a chain, older hours first; none when nothing was ever written. */
export function readPostgresRollUps(url: string, chain: string): Promise<RollUp[]> {
  return withClient(url, async (client, isLedger) => {
    if (!isLedger) return [];
    const { rows } = await client.query("SELECT * FROM disperse_roll_up WHERE chain = $1 ORDER BY hour, name", [chain]);
    return rows.map(rollUpOf);
  });
}

/** What chains of the database other than `own` were charged in all, integer nano-USD by account. */
export function readOtherCharges(url: string, own: readonly string[]): Promise<Map<string, number>> {
  return withClient(url, async (client, isLedger) => {
    if (!isLedger) return new Map();
    const { rows } = await client.query(
      `SELECT name::jsonb ->> ${accountAt} AS account, sum("chargeNanoUsd") AS charge FROM disperse_roll_up WHERE chain <> ALL ($1) GROUP BY 1`,
      [own],
    );
    return new Map(
      rows.filter(({ account }) => account !== null).map(({ account, charge }) => [account, Number(charge)]),
    );
  });
}

async function withClient<T>(url: string, work: (client: pg.Client, isLedger: boolean) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    query_timeout: answerTimeoutMs,
  });
  // A connection that breaks rejects the query under way; told here as well, it would end the process if nobody listened.
  client.on("error", () => {});
  await client.connect();
  try {
    const { rows } = await client.query("SELECT to_regclass('disperse_ledger') IS NOT NULL AS there");
    return await work(client, rows[0].there);
  } finally {
    await client.end();
  }
}
