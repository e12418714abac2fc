import { TraceBuilder } from "./trace-builder.ts";
import { findColumns, fieldsOf, separatorOf, type TraceColumns } from "./trace-columns.ts";
import { epochUnitMs, parseTimeMs } from "./trace-times.ts";
import type { Trace } from "./trace.ts";
import type { TraceStore } from "./trace-store.ts";

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
  #separator = ",";

  constructor(makeStore?: () => TraceStore) {
    this.#builder = new TraceBuilder(makeStore);
  }

  /** One line without its end. `isCut` when the file ended before the line did. */
  push(text: string, isCut = false): void {
    this.#line++;
    const row = this.#line === 1 ? text.replace(/^\uFEFF/, "") : text;
    if (row.trim() === "") return;
    if (this.#columns === null) this.#separator = separatorOf(row);
    const fields = fieldsOf(row, this.#separator);
    if (this.#columns === null) {
      this.#width = fields.length;
      const found = findColumns(fields);
      this.#columns = found ?? unnamedColumns(fields);
      if (found) return;
    }
    this.#builder.countRow();
    if (fields.length !== this.#width) {
      this.#builder.reject(isCut && fields.length < this.#width ? "truncated" : "malformed", this.#line, row);
      return;
    }
    const { time, input, output, unitMs } = this.#columns;
    const parsed = {
      timeMs: parseTimeMs(fields[time] ?? "", unitMs ?? epochUnitMs),
      inputTokens: parseCount(fields[input] ?? ""),
      outputTokens: parseCount(fields[output] ?? ""),
    };
    this.#builder.add(parsed, this.#line, row);
  }

  /** Something other than a line that stands in the way, for example the end of a damaged archive. */
  reject(rule: "truncated" | "malformed", text: string): void {
    this.#builder.countRow();
    this.#builder.reject(rule, this.#line + 1, text);
  }

  finish(): Trace {
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
