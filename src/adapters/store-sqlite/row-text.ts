import type { PackedRows } from "../../serve/index.ts";
import { linkBytes } from "./chain.ts";
import { referenceTo } from "./stored-row.ts";
import type { SummedColumns } from "./summed-rows.ts";
import type { ColumnKinds } from "./worker-messages.ts";

/** A row as the ledger's thread handles it. */
export interface UnpackedRow {
  /** Where the row's text ends and begins in `RowBatch.bytes`; before it is room for the link to the row before. */
  readonly from: number;
  readonly to: number;
  /** Where what is stored of it begins; it ends where the next one's link begins. */
  readonly storedFrom: number;
  readonly storedTo: number;
  /** What no two rows have in common. */
  readonly attempt: string;
  readonly shape: Shape;
  /** Where the row's numbers begin in `numbers`. */
  readonly at: number;
}

/** Some rows, written out; good until the next ones are. */
export interface RowBatch {
  readonly rows: readonly UnpackedRow[];
  /** What is hashed, each row as JSON in UTF-8, and what is stored, see `referenceTo`. One buffer, because making one per row costs more than filling it. */
  readonly bytes: Buffer;
}

/** What rows with the same labels have in common. */
class Shape {
  /** What stands in a row's text before each of its numbers; a character for each byte. */
  readonly before: readonly string[];
  readonly after: string;
  /** Position of a row with these labels that is stored whole; negative until there is one. */
  whole = -1;
  readonly #dimensions: string;
  #hour = Number.NaN;
  #name = "";

  constructor(labels: readonly unknown[], columns: ColumnKinds, dimensions: readonly string[]) {
    const before: string[] = [];
    const values = new Map<string, unknown>();
    let text = "";
    let next = 0;
    for (const [name, kind] of Object.entries(columns)) {
      if (kind === "id") continue;
      text += `,${JSON.stringify(name)}:`;
      if (kind === "number") {
        before.push(byteText(text));
        text = "";
      } else {
        values.set(name, labels[next]);
        text += JSON.stringify(labels[next++]);
      }
    }
    this.before = before;
    this.after = byteText(`${text}}`);
    this.#dimensions = JSON.stringify(dimensions.map((name) => values.get(name) ?? null)).slice(1);
  }

  /** Name of the sum of an hour's rows; the same as of a row that was read back. */
  nameOf(hour: number): string {
    if (hour !== this.#hour) {
      this.#hour = hour;
      this.#name = `[${hour},${this.#dimensions}`;
    }
    return this.#name;
  }
}

/** Shapes remembered from batch to batch; far more than occur together on a busy gateway. */
const shapesKept = 1_000;
/**
 * Rows written out at a time, as many as one statement takes: those of a whole group would be copied by every collection while
 * they are, and outlive some.
 */
export const rowsTogether = 32;
/** Room for so many rows as most are, bytes. */
const firstBytes = 32 * 1024;

/** Writes rows out and sums them; what it needs to know of the columns it finds out once. */
export class RowTexts {
  readonly #columns: ColumnKinds;
  readonly #summed: SummedColumns;
  readonly #count: number;
  readonly #attempt: number;
  readonly #epochMs: number;
  readonly #measures: readonly number[];
  readonly #charge: number;
  readonly #tokens: readonly number[];
  readonly #shapes = new Map<string, Shape>();
  /** What rows are written into, one batch after the other. */
  #bytes = Buffer.allocUnsafeSlow(firstBytes);
  /** Of the row written out last: its id and numbers as a JSON list without its beginning. */
  #own = "";

  constructor(columns: ColumnKinds, summed: SummedColumns) {
    this.#columns = columns;
    this.#summed = summed;
    const names = Object.keys(columns).filter((name) => columns[name] === "number");
    const position = (name: string) => names.indexOf(name);
    this.#count = names.length;
    this.#attempt = position("attempt");
    this.#epochMs = position("epochMs");
    this.#measures = summed.measures.map(position);
    this.#charge = position("chargeNanoUsd");
    this.#tokens = [position("inputTokens"), position("outputTokens")];
  }

