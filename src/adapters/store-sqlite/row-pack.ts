import type { LedgerRow } from "../../serve/index.ts";

/** Kinds of the ledger's columns by name, in the order in which they are written down: `ledgerColumns`. */
export type ColumnKinds = Readonly<Record<string, "id" | "label" | "number">>;

/**
 * Rows on their way to the ledger's thread. Most of a row's text is the same in many rows, so it crosses once, and
 * numbers cross as they are: a batch then costs a fraction of what its JSON would, and few objects are copied.
 */
export interface PackedRows {
  /** Ids of the requests, one behind the other. */
  readonly ids: string;
  /** The labels that occur together, each time as a JSON list in the order of the columns. */
  readonly shapes: readonly string[];
  /**
   * For each row the position of its shape, the length of its id, then its numbers in the order of the columns; NaN
   * stands for null.
   */
  readonly numbers: Float64Array;
}

/** What stands before a row's numbers: shape and length of the id. */
export const numbersBefore = 2;

export function namesOf(columns: ColumnKinds, kind: "label" | "number"): string[] {
  return Object.keys(columns).filter((name) => columns[name] === kind);
}

/** Whether rows have all their labels in common. Written out: named fields are read many times as fast as looked up ones. */
function areAlike(one: LedgerRow, other: LedgerRow): boolean {
  return (
    one.keyId === other.keyId &&
    one.accountId === other.accountId &&
    one.workload === other.workload &&
    one.model === other.model &&
    one.area === other.area &&
    one.areaCountry === other.areaCountry &&
    one.dataClass === other.dataClass &&
    one.site === other.site &&
    one.siteCountry === other.siteCountry &&
    one.tier === other.tier &&
    one.pool === other.pool &&
    one.owner === other.owner &&
    one.rule === other.rule &&
    one.emulated === other.emulated &&
    one.outcome === other.outcome &&
    one.tokenSource === other.tokenSource &&
    one.priceNanoUsdPerMTok === other.priceNanoUsdPerMTok
  );
}

/** Writes a row's numbers in the order of the columns; returns where the next ones go. */
function putNumbers(row: LedgerRow, into: Float64Array, from: number): number {
  let at = from;
  into[at++] = row.attempt;
  into[at++] = row.epochMs;
  into[at++] = row.status;
  into[at++] = row.inputTokens;
  into[at++] = row.cachedTokens;
  into[at++] = row.outputTokens;
  into[at++] = row.requestBytes;
  into[at++] = row.responseBytes;
  into[at++] = row.ttftMs ?? Number.NaN;
  into[at++] = row.durationMs;
  into[at++] = row.chargeNanoUsd;
  into[at++] = row.egressNanoUsd;
  return at;
}

/** Packs rows of some columns; `RowTexts` makes of them the text that `JSON.stringify` would have made. */
export function createRowPacker(columns: ColumnKinds): (rows: readonly LedgerRow[]) => PackedRows {
  const labels = namesOf(columns, "label") as (keyof LedgerRow)[];
  const perRow = numbersBefore + namesOf(columns, "number").length;

  return (rows) => {
    const numbers = new Float64Array(rows.length * perRow);
    const shapes = new Map<string, number>();
    let ids = "";
    let before: LedgerRow | null = null;
    let shape = 0;
    let at = 0;
    for (const row of rows) {
      if (before === null || !areAlike(row, before)) {
        const text = JSON.stringify(labels.map((name) => row[name]));
        const known = shapes.get(text);
        shape = known ?? shapes.size;
        if (known === undefined) shapes.set(text, shape);
        before = row;
      }
      ids += row.requestId;
      numbers[at++] = shape;
      numbers[at++] = row.requestId.length;
      at = putNumbers(row, numbers, at);
    }
    return { ids, shapes: [...shapes.keys()], numbers };
  };
}
