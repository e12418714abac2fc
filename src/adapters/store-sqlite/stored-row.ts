import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { ColumnKinds } from "./worker-messages.ts";

/** Rows that others refer to are remembered up to here, some hundred bytes each. */
const remembered = 1_000;

/** A row as the table has it: its JSON, or what it does not have in common with an earlier row that is stored as its JSON. */
export type StoredRow = string;

/**
 * Beginning of a row that refers to an earlier one: a JSON list of that row's position, then the request's id and every number
 * in the order of the columns. All other values are the earlier row's. What rows have in common is four fifths of them, and
 * writing it to the disk was the larger part of what a row costs.
 */
export function referenceTo(position: number): string {
  return `[${position},`;
}

/** Makes whole of what is stored of rows; the result is what the chain of hashes goes over. */
export class StoredRows {
  readonly #select: StatementSync;
  readonly #columns: ColumnKinds;
  /** Of rows that are referred to: what stands in their JSON around the id and each number. */
  readonly #pieces = new Map<number, readonly string[]>();

  constructor(database: DatabaseSync, columns: ColumnKinds) {
    this.#select = database.prepare("SELECT row FROM ledger WHERE position = ?");
    this.#columns = columns;
  }

  /** The row's JSON; something else when it was tampered with, or the row it refers to. */
  textOf(row: StoredRow): string {
    if (!row.startsWith("[")) return row;
    try {
      const [position, ...values] = JSON.parse(row) as [number, ...unknown[]];
      const [first, ...pieces] = this.#piecesOf(position);
      return pieces.reduce((text, piece, index) => text + JSON.stringify(values[index]) + piece, first!);
    } catch {
      return row;
    }
  }

  #piecesOf(position: number): readonly string[] {
    let pieces = this.#pieces.get(position);
    if (pieces !== undefined) return pieces;
    const { row } = this.#select.get(position) as { row: string };
    const made: string[] = [];
    let text = "{";
    for (const [name, value] of Object.entries(JSON.parse(row) as Record<string, unknown>)) {
      text += `${JSON.stringify(name)}:`;
      const kind = this.#columns[name];
      if (kind === "id" || kind === "number") {
        made.push(text);
        text = ",";
      } else text += `${JSON.stringify(value)},`;
    }
    pieces = [...made, `${text.slice(0, -1)}}`];
    if (this.#pieces.size >= remembered) this.#pieces.clear();
    this.#pieces.set(position, pieces);
    return pieces;
  }
}
