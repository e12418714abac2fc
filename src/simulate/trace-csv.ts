import { TraceBuilder } from "./trace-builder.ts";
import type { Trace } from "./trace.ts";
import type { TraceStore } from "./trace-store.ts";

/**
 * Reads a CSV trace with a header line by line: the Azure format (`TIMESTAMP,ContextTokens,GeneratedTokens`, of 2023 and
 * of 2024) and anything that names its columns alike. Times are ISO-like dates or plain numbers in seconds.
 */
export class CsvTraceParser {
  readonly #builder: TraceBuilder;
  #line = 0;
  #columns: { time: number; input: number; output: number } | null = null;
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
      this.#columns = found ?? { time: 0, input: 1, output: 2 };
      if (found) return;
    }
    this.#builder.countRow();
    if (fields.length !== this.#width) {
      this.#builder.reject(isCut && fields.length < this.#width ? "truncated" : "malformed", this.#line, row);
      return;
    }
    const { time, input, output } = this.#columns;
    const parsed = {
      timeMs: parseTimeMs(fields[time] ?? ""),
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
    return this.#builder.finish(512);
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

/** Spreadsheets of many countries write semicolons, and tables are often kept with tabs. */
function separatorOf(header: string): string {
  return [",", "\t", ";"].find((separator) => header.includes(separator)) ?? ",";
}

/** The fields of a row; a quoted one may hold separators. */
function fieldsOf(row: string, separator: string): string[] {
  const parts = row.split(separator);
  if (!row.includes('"')) return parts.map((field) => field.trim());
  const fields: string[] = [];
  for (let at = 0; at < parts.length; at++) {
    let field = parts[at]!.trim();
    while (/^"(?:[^"]|"")*$/.test(field) && at + 1 < parts.length) field += separator + parts[++at]!;
    fields.push(field.trim().replace(/^"(.*)"$/, "$1"));
  }
  return fields;
}

const names = {
  time: ["timestamp", "time", "arrival_time", "arrived_at", "arrival_s"],
  input: [
    "contexttokens",
    "input_tokens",
    "input_length",
    "num_prefill_tokens",
    "prompt_tokens",
    "inputtokens",
    "request tokens",
  ],
  output: [
    "generatedtokens",
    "output_tokens",
    "output_length",
    "num_decode_tokens",
    "completion_tokens",
    "outputtokens",
    "response tokens",
  ],
};

function findColumns(header: readonly string[]): { time: number; input: number; output: number } | null {
  const lower = header.map((field) => field.toLowerCase());
  const position = (candidates: readonly string[]) => lower.findIndex((field) => candidates.includes(field));
  const found = { time: position(names.time), input: position(names.input), output: position(names.output) };
  return found.time < 0 || found.input < 0 || found.output < 0 ? null : found;
}

const datePattern = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2})(\.\d+)?(?:Z|([+-])(\d{2}):?(\d{2}))?$/;

/** Time of a field, ms on its own clock: an ISO-like date, or a plain number of seconds; NaN when it is neither. */
export function parseTimeMs(field: string): number {
  if (/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(field)) return Number(field) * 1000;
  const match = datePattern.exec(field);
  if (!match) return Number.NaN;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
  const offsetMinutes = match[8] ? (match[8] === "-" ? -1 : 1) * (Number(match[9]) * 60 + Number(match[10])) : 0;
  const isDate = month! >= 1 && month! <= 12 && day! >= 1 && day! <= daysInMonth(year!, month!);
  if (!isDate || hour! > 23 || minute! > 59 || second! > 60) return Number.NaN;
  // Fractions beyond a millisecond count: Azure's stamps have seven digits, and bursts live in them.
  const fraction = match[7] ? Number(match[7]) : 0;
  const seconds =
    ((daysSince1970(year!, month!, day!) * 24 + hour!) * 60 + minute!) * 60 + second! - offsetMinutes * 60;
  return seconds * 1000 + fraction * 1000;
}

function daysInMonth(year: number, month: number): number {
  return daysSince1970(month === 12 ? year + 1 : year, (month % 12) + 1, 1) - daysSince1970(year, month, 1);
}

/** Days of the proleptic Gregorian calendar, counted in years that begin in March so that leap days come last. */
function daysSince1970(year: number, month: number, day: number): number {
  const y = month > 2 ? year : year - 1;
  const monthFromMarch = (month + 9) % 12;
  const leapDays = Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  return y * 365 + leapDays + Math.floor((153 * monthFromMarch + 2) / 5) + day - 1 - 719468;
}

function parseCount(field: string): number {
  return /^\d+(\.0+)?$/.test(field) ? Number(field) : Number.NaN;
}
