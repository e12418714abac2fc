import { rollUpColumns, type RollUp } from "../../serve/index.ts";

/** Sums of a roll-up, in the order of their columns. */
export const sums = [...rollUpColumns.measures, "attempts", "chargedTokens"];

/**
 * Made when missing, by one gateway at a time: PostgreSQL lets two who find nothing there both make it, and fails one of
 * them. A row is text, not `jsonb`, because its hash is over exactly these characters.
 */
export const schema = `
BEGIN;
SELECT pg_advisory_xact_lock(hashtextextended('disperse ledger schema', 0));
CREATE TABLE IF NOT EXISTS disperse_ledger (
  chain text NOT NULL,
  position bigint NOT NULL,
  row text NOT NULL,
  hash text NOT NULL,
  attempt text NOT NULL,
  PRIMARY KEY (chain, position),
  UNIQUE (chain, attempt)
);
CREATE TABLE IF NOT EXISTS disperse_roll_up (
  chain text NOT NULL,
  name text NOT NULL,
  hour bigint NOT NULL,
  ${sums.map((name) => `"${name}" bigint NOT NULL`).join(",\n  ")},
  PRIMARY KEY (chain, name)
);
COMMIT`;

export const insertRows = `
INSERT INTO disperse_ledger (chain, position, row, hash, attempt)
SELECT $1, * FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[])`;

export const addRollUp = `
INSERT INTO disperse_roll_up (chain, name, hour, ${sums.map((name) => `"${name}"`).join(", ")})
VALUES ($1, $2, $3, ${sums.map((_name, index) => `$${index + 4}`).join(", ")})
ON CONFLICT (chain, name) DO UPDATE SET
  ${sums.map((name) => `"${name}" = disperse_roll_up."${name}" + excluded."${name}"`).join(",\n  ")}`;

/** A row of `disperse_roll_up` as a roll-up; the driver gives 64-bit numbers as text. */
export function rollUpOf(row: Record<string, unknown>): RollUp {
  const [, ...values] = JSON.parse(String(row["name"])) as unknown[];
  const key = rollUpColumns.dimensions.map((column, index) => [column, values[index]]);
  const summed = sums.map((column) => [column, Number(row[column])]);
  return { hourEpochMs: Number(row["hour"]), ...Object.fromEntries([...key, ...summed]) } as RollUp;
}