  /** Writes rows out, some at a time and in order. */
  *unpack({ ids, idEnds, shapes, shapeOf, numbers }: PackedRows): Generator<RowBatch> {
    const known = shapes.map((labels) => this.#shapeOf(labels));
    // One text that all of them are cut out of: to make one of each id's units costs several times as much.
    const texts = Buffer.from(ids.buffer, ids.byteOffset, ids.byteLength).toString("utf16le");
    let idFrom = 0;
    for (let first = 0; first < shapeOf.length; first += rowsTogether) {
      const rows: UnpackedRow[] = [];
      let from = linkBytes;
      for (let index = first; index < Math.min(shapeOf.length, first + rowsTogether); index++) {
        const shape = known[shapeOf[index]!]!;
        const id = texts.slice(idFrom, (idFrom = idEnds[index]!));
        const at = index * this.#count;
        const text = this.#textOf(id, shape, numbers, at);
        const stored = shape.whole < 0 ? "" : referenceTo(shape.whole) + this.#own;
        const to = from + text.length;
        const end = to + stored.length;
        if (end > this.#bytes.length) this.#grow(from, end);
        // Row by row, so that what a row's text was put together from is garbage before a collection would have to copy it.
        this.#bytes.write(text, from, "latin1");
        if (end > to) this.#bytes.write(stored, to, "latin1");
        const storedFrom = end > to ? to : from;
        const attempt = `${id} ${numbers[at + this.#attempt]}`;
        rows.push({ from, to, storedFrom, storedTo: end, attempt, shape, at });
        from = end + linkBytes;
      }
      yield { rows, bytes: this.#bytes };
    }
  }

  /**
   * A function of its own, called for each row: V8 can compile a loop over columns within one over a thousand rows time after
   * time, for it alone, and never come to the whole.
   */
  #textOf(id: string, shape: Shape, numbers: Float64Array, at: number): string {
    const idText = byteText(JSON.stringify(id));
    let text = `{"requestId":${idText}`;
    let own = idText;
    for (let column = 0; column < this.#count; column++) {
      const number = numberText(numbers[at + column]!);
      text += shape.before[column]! + number;
      own += `,${number}`;
    }
    this.#own = `${own}]`;
    return text + shape.after;
  }

  /** Of the rows written out so far none is sure to be stored: none is referred to any more. */
  forget(): void {
    this.#shapes.clear();
  }

  #grow(used: number, needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, used);
    this.#bytes = larger;
  }

  /** Adds one row to the sums of its hour, as `SummedRows` does with rows that are read back. */
  sum({ shape, at }: UnpackedRow, numbers: Float64Array, into: Map<string, number[]>): void {
    const { hourMs } = this.#summed;
    const hour = Math.floor(numbers[at + this.#epochMs]! / hourMs) * hourMs;
    const name = shape.nameOf(hour);
    let sum = into.get(name);
    if (!sum) into.set(name, (sum = [hour, ...this.#measures.map(() => 0), 0, 0]));
    let next = 1;
    for (const column of this.#measures) sum[next++]! += numbers[at + column]!;
    sum[next++]! += 1;
    if (numbers[at + this.#charge]! > 0) for (const column of this.#tokens) sum[next]! += numbers[at + column]!;
  }

  #shapeOf(labels: string): Shape {
    let shape = this.#shapes.get(labels);
    if (shape === undefined) {
      shape = new Shape(JSON.parse(labels) as unknown[], this.#columns, this.#summed.dimensions);
      if (this.#shapes.size >= shapesKept) this.#shapes.clear();
      this.#shapes.set(labels, shape);
    }
    return shape;
  }
}

function numberText(value: number): string {
  return Number.isFinite(value) ? String(value) : "null";
}

/** Text in UTF-8, a character for each byte: lengths of texts are then lengths of bytes. */
function byteText(text: string): string {
  return Buffer.byteLength(text, "utf8") === text.length ? text : Buffer.from(text, "utf8").toString("latin1");
}
