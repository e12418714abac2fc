import { fieldLines } from "./message-head.ts";

/** So many heads in a row with other fields, and theirs are the ones that are kept. */
const mostMisses = 4;

/**
 * Field lines of heads that are nearly the same time after time: most fields of an answer say what those before it said. What
 * stands between the values that change is kept as one text each, so that a head is put together from a few pieces instead of four
 * for every field.
 */
export class RepeatedLines {
  /** Fields of a head before, and which of their values have changed since. */
  #fields: readonly string[] = [];
  #changes: boolean[] = [];
  /** Text before each value that changes, and behind the last. */
  #between: string[] = [""];
  #misses = 0;

  /** As `fieldLines`. */
  of(fields: readonly string[]): string {
    const kept = this.#fields;
    if (kept.length !== fields.length) return this.#other(fields);
    let next = 0;
    let lines = this.#between[0]!;
    for (let index = 0; index < fields.length; index += 2) {
      if (fields[index] !== kept[index]) return this.#other(fields);
      if (this.#changes[index >> 1]) lines += fields[index + 1]! + this.#between[++next]!;
      else if (fields[index + 1] !== kept[index + 1]) return this.#changed(fields, index >> 1);
    }
    this.#misses = 0;
    return lines;
  }

  #other(fields: readonly string[]): string {
    if (++this.#misses < mostMisses) return fieldLines(fields);
    this.#misses = 0;
    this.#fields = [...fields];
    this.#changes = fields.filter((_, index) => index % 2 === 0).map(() => false);
    this.#cut();
    return fieldLines(fields);
  }

  #changed(fields: readonly string[], field: number): string {
    this.#changes[field] = true;
    this.#cut();
    return this.of(fields);
  }

  #cut(): void {
    const between: string[] = [];
    let text = "";
    for (const [field, changes] of this.#changes.entries()) {
      text += `${this.#fields[2 * field]!}: `;
      if (changes) {
        between.push(inOnePiece(text));
        text = "\r\n";
      } else text += `${this.#fields[2 * field + 1]!}\r\n`;
    }
    this.#between = [...between, inOnePiece(text)];
  }
}

/** A text that was put together is otherwise kept as its pieces, and taken apart each time it is written. */
function inOnePiece(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}
