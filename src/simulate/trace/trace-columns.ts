/** Columns of tables that others have made: how they are parted, what they are called, in what unit their times are. */

export interface TraceColumns {
  readonly time: number;
  readonly input: number;
  readonly output: number;
  /** What a plain number in the column of times counts, ms; null where the name does not say it. */
  readonly unitMs: number | null;
}

/** Spreadsheets of many countries write semicolons, and tables are often kept with tabs or bars. */
export function separatorOf(header: string): string {
  return [",", "\t", ";", "|"].find((separator) => header.includes(separator)) ?? ",";
}

/** A row's fields, and what its quotes say. */
export interface RowFields {
  readonly fields: string[];
  /** The last field begins with a quote that does not end in the row: a text with lines of its own may go on below. */
  readonly isOpen: boolean;
  /** Behind the end of a quoted field something follows: its quotes mean something else. */
  readonly isAstray: boolean;
}

/** The fields of a row; a quoted one may hold separators. */
export function fieldsOf(row: string, separator: string): string[] {
  return readFields(row, separator).fields;
}

/** The same, with what quotes say. Every part is looked at once, as texts may hold thousands of separators. */
export function readFields(row: string, separator: string): RowFields {
  const parts = row.split(separator);
  if (!row.includes('"')) return { fields: parts.map((field) => field.trim()), isOpen: false, isAstray: false };
  const fields: string[] = [];
  let [isOpen, isAstray] = [false, false];
  for (let at = 0; at < parts.length; at++) {
    const from = at;
    let part = parts[at]!.trim();
    const isQuoted = part.startsWith('"');
    let end = isQuoted ? endOfText(part, 1) : 0;
    while (end < 0 && at + 1 < parts.length) {
      part = parts[++at]!.trimEnd();
      end = endOfText(part, 0);
    }
    isOpen = end < 0;
    isAstray ||= isQuoted && !isOpen && end < part.length - 1;
    const field = parts
      .slice(from, at + 1)
      .join(separator)
      .trim();
    fields.push(field.replace(/^"([^]*)"$/, "$1"));
  }
  return { fields, isOpen, isAstray };
}

/** Where the quote is that ends a text, two of which are one that belongs to it; -1 where there is none. */
function endOfText(part: string, from: number): number {
  let at = part.indexOf('"', from);
  while (at >= 0 && part[at + 1] === '"') at = part.indexOf('"', at + 2);
  return at;
}

/**
 * What a column is called without case, spaces and signs between words, those that tell most first: a table may have a
 * column `input` with the prompt's text beside `input_tokens`.
 */
const names = {
  time: [
    "timestamp",
    "arrivaltime",
    "arrivaltimestamp",
    "requesttimestamp",
    "arrivedat",
    "arrival",
    "requesttime",
    "starttime",
    "createdat",
    "datetime",
    "time",
    "date",
    "ts",
  ],
  input: [
    "contexttokens",
    "inputtokens",
    "inputlength",
    "prompttokens",
    "promptlength",
    "numprefilltokens",
    "numinputtokens",
    "numprompttokens",
    "requesttokens",
    "prefilltokens",
    "inputlen",
    "promptlen",
    "isl",
    "input",
    "prompt",
    "context",
  ],
  output: [
    "generatedtokens",
    "outputtokens",
    "outputlength",
    "completiontokens",
    "responsetokens",
    "responselength",
    "generatedlength",
    "numdecodetokens",
    "numoutputtokens",
    "numgeneratedtokens",
    "decodetokens",
    "outputlen",
    "responselen",
    "osl",
    "output",
    "completion",
    "response",
    "generated",
  ],
} as const;

const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  ms: 1,
  s: 1000,
  sec: 1000,
  seconds: 1000,
  min: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hours: 3_600_000,
};

/** The name of a column without its unit, which stands after a sign between words or in brackets: `timestamp_ms`, `time (s)`. */
export function columnName(field: string): { readonly name: string; readonly unitMs: number | null } {
  // Times without an offset are UTC anyway.
  const lower = field
    .toLowerCase()
    .trim()
    .replace(/[\s_-]*[([\s_-]utc[)\]]?$/, "");
  const [, rest = "", unit = ""] = /^(.*?)[\s_-]*[([\s_-]([a-zµ]+)[)\]]?$/u.exec(lower) ?? [];
  const unitMs = units[unit.replace("µ", "u")];
  const name = unitMs === undefined || rest === "" ? lower : rest;
  return { name: name.replaceAll(/[\s_-]/g, ""), unitMs: rest === "" ? null : (unitMs ?? null) };
}

/** Where a trace has its columns; null when the header names too few of them. */
export function findColumns(header: readonly string[]): TraceColumns | null {
  const columns = header.map(columnName);
  const position = (candidates: readonly string[]): number => {
    const called = candidates.find((candidate) => columns.some(({ name }) => name === candidate));
    return columns.findIndex(({ name }) => name === called);
  };
  const found = { time: position(names.time), input: position(names.input), output: position(names.output) };
  if (found.time < 0 || found.input < 0 || found.output < 0) return null;
  return { ...found, unitMs: columns[found.time]!.unitMs };
}
