import type { DatabaseSync, StatementSync } from "node:sqlite";

/** Columns of a row that sums are kept by, and columns that are summed. Names of `LedgerRow`. */
export interface SummedColumns {
  readonly dimensions: readonly string[];
  readonly measures: readonly string[];
  readonly hourMs: number;
}

/** Rows summed in one transaction while sums are made anew. */
const page = 50_000;

/**
 * Roll-ups in the ledger's own file, written in the transaction that writes the rows, so that they always agree. SQLite
 * sums the rows itself: this thread starts quickly because it loads nothing of the gateway.
 */
export class SummedRows {
  readonly #database: DatabaseSync;
  readonly #columns: SummedColumns;
  readonly #sum: StatementSync;
  readonly #note: StatementSync;
  #position: number;

  constructor(database: DatabaseSync, columns: SummedColumns) {
    this.#database = database;
    this.#columns = columns;
    const { dimensions, measures, hourMs } = columns;
    const sums = [...measures, "attempts", "chargedTokens"];
    database.exec(`CREATE TABLE IF NOT EXISTS roll_up (
      name TEXT PRIMARY KEY,
      hour INTEGER NOT NULL,
      ${sums.map((name) => `${name} INTEGER NOT NULL`).join(", ")}
    ) STRICT`);
    database.exec(`CREATE TABLE IF NOT EXISTS rolled_up_to (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      position INTEGER NOT NULL
    ) STRICT`);
    // The name is a JSON list: the hour and then every dimension as it stands in the row.
    const name = ["hour", ...dimensions.map((column) => `coalesce(row -> '$.${column}', 'null')`)].join(" || ',' || ");
    const value = (column: string) => `(row ->> '$.${column}')`;
    const charged = `iif(${value("chargeNanoUsd")} > 0, ${value("inputTokens")} + ${value("outputTokens")}, 0)`;
    this.#sum = database.prepare(`
      INSERT INTO roll_up (name, hour, ${sums.join(", ")})
      SELECT '[' || ${name} || ']' AS name, hour, ${measures.map((column) => `sum${value(column)}`).join(", ")}, count(*), sum(${charged})
      FROM (
        SELECT row, CAST(${value("epochMs")} / ${hourMs} AS INTEGER) * ${hourMs} AS hour
        FROM ledger WHERE position >= ? AND position < ?
      )
      WHERE true GROUP BY 1
      ON CONFLICT (name) DO UPDATE SET ${sums.map((column) => `${column} = ${column} + excluded.${column}`).join(", ")}`);
    this.#note = database.prepare("INSERT OR REPLACE INTO rolled_up_to (one, position) VALUES (1, ?)");
    const known = database.prepare("SELECT position FROM rolled_up_to").get() as { position: number } | undefined;
    this.#position = known?.position ?? 0;
  }

  /** Sums rows below `end` that were written before there were sums. */
  catchUp(end: number): void {
    while (this.#position < end) {
      this.#database.exec("BEGIN IMMEDIATE");
      const position = this.add(Math.min(end, this.#position + page));
      this.#database.exec("COMMIT");
      this.#position = position;
    }
  }

  /** Sums the rows below `end` within the transaction that is open; `committed` must follow when it succeeded. */
  add(end: number): number {
    this.#sum.run(this.#position, end);
    this.#note.run(end);
    return end;
  }

  committed(end: number): void {
    this.#position = end;
  }

  /** Older hours first, in the shape of `RollUp`. */
  read(): Record<string, unknown>[] {
    const rows = this.#database.prepare("SELECT * FROM roll_up ORDER BY hour, name").all();
    return rows.map(({ name, hour, ...sums }) => {
      const [, ...values] = JSON.parse(String(name)) as unknown[];
      const key = Object.fromEntries(this.#columns.dimensions.map((column, index) => [column, values[index]]));
      return { hourEpochMs: hour, ...key, ...sums };
    });
  }
}
