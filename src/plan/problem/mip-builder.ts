/**
 * Collects a mixed-integer model column by column and row by row into growing typed arrays, so that a model with millions
 * of entries never exists as JavaScript objects.
 */
import type { MipModel } from "./solver.ts";

class Doubles {
  #data: Float64Array<ArrayBuffer>;
  length = 0;
  constructor(capacity: number) {
    this.#data = new Float64Array(capacity);
  }
  push(value: number): void {
    if (this.length === this.#data.length) {
      const larger = new Float64Array(this.#data.length * 2);
      larger.set(this.#data);
      this.#data = larger;
    }
    this.#data[this.length++] = value;
  }
  toArray(): Float64Array<ArrayBuffer> {
    return this.#data.slice(0, this.length);
  }
}

class Integers {
  #data: Int32Array<ArrayBuffer>;
  length = 0;
  constructor(capacity: number) {
    this.#data = new Int32Array(capacity);
  }
  push(value: number): void {
    if (this.length === this.#data.length) {
      const larger = new Int32Array(this.#data.length * 2);
      larger.set(this.#data);
      this.#data = larger;
    }
    this.#data[this.length++] = value;
  }
  toArray(): Int32Array<ArrayBuffer> {
    return this.#data.slice(0, this.length);
  }
}

const initialCapacity = 1024;

/** Adds columns first, then rows entry by entry; `build` closes the model. */
export class MipBuilder {
  readonly #cost = new Doubles(initialCapacity);
  readonly #lower = new Doubles(initialCapacity);
  readonly #upper = new Doubles(initialCapacity);
  readonly #integer = new Integers(initialCapacity);
  readonly #rowLower = new Doubles(initialCapacity);
  readonly #rowUpper = new Doubles(initialCapacity);
  readonly #rowStarts = new Integers(initialCapacity);
  readonly #indices = new Integers(initialCapacity);
  readonly #values = new Doubles(initialCapacity);
  #offset = 0;

  get numCols(): number {
    return this.#cost.length;
  }

  get numRows(): number {
    return this.#rowLower.length;
  }

  addOffset(value: number): void {
    this.#offset += value;
  }

  /** Returns the position of the new column. */
  addCol(cost: number, lower: number, upper: number, integer: boolean): number {
    this.#cost.push(cost);
    this.#lower.push(lower);
    this.#upper.push(upper);
    this.#integer.push(integer ? 1 : 0);
    return this.#cost.length - 1;
  }

  /** Begins a row; the entries added until the next call belong to it. Returns its position. */
  addRow(lower: number, upper: number): number {
    this.#rowStarts.push(this.#indices.length);
    this.#rowLower.push(lower);
    this.#rowUpper.push(upper);
    return this.#rowLower.length - 1;
  }

  addEntry(col: number, value: number): void {
    if (value === 0) return;
    this.#indices.push(col);
    this.#values.push(value);
  }

  build(): MipModel {
    const starts = new Int32Array(this.numRows + 1);
    starts.set(this.#rowStarts.toArray());
    starts[this.numRows] = this.#indices.length;
    return {
      numCols: this.numCols,
      numRows: this.numRows,
      offset: this.#offset,
      colCost: this.#cost.toArray(),
      colLower: this.#lower.toArray(),
      colUpper: this.#upper.toArray(),
      colInteger: Uint8Array.from(this.#integer.toArray()),
      rowLower: this.#rowLower.toArray(),
      rowUpper: this.#rowUpper.toArray(),
      rowStarts: starts,
      colIndices: this.#indices.toArray(),
      values: this.#values.toArray(),
    };
  }
}

/** A builder that already holds a model. */
export function continueModel(model: MipModel): MipBuilder {
  const builder = new MipBuilder();
  builder.addOffset(model.offset);
  for (let col = 0; col < model.numCols; col++) {
    builder.addCol(model.colCost[col]!, model.colLower[col]!, model.colUpper[col]!, model.colInteger[col] === 1);
  }
  for (let row = 0; row < model.numRows; row++) {
    builder.addRow(model.rowLower[row]!, model.rowUpper[row]!);
    for (let i = model.rowStarts[row]!; i < model.rowStarts[row + 1]!; i++) {
      builder.addEntry(model.colIndices[i]!, model.values[i]!);
    }
  }
  return builder;
}
