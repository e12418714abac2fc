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

type Read = (row: LedgerRow) => unknown;

/** One function per column: a row's fields looked up by changing names would each be searched for. */
const readers = {
  requestId: (row) => row.requestId,
  attempt: (row) => row.attempt,
  epochMs: (row) => row.epochMs,
  keyId: (row) => row.keyId,
  accountId: (row) => row.accountId,
  workload: (row) => row.workload,
  model: (row) => row.model,
  area: (row) => row.area,
  areaCountry: (row) => row.areaCountry,
  dataClass: (row) => row.dataClass,
  site: (row) => row.site,
  siteCountry: (row) => row.siteCountry,
  tier: (row) => row.tier,
  pool: (row) => row.pool,
  owner: (row) => row.owner,
  rule: (row) => row.rule,
  emulated: (row) => row.emulated,
  outcome: (row) => row.outcome,
  status: (row) => row.status,
  tokenSource: (row) => row.tokenSource,
  inputTokens: (row) => row.inputTokens,
  cachedTokens: (row) => row.cachedTokens,
  outputTokens: (row) => row.outputTokens,
  requestBytes: (row) => row.requestBytes,
  responseBytes: (row) => row.responseBytes,
  ttftMs: (row) => row.ttftMs,
  durationMs: (row) => row.durationMs,
  priceNanoUsdPerMTok: (row) => row.priceNanoUsdPerMTok,
  chargeNanoUsd: (row) => row.chargeNanoUsd,
  egressNanoUsd: (row) => row.egressNanoUsd,
} satisfies { readonly [Name in keyof LedgerRow]: (row: LedgerRow) => LedgerRow[Name] };

/** Packs rows of some columns; `RowTexts` makes of them the text that `JSON.stringify` would have made. */
export function createRowPacker(columns: ColumnKinds): (rows: readonly LedgerRow[]) => PackedRows {
  const readersOf = (kind: "label" | "number"): readonly Read[] =>
    namesOf(columns, kind).map((name) => readers[name as keyof LedgerRow]);
  const labels = readersOf("label");
  const measured = readersOf("number");
  const alike = (one: LedgerRow, other: LedgerRow) => {
    for (let index = 0; index < labels.length; index++) {
      const read = labels[index]!;
      if (read(one) !== read(other)) return false;
    }
    return true;
  };

  return (rows) => {
    const numbers = new Float64Array(rows.length * (numbersBefore + measured.length));
    const shapes = new Map<string, number>();
    let ids = "";
    let before: LedgerRow | null = null;
    let shape = 0;
    let at = 0;
    for (const row of rows) {
      if (before === null || !alike(row, before)) {
        const text = JSON.stringify(labels.map((read) => read(row)));
        const known = shapes.get(text);
        shape = known ?? shapes.size;
        if (known === undefined) shapes.set(text, shape);
        before = row;
      }
      ids += row.requestId;
      numbers[at++] = shape;
      numbers[at++] = row.requestId.length;
      for (let index = 0; index < measured.length; index++) {
        numbers[at++] = (measured[index]!(row) as number | null) ?? Number.NaN;
      }
    }
    return { ids, shapes: [...shapes.keys()], numbers };
  };
}
