import type { DatabaseSync, StatementSync } from "node:sqlite";

/** Columns of a row that sums are kept by, and columns that are summed. Names of `LedgerRow`. */
export interface SummedColumns {
  readonly dimensions: readonly string[];
  readonly measures: readonly string[];
  readonly hourMs: number;
}

type Row = Readonly<Record<string, unknown>>;

/** Rows read at once while sums are made anew. */
const page = 10_000;

/**
 * Roll-ups in the ledger's own file, written in the transaction that writes the rows, so that they always agree. Works
 * on plain objects: the ledger's thread starts quickly because it loads nothing of the gateway.
 */
export class SummedRows {
  readonly #database: DatabaseSync;
  readonly #columns: SummedColumns;
  readonly #upsert: StatementSync;
  readonly #note: StatementSync;

  constructor(database: DatabaseSync, columns: SummedColumns) {
    this.#database = database;
    this.#columns = columns;
    const sums = [...columns.measures, "attempts", "chargedTokens"];
    database.exec(`CREATE TABLE IF NOT EXISTS roll_up (
      name TEXT PRIMARY KEY,
      hour INTEGER NOT NULL,
      ${sums.map((name) => `${name} INTEGER NOT NULL`).join(", ")}
    ) STRICT`);
    database.exec(`CREATE TABLE IF NOT EXISTS rolled_up_to (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      position INTEGER NOT NULL
    ) STRICT`);
    this.#upsert = database.prepare(`
      INSERT INTO roll_up (name, hour, ${sums.join(", ")}) VALUES (?, ?${", ?".repeat(sums.length)})
      ON CONFLICT (name) DO UPDATE SET ${sums.map((column) => `${column} = ${column} + excluded.${column}`).join(", ")}`);
    this.#note = database.prepare("INSERT OR REPLACE INTO rolled_up_to (one, position) VALUES (1, ?)");
  }

  /** Sums rows below `end` that were written before there were sums. */
  catchUp(end: number, read: (from: number, limit: number) => readonly Row[]): void {
    const known = this.#database.prepare("SELECT position FROM rolled_up_to").get() as { position: number } | undefined;
    for (let from = known?.position ?? 0; from < end; from += page) {
      this.#database.exec("BEGIN IMMEDIATE");
      this.add(this.#sumsOf(read(from, page)), Math.min(end, from + page));
      this.#database.exec("COMMIT");
    }
  }

  /** Adds sums of rows within the transaction that is open; afterwards all rows below `end` are summed. */
  add(sums: ReadonlyMap<string, readonly number[]>, end: number): void {
    for (const [name, sum] of sums) this.#upsert.run(name, ...sum);
    this.#note.run(end);
  }

  #sumsOf(rows: readonly Row[]): Map<string, number[]> {
    const { dimensions, measures, hourMs } = this.#columns;
    const sums = new Map<string, number[]>();
    for (const row of rows) {
      const hour = Math.floor(Number(row["epochMs"]) / hourMs) * hourMs;
      // Rows written before a column existed lack it; they are summed as unknown.
      const name = JSON.stringify([hour, ...dimensions.map((column) => row[column] ?? null)]);
      let sum = sums.get(name);
      if (!sum) sums.set(name, (sum = [hour, ...measures.map(() => 0), 0, 0]));
      let at = 1;
      for (const column of measures) sum[at++]! += Number(row[column]);
      sum[at++]! += 1;
      if (Number(row["chargeNanoUsd"]) > 0) sum[at]! += Number(row["inputTokens"]) + Number(row["outputTokens"]);
    }
    return sums;
  }

  read(): Record<string, unknown>[] {
    return rollUpsIn(this.#database, this.#columns.dimensions);
  }
}

/** All sums, older hours first, in the shape of `RollUp`. */
export function rollUpsIn(database: DatabaseSync, dimensions: readonly string[]): Record<string, unknown>[] {
  const rows = database.prepare("SELECT * FROM roll_up ORDER BY hour, name").all();
  return rows.map(({ name, hour, ...sums }) => {
    const [, ...values] = JSON.parse(String(name)) as unknown[];
    const key = Object.fromEntries(dimensions.map((column, index) => [column, values[index]]));
    return { hourEpochMs: hour, ...key, ...sums };
  });
}
