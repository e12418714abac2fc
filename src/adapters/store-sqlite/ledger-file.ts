import type { DatabaseSync, StatementSync } from "node:sqlite";
import { chainHash, chainStart } from "./chain.ts";
import { rowsTogether, type RowBatch, type UnpackedRow } from "./row-text.ts";
import { StoredRows } from "./stored-row.ts";
import type { ColumnKinds } from "./worker-messages.ts";

/** Rows written by one statement, most first: what a statement costs besides its rows is then shared. */
const rowsPerStatement = [rowsTogether, 8, 1] as const;
/** SQLite's code for a row that is there already. */
const uniqueViolation = 2067;

/** The table of rows with its chain of hashes. Every method is called within a transaction of the caller's. */
export class LedgerFile {
  readonly #select: StatementSync;
  readonly #stored: StoredRows;
  readonly #insertNew: StatementSync;
  readonly #inserts: readonly { readonly rows: number; readonly statement: StatementSync }[];
  #next: number;
  #hash: string;

  constructor(database: DatabaseSync, columns: ColumnKinds) {
    database.exec(`CREATE TABLE IF NOT EXISTS ledger (
      position INTEGER PRIMARY KEY,
      row TEXT NOT NULL,
      hash TEXT NOT NULL,
      attempt TEXT NOT NULL UNIQUE
    ) STRICT`);
    // A row's text is given as bytes, so that it need not become a string of its own first.
    const insert = (rows: number, otherwise = "") =>
      database.prepare(
        `INSERT INTO ledger (position, row, hash, attempt) VALUES ${Array(rows).fill("(?, CAST(? AS TEXT), ?, ?)").join(", ")}${otherwise}`,
      );
    this.#insertNew = insert(1, " ON CONFLICT (attempt) DO NOTHING");
    this.#inserts = rowsPerStatement.map((rows) => ({ rows, statement: insert(rows) }));
    this.#select = database.prepare("SELECT row FROM ledger WHERE position >= ? ORDER BY position LIMIT ?");
    this.#stored = new StoredRows(database, columns);
    const last = database.prepare("SELECT position, hash FROM ledger ORDER BY position DESC LIMIT 1").get() as
      | { position: number; hash: string }
      | undefined;
    this.#next = last ? last.position + 1 : 0;
    this.#hash = last?.hash ?? chainStart;
  }

  /** Position of the next row. */
  get next(): number {
    return this.#next;
  }

  /** The end of the chain; put back when the transaction is rolled back. */
  get end(): { readonly next: number; readonly hash: string } {
    return { next: this.#next, hash: this.#hash };
  }

  set end({ next, hash }) {
    this.#next = next;
    this.#hash = hash;
  }

  read(from: number, limit: number): string[] {
    return (this.#select.all(from, limit) as { row: string }[]).map(({ row }) => this.#stored.textOf(row));
  }

  /** Writes rows that are expected to be new; false when one of them is not, and then the transaction is to be rolled back. */
  write({ rows, bytes }: RowBatch): boolean {
    let at = 0;
    try {
      for (const { rows: count, statement } of this.#inserts) {
        for (; rows.length - at >= count; at += count) {
          const values: (string | number | Uint8Array)[] = [];
          for (let index = at; index < at + count; index++) {
            const { from, to, storedFrom, storedTo, attempt, shape } = rows[index]!;
            this.#hash = chainHash(this.#hash, bytes, from, to);
            if (shape.whole < 0) shape.whole = this.#next;
            values.push(this.#next++, bytes.subarray(storedFrom, storedTo), this.#hash, attempt);
          }
          statement.run(...values);
        }
      }
      return true;
    } catch (error) {
      if ((error as { errcode?: number }).errcode === uniqueViolation) return false;
      throw error;
    }
  }

  /** Writes those of the rows that are not there yet, one by one and whole; returns them. */
  writeNew({ rows, bytes }: RowBatch): UnpackedRow[] {
    return rows.filter(({ from, to, attempt }) => {
      const link = chainHash(this.#hash, bytes, from, to);
      if (this.#insertNew.run(this.#next, bytes.subarray(from, to), link, attempt).changes === 0) return false;
      this.#next++;
      this.#hash = link;
      return true;
    });
  }
}
