import { ledgerColumns, type LedgerRow } from "./ledger.ts";
import { putUnits, textOf } from "./text-units.ts";

/** Rows as plain data, for a store on another thread. */
export interface PackedRows {
  /** Ids of the requests in UTF-16, one behind the other, and where each ends. */
  readonly ids: Uint16Array;
  readonly idEnds: Uint32Array;
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
/** Units of ids there is room for at first, for each of these rows. */
const unitsPerRow = 24;
/** How many of the shapes met last a row is compared with: on a busy gateway few occur together. */
const shapesCompared = 8;

/**
 * Rows on their way to a store. All that differs from row to row are an id and some numbers, so that is what is kept, and what
 * many have in common once: rows that wait as objects are copied by every collection of young garbage, and copied once more
 * when they cross to another thread.
 */
export class RowGroup implements Iterable<LedgerRow> {
  #length = 0;
  #ids = new Uint16Array(firstRows * unitsPerRow);
  #idEnds = new Uint32Array(firstRows);
  #shapeOf = new Uint32Array(firstRows);
  #numbers = new Float64Array(firstRows * perRow);
  /** The first row with each set of labels. */
  #shapes: LedgerRow[] = [];

  static of(rows: Iterable<LedgerRow>): RowGroup {
    const group = new RowGroup();
    for (const row of rows) group.add(row);
    return group;
  }

  get length(): number {
    return this.#length;
  }

  add(row: LedgerRow): void {
    const index = this.#length;
    if (index === this.#shapeOf.length) this.#makeRoom();
    const { requestId } = row;
    const idFrom = this.#idFrom(index);
    const idEnd = idFrom + requestId.length;
    if (idEnd > this.#ids.length) this.#ids = larger(new Uint16Array(idEnd * 2), this.#ids);
    putUnits(requestId, this.#ids, idFrom);
    this.#idEnds[index] = idEnd;
    this.#shapeOf[index] = this.#shapeLike(row);
    putNumbers(row, this.#numbers, index * perRow);
    this.#length = index + 1;
  }

  /** The rows as they were given. */
  *[Symbol.iterator](): Generator<LedgerRow> {
    for (let index = 0; index < this.#length; index++) {
      const shape = this.#shapes[this.#shapeOf[index]!]!;
      const requestId = textOf(this.#ids, this.#idFrom(index), this.#idEnds[index]!);
      yield { ...shape, requestId, ...numbersAt(this.#numbers, index * perRow) };
    }
  }

  /** Makes it as good as new, with the room it has: arrays thrown away with every group would wait long for the collector. */
  clear(): void {
    this.#length = 0;
    this.#shapes = [];
  }

  pack(): PackedRows {
    const length = this.#length;
    return {
      ids: this.#ids.slice(0, this.#idFrom(length)),
      idEnds: this.#idEnds.slice(0, length),
      shapes: this.#shapes.map((row) => JSON.stringify(labels.map((name) => row[name]))),
      shapeOf: this.#shapeOf.slice(0, length),
      numbers: this.#numbers.slice(0, length * perRow),
    };
  }

  #idFrom(index: number): number {
    return index === 0 ? 0 : this.#idEnds[index - 1]!;
  }

  #makeRoom(): void {
    const rows = this.#length * 2;
    this.#idEnds = larger(new Uint32Array(rows), this.#idEnds);
    this.#shapeOf = larger(new Uint32Array(rows), this.#shapeOf);
    this.#numbers = larger(new Float64Array(rows * perRow), this.#numbers);
  }

  #shapeLike(row: LedgerRow): number {
    const shapes = this.#shapes;
    const oldest = Math.max(0, shapes.length - shapesCompared);
    for (let index = shapes.length - 1; index >= oldest; index--) if (areAlike(row, shapes[index]!)) return index;
    return shapes.push(row) - 1;
  }
}

/** A larger array with what is in the one before it. */
function larger<Numbers extends Uint16Array | Uint32Array | Float64Array>(made: Numbers, before: Numbers): Numbers {
  made.set(before);
  return made;
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
