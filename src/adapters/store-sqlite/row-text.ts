import type { ColumnKinds, PackedRows } from "./row-pack.ts";
import type { SummedColumns } from "./summed-rows.ts";

/** A row as the ledger's thread handles it. */
export interface UnpackedRow {
  /** What is stored and hashed: the row as JSON. */
  readonly text: string;
  /** What no two rows have in common. */
  readonly attempt: string;
  readonly shape: Shape;
  /** Where the row's numbers begin in `numbers`. */
  readonly at: number;
}

/** What rows with the same labels have in common. */
class Shape {
  /** What stands in a row's text before each of its numbers. */
  readonly before: readonly string[];
  readonly after: string;
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
        before.push(text);
        text = "";
      } else {
        values.set(name, labels[next]);
        text += JSON.stringify(labels[next++]);
      }
    }
    this.before = before;
    this.after = `${text}}`;
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

  unpack({ ids, shapes, numbers }: PackedRows): UnpackedRow[] {
    const known = shapes.map(
      (labels) => new Shape(JSON.parse(labels) as unknown[], this.#columns, this.#summed.dimensions),
    );
    const stride = 1 + this.#count;
    return ids.map((id, index) => {
      const shape = known[numbers[index * stride]!]!;
      const at = index * stride + 1;
      let text = `{"requestId":${JSON.stringify(id)}`;
      for (let column = 0; column < this.#count; column++) {
        const value = numbers[at + column]!;
        text += shape.before[column]! + (Number.isFinite(value) ? String(value) : "null");
      }
      return { text: text + shape.after, attempt: `${id} ${numbers[at + this.#attempt]}`, shape, at };
    });
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
}
