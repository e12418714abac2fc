import type { LedgerRow } from "../../serve/index.ts";

/** Kinds of the ledger's columns by name, in the order in which they are written down: `ledgerColumns`. */
export type ColumnKinds = Readonly<Record<string, "id" | "label" | "number">>;

/**
 * Rows on their way to the ledger's thread. Most of a row's text is the same in many rows, so it crosses once, and
 * numbers cross as they are: a batch then costs a fraction of what its JSON would.
 */
export interface PackedRows {
  readonly ids: readonly string[];
  /** The labels that occur together, each time as a JSON list in the order of the columns. */
  readonly shapes: readonly string[];
  /** For each row the position of its shape, then its numbers in the order of the columns; NaN stands for null. */
  readonly numbers: Float64Array;
}

export function namesOf(columns: ColumnKinds, kind: "label" | "number"): string[] {
  return Object.keys(columns).filter((name) => columns[name] === kind);
}

/** Packs rows; `unpackRows` makes of them the text that `JSON.stringify` would have made. */
export function packRows(rows: readonly LedgerRow[], columns: ColumnKinds): PackedRows {
  const labels = namesOf(columns, "label") as (keyof LedgerRow)[];
  const measured = namesOf(columns, "number") as (keyof LedgerRow)[];
  const numbers = new Float64Array(rows.length * (1 + measured.length));
  const shapes = new Map<string, number>();
  let before: LedgerRow | null = null;
  let shape = 0;
  let at = 0;
  for (const row of rows) {
    if (before === null || !labels.every((name) => row[name] === before![name])) {
      const text = JSON.stringify(labels.map((name) => row[name]));
      const known = shapes.get(text);
      shape = known ?? shapes.size;
      if (known === undefined) shapes.set(text, shape);
      before = row;
    }
    numbers[at++] = shape;
    for (const name of measured) numbers[at++] = (row[name] as number | null) ?? Number.NaN;
  }
  return { ids: rows.map(({ requestId }) => requestId), shapes: [...shapes.keys()], numbers };
}
