import { TraceBuilder } from "./trace-builder.ts";
import { findColumns, fieldsOf, readFields, separatorOf, type TraceColumns } from "./trace-columns.ts";
import { epochUnitMs, parseTimeMs } from "./trace-times.ts";
import type { Trace } from "./trace.ts";
import type { TraceStore } from "./trace-store.ts";

/** Lines and characters a quoted text may have; a quote that is open for longer was none. */
const longestText = { lines: 1000, characters: 4_000_000 } as const;
/** Characters that may be read again behind such quotes, beside so many times those of the file so far. */
const mostAgain = { characters: 20_000_000, times: 4 } as const;

/**
 * Reads a CSV trace with a header line by line: the Azure format (`TIMESTAMP,ContextTokens,GeneratedTokens`, of 2023 and
 * of 2024) and anything that names its columns alike. Times are ISO-like dates or plain numbers, in the unit that the
 * column's name says, or else in seconds.
 */
export class CsvTraceParser {
  readonly #builder: TraceBuilder;
  #line = 0;
  #columns: TraceColumns | null = null;
  #width = 0;
  #separator = "";
  /** Lines of a row whose quoted text goes on, from the one in which it began, and their characters. */
  #open: string[] = [];
  #openLength = 0;
  /** Characters of the file so far, and those read again. */
  #read = 0;
  #again = 0;

  constructor(makeStore?: () => TraceStore) {
    this.#builder = new TraceBuilder(makeStore);
  }

  /** One line without its end. `isCut` when the file ended before the line did. */
  push(text: string, isCut = false): void {
    this.#read += text.length;
    this.#next(text, isCut);
  }

  #next(text: string, isCut: boolean): void {
    this.#line++;
    const line = this.#line === 1 ? text.replace(/^\uFEFF/, "") : text;
    if (this.#open.length > 0) return this.#goOn(line, isCut);
    if (line.trim() === "") return;
    // Spreadsheets may say in a first line of their own what parts the columns.
    const told = this.#columns === null ? /^sep=([^"])$/i.exec(line.trim()) : null;
    if (told) this.#separator = told[1]!;
    else if (this.#columns !== null && !isCut && line.includes('"') && readFields(line, this.#separator).isOpen) {
      this.#open = [line];
      this.#openLength = line.length;
    } else this.#take(line, this.#line, isCut);
  }

  /** A further line of a row with an open quote: more of its text, its end, or the proof that the quote never meant to go on. */
  #goOn(line: string, isCut: boolean): void {
    this.#open.push(line);
    this.#openLength += line.length;
    // Two quotes are one that belongs to the text, so that only an odd number ends it.
    const isOpen = line.split('"').length % 2 === 1;
    const { lines, characters } = longestText;
    if (isOpen && !isCut && this.#open.length < lines && this.#openLength < characters) return;
    if (isOpen) return this.#giveUp(isCut);
    const row = this.#open.join("\n");
    const { fields, isAstray } = readFields(row, this.#separator);
    if (isAstray || fields.length !== this.#width) return this.#giveUp(isCut);
    const first = this.#line - this.#open.length + 1;
    this.#open = [];
    this.#take(row, first, false);
  }

  /**
   * Takes the lines behind an open quote for what each is by itself. Where most are behind quotes that mean something else, those of
   * the others begin no text either: else each line would be read a thousand times.
   */
  #giveUp(isCut: boolean): void {
    const lines = this.#open;
    this.#open = [];
    this.#line -= lines.length - 1;
    this.#take(lines[0]!, this.#line, isCut && lines.length === 1);
    this.#again += this.#openLength;
    const isTooOften = this.#again > mostAgain.characters + mostAgain.times * this.#read;
    for (const [index, line] of lines.slice(1).entries()) {
      const isLast = isCut && index === lines.length - 2;
      if (isTooOften) this.#take(line, ++this.#line, isLast);
      else this.#next(line, isLast);
    }
  }

  #take(row: string, line: number, isCut: boolean): void {
    if (row.trim() === "") return;
    if (this.#separator === "") this.#separator = separatorOf(row);
    const fields = fieldsOf(row, this.#separator);
    if (this.#columns === null) {
      this.#width = fields.length;
      const found = findColumns(fields);
      this.#columns = found ?? unnamedColumns(fields);
      if (found) return;
    }
    this.#builder.countRow();
    if (fields.length !== this.#width) {
      this.#builder.reject(isCut && fields.length < this.#width ? "truncated" : "malformed", line, row);
      return;
    }
    const { time, input, output, unitMs } = this.#columns;
    const timeText = fields[time] ?? "";
    const parsed = {
      // Where semicolons part the columns, commas may part the digits.
      timeMs: parseTimeMs(this.#separator === ";" ? timeText.replace(",", ".") : timeText, unitMs ?? epochUnitMs),
      inputTokens: parseCount(fields[input] ?? ""),
      outputTokens: parseCount(fields[output] ?? ""),
    };
    this.#builder.add(parsed, line, row);
  }

  /** Something other than a line that stands in the way, for example the end of a damaged archive. */
  reject(rule: "truncated" | "malformed", text: string): void {
    this.#builder.countRow();
    this.#builder.reject(rule, this.#line + 1, text);
  }

  finish(): Trace {
    if (this.#open.length > 0) this.#giveUp(true);
    return this.#builder.finish();
  }
}

/** Reads a CSV trace that is in memory. */
export function parseCsvTrace(text: string): Trace {
  const parser = new CsvTraceParser();
  pushLines(text, parser);
  return parser.finish();
}

/** Hands the lines of a text to a parser. */
export function pushLines(text: string, parser: { push(line: string, isCut?: boolean): void }): void {
  const lines = text.split(/\r?\n/);
  for (const [index, line] of lines.entries()) parser.push(line, index === lines.length - 1);
}

/**
 * Of a table that does not name its columns as any known one, or has no header: time, prompt, answer are the first three. Where
 * there are names and more columns than that, which of them is what cannot be told: no row is taken for what it is not.
 */
function unnamedColumns(fields: readonly string[]): TraceColumns {
  const isTold = fields.length === 3 || Number.isFinite(parseTimeMs(fields[0] ?? ""));
  return isTold ? { time: 0, input: 1, output: 2, unitMs: null } : { time: -1, input: -1, output: -1, unitMs: null };
}

function parseCount(field: string): number {
  return /^\d+(\.0+)?$/.test(field) ? Number(field) : Number.NaN;
}
