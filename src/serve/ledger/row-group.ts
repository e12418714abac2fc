import { ledgerColumns, type LedgerRow } from "./ledger.ts";

/** Rows as plain data, for a store on another thread. */
export interface PackedRows {
  /** Ids of the requests, one behind the other, and how long each is. */
  readonly ids: string;
  readonly idLengths: Uint32Array;
  /** The labels that occur together, each time as a JSON list in the order of the columns; for each row the position of its own. */
  readonly shapes: readonly string[];
  readonly shapeOf: Uint32Array;
  /** The numbers of each row in the order of the columns; NaN stands for null. */
  readonly numbers: Float64Array;
}

const labels = columnsOf("label");
const perRow = columnsOf("number").length;
/** Rows there is room for at first. */
const firstRows = 64;
/** How many of the shapes met last a row is compared with: on a busy gateway few occur together. */
const shapesCompared = 8;

/**
 * Rows on their way to a store. All that differs from row to row are an id and some numbers, so that is what is kept, and what
 * many have in common once: rows that wait as objects are copied by every collection of young garbage, and copied once more
 * when they cross to another thread.
 */
export class RowGroup implements Iterable<LedgerRow> {
  readonly #ids: string[] = [];
  readonly #shapeOf: number[] = [];
  /** The first row with each set of labels. */
  readonly #shapes: LedgerRow[] = [];
  #numbers = new Float64Array(firstRows * perRow);

  static of(rows: Iterable<LedgerRow>): RowGroup {
    const group = new RowGroup();
    for (const row of rows) group.add(row);
    return group;
  }

  get length(): number {
    return this.#ids.length;
  }

  add(row: LedgerRow): void {
    const at = this.#ids.length * perRow;
    if (at === this.#numbers.length) {
      const larger = new Float64Array(at * 2);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#shapeOf.push(this.#shapeLike(row));
    this.#ids.push(row.requestId);
    putNumbers(row, this.#numbers, at);
  }

  /** The rows as they were given. */
  *[Symbol.iterator](): Generator<LedgerRow> {
    for (const [index, requestId] of this.#ids.entries()) {
      const shape = this.#shapes[this.#shapeOf[index]!]!;
      yield { ...shape, requestId, ...numbersAt(this.#numbers, index * perRow) };
    }
  }

  pack(): PackedRows {
    return {
      ids: this.#ids.join(""),
      idLengths: Uint32Array.from(this.#ids, ({ length }) => length),
      shapes: this.#shapes.map((row) => JSON.stringify(labels.map((name) => row[name]))),
      shapeOf: Uint32Array.from(this.#shapeOf),
      numbers: this.#numbers.slice(0, this.length * perRow),
    };
  }

  #shapeLike(row: LedgerRow): number {
    const shapes = this.#shapes;
    const oldest = Math.max(0, shapes.length - shapesCompared);
    for (let index = shapes.length - 1; index >= oldest; index--) if (areAlike(row, shapes[index]!)) return index;
    return shapes.push(row) - 1;
  }
}

function columnsOf(kind: "label" | "number"): (keyof LedgerRow)[] {
  return (Object.keys(ledgerColumns) as (keyof LedgerRow)[]).filter((name) => ledgerColumns[name] === kind);
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

/** Writes a row's numbers from `start` on, in the order of the columns. */
function putNumbers(row: LedgerRow, into: Float64Array, start: number): void {
  let at = start;
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
  into[at] = row.egressNanoUsd;
}

/** The numbers that `putNumbers` has written there. */
function numbersAt(numbers: Float64Array, start: number) {
  const ttftMs = numbers[start + 8]!;
  return {
    attempt: numbers[start]!,
    epochMs: numbers[start + 1]!,
    status: numbers[start + 2]!,
    inputTokens: numbers[start + 3]!,
    cachedTokens: numbers[start + 4]!,
    outputTokens: numbers[start + 5]!,
    requestBytes: numbers[start + 6]!,
    responseBytes: numbers[start + 7]!,
    ttftMs: Number.isNaN(ttftMs) ? null : ttftMs,
    durationMs: numbers[start + 9]!,
    chargeNanoUsd: numbers[start + 10]!,
    egressNanoUsd: numbers[start + 11]!,
  };
}
