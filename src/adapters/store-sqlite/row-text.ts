import type { PackedRows } from "../../serve/index.ts";
import { linkBytes } from "./chain.ts";
import { mostNumberBytes, putNumber } from "./number-text.ts";
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
  /** What stands in a row's text before each of its numbers, and behind the last of them, in UTF-8. */
  readonly pieces: readonly Uint8Array[];
  /** All of these. */
  readonly bytes: number;
  /** Position of a row with these labels that is stored whole; negative until there is one. */
  whole = -1;
  readonly #dimensions: string;
  #hour = Number.NaN;
  #name = "";

  constructor(labels: readonly unknown[], columns: ColumnKinds, dimensions: readonly string[]) {
    const pieces: Uint8Array[] = [];
    const values = new Map<string, unknown>();
    let text = "";
    let next = 0;
    for (const [name, kind] of Object.entries(columns)) {
      if (kind === "id") continue;
      text += `,${JSON.stringify(name)}:`;
      if (kind === "number") {
        pieces.push(new TextEncoder().encode(text));
        text = "";
      } else {
        values.set(name, labels[next]);
        text += JSON.stringify(labels[next++]);
      }
    }
    pieces.push(new TextEncoder().encode(`${text}}`));
    this.pieces = pieces;
    this.bytes = pieces.reduce((sum, { length }) => sum + length, 0);
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
/** Of one UTF-16 unit of an id, as an escape. */
const mostUnitBytes = 6;
/** Of what stands in a row besides its labels, id and numbers, and in a reference to another one. */
const mostBesides = 100;
const longestLooped = 24;

const rowStart = new TextEncoder().encode('{"requestId":');
const space = 0x20;
const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const closeBracket = 0x5d;
const lastAscii = 0x7e;

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
  /** Of the row written out last: its numbers as in a JSON list, each with a comma before it, and where they end. */
  readonly #own: Uint8Array;
  #ownEnd = 0;

  constructor(columns: ColumnKinds, summed: SummedColumns) {
    this.#columns = columns;
    this.#summed = summed;
    const names = Object.keys(columns).filter((name) => columns[name] === "number");
    const position = (name: string) => names.indexOf(name);
    this.#count = names.length;
    this.#own = new Uint8Array(names.length * (mostNumberBytes + 1));
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
        const most = shape.bytes + 2 * (this.#own.length + id.length * mostUnitBytes) + mostBesides;
        if (from + most > this.#bytes.length) this.#grow(from, from + most);
        const to = this.#putRow(from, id, shape, numbers, at);
        const isStoredWhole = shape.whole < 0;
        const storedTo = isStoredWhole ? to : this.#putReference(to, shape.whole, id);
        const attempt = `${id} ${numbers[at + this.#attempt]}`;
        rows.push({ from, to, storedFrom: isStoredWhole ? from : to, storedTo, attempt, shape, at });
        from = storedTo + linkBytes;
      }
      yield { rows, bytes: this.#bytes };
    }
  }

  /**
   * Writes a row's JSON from `from` on, straight into bytes: put together as a text first it would be copied twice more. A function
   * of its own, called for each row: V8 can compile a loop over columns within one over a thousand rows time after time, for it
   * alone, and never come to the whole. Returns where the row ends.
   */
  #putRow(from: number, id: string, { pieces }: Shape, numbers: Float64Array, at: number): number {
    const bytes = this.#bytes;
    const own = this.#own;
    let ownEnd = 0;
    let end = this.#putId(putPiece(bytes, from, rowStart), id);
    for (let column = 0; column < this.#count; column++) {
      const start = putPiece(bytes, end, pieces[column]!);
      end = putNumber(bytes, start, numbers[at + column]!);
      own[ownEnd++] = comma;
      for (let index = start; index < end; index++) own[ownEnd++] = bytes[index]!;
    }
    this.#ownEnd = ownEnd;
    return putPiece(bytes, end, pieces[this.#count]!);
  }

  /** Writes what is stored of the row written out last, see `referenceTo`; returns where it ends. */
  #putReference(from: number, whole: number, id: string): number {
    const bytes = this.#bytes;
    const own = this.#own;
    let end = this.#putId(from + bytes.write(referenceTo(whole), from, "latin1"), id);
    for (let index = 0; index < this.#ownEnd; index++) bytes[end++] = own[index]!;
    bytes[end++] = closeBracket;
    return end;
  }

  /** Writes an id as JSON has it; nearly all are letters and digits, which are themselves. */
  #putId(at: number, id: string): number {
    const bytes = this.#bytes;
    bytes[at] = quote;
    for (let index = 0; index < id.length; index++) {
      const code = id.charCodeAt(index);
      if (code < space || code > lastAscii || code === quote || code === backslash)
        return at + bytes.write(JSON.stringify(id), at, "utf8");
      bytes[at + 1 + index] = code;
    }
    bytes[at + 1 + id.length] = quote;
    return at + id.length + 2;
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

/** Loops are quicker than calls for what is short. */
function putPiece(into: Uint8Array, at: number, piece: Uint8Array): number {
  if (piece.length > longestLooped) into.set(piece, at);
  else for (let index = 0; index < piece.length; index++) into[at + index] = piece[index]!;
  return at + piece.length;
}
