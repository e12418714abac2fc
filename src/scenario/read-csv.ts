import { maxCollected, problem, type Place, type Problem } from "./problem.ts";

/** A cell with its place; the place is that of the text inside the quotes' outer edge. */
export interface Cell {
  readonly text: string;
  readonly at: Place;
}

export interface Table {
  readonly header: readonly Cell[];
  readonly rows: readonly (readonly Cell[])[];
}

/** Most rows of one file. */
const maxRows = 300_000;

/**
 * Parses CSV text (RFC 4180: commas, double quotes, quotes doubled inside quotes; LF or CRLF; a byte order mark is
 * skipped). Empty lines are skipped, every row must have as many cells as the header. Never throws.
 */
export function readCsv(text: string, file: string): { table: Table } | { problems: Problem[] } {
  const result = readCsvRecords(text, file);
  return "problems" in result ? result : toTable(result.records, file);
}

/** The same without a look at the header: records of any length, for readers that count the odd ones themselves. */
export function readCsvRecords(text: string, file: string): { records: Cell[][] } | { problems: Problem[] } {
  const records: Cell[][] = [];
  let position = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let lineStart = position;
  let line = 1;
  let record: Cell[] = [];

  while (position < text.length) {
    const at = { file, line, column: position - lineStart + 1 };
    let content: string;
    if (text[position] === '"') {
      const quoted = readQuoted(text, position);
      if (quoted === null) {
        const place = { ...at, endColumn: at.column + 1 };
        return {
          problems: [
            problem(
              "DSP_SCENARIO_CSV_SYNTAX",
              place,
              "this quote is not closed, or text follows the closing quote",
              'write `"` twice inside quotes, and a comma or a new line after the closing quote',
            ),
          ],
        };
      }
      content = quoted.text;
      for (let i = position; i < quoted.end; i++) {
        if (text[i] === "\n") [line, lineStart] = [line + 1, i + 1];
      }
      position = quoted.end;
    } else {
      const end = /[,\r\n]/g;
      end.lastIndex = position;
      const stop = end.exec(text)?.index ?? text.length;
      content = text.slice(position, stop).trim();
      position = stop;
    }
    const endColumn = at.line === line ? Math.max(position - lineStart + 1, at.column + 1) : at.column + 1;
    record.push({ text: content, at: { ...at, endColumn } });
    if (text[position] === ",") {
      position += 1;
      // A comma at the very end still opens a last, empty cell.
      if (position < text.length) continue;
      record.push({
        text: "",
        at: { file, line, column: position - lineStart + 1, endColumn: position - lineStart + 2 },
      });
    }
    if (text.startsWith("\r\n", position)) position += 2;
    else if (position < text.length) position += 1;
    [line, lineStart] = [line + 1, position];
    if (record.length > 1 || record[0]!.text !== "") records.push(record);
    record = [];
    if (records.length > maxRows) {
      return {
        problems: [
          problem(
            "DSP_SCENARIO_TOO_LARGE",
            { file, line, column: 1, endColumn: 2 },
            `the file has more than ${maxRows} rows`,
            "keep the rows the plan needs",
          ),
        ],
      };
    }
  }
  return { records };
}

/** Reads from an opening quote to the closing one; null when there is none or something follows it. */
function readQuoted(text: string, start: number): { text: string; end: number } | null {
  let end = start + 1;
  for (;;) {
    end = text.indexOf('"', end);
    if (end < 0) return null;
    if (text[end + 1] !== '"') break;
    end += 2;
  }
  const after = text[end + 1];
  if (after !== undefined && !",\r\n".includes(after)) return null;
  return { text: text.slice(start + 1, end).replaceAll('""', '"'), end: end + 1 };
}

/** What a spreadsheet of another locale parts columns by, when the first line shows it; null when commas do. */
export function foreignSeparator(header: readonly Cell[]): string | null {
  const first = header[0]?.text ?? "";
  if (/^sep=./i.test(first)) return "what its first line, `sep=`, says";
  if (header.length > 1) return null;
  if (/^"?[A-Za-z][^;]*;/.test(first)) return "semicolons";
  return first.includes("\t") ? "tabs" : null;
}

function toTable(records: readonly Cell[][], file: string): { table: Table } | { problems: Problem[] } {
  const [header, ...rows] = records;
  if (header === undefined) {
    return {
      problems: [
        problem(
          "DSP_SCENARIO_EMPTY",
          { file, line: 1, column: 1, endColumn: 2 },
          "the file holds nothing",
          "the first line names the columns",
        ),
      ],
    };
  }
  const foreign = foreignSeparator(header);
  if (foreign !== null) {
    return {
      problems: [
        problem(
          "DSP_SCENARIO_CSV_SYNTAX",
          header[0]!.at,
          `the columns are parted by ${foreign}, not by commas`,
          "save the file as comma-separated values (CSV, UTF-8), with a point in decimals",
        ),
      ],
    };
  }
  const problems = rows
    .filter((row) => row.length !== header.length)
    .slice(0, maxCollected)
    .map((row) => {
      const cells = row.length === 1 ? "1 cell" : `${row.length} cells`;
      return problem(
        "DSP_SCENARIO_CSV_SYNTAX",
        row.at(-1)!.at,
        `this row has ${cells}, the header has ${header.length}`,
        "give every row one cell per column, and put quotes around cells that hold a comma",
      );
    });
  return problems.length > 0 ? { problems } : { table: { header, rows } };
}
