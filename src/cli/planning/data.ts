import { geonamesPlaces } from "../../adapters/places-geonames/index.ts";
import {
  figureTables,
  findFigures,
  listFigures,
  sources,
  type FigureRow,
  type SourceKey,
} from "../../catalog/index.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { textTable } from "../terminal/text-table.ts";

/** Longest value a table shows; a longer one, such as a list of countries, goes beneath it. */
const longestCell = 44;
const lineWidth = 100;

/** `disperse data show`: every figure with where it is from and how sure it is. */
export function showData(names: readonly string[], options: { json?: boolean }): void {
  const places = geonamesPlaces();
  const rows: FigureRow[] = [];
  for (const name of names) {
    const found = findFigures(name, places);
    if (found.rows.length === 0) {
      const hint = found.suggestions.length > 0 ? ` Did you mean ${found.suggestions.join(", ")}?` : "";
      throw new CommandFailure(
        exitCodes.invalid,
        `The catalogue has no figure "${name}".${hint} (disperse data list shows what there is)`,
      );
    }
    rows.push(...found.rows);
  }
  if (options.json) {
    process.stdout.write(`${JSON.stringify(rows.map(withSource), null, 2)}\n`);
    return;
  }
  process.stdout.write(`${figureTable(rows)}\n`);
}

/** A row with the words of its source, so that the JSON stands on its own. */
function withSource(row: FigureRow): object {
  const { title, publisher, url } = sources[row.source];
  return { ...row, sourceTitle: title, publisher, url };
}

/** The figures, then what long values, remarks and sources say, each once. */
function figureTable(rows: readonly FigureRow[]): string {
  const used = [...new Set(rows.map((row) => row.source))];
  const numberOf = (key: SourceKey) => `[${used.indexOf(key) + 1}]`;
  const table = textTable(
    ["figure", "value", "unit", "confidence", "as of", "source"],
    rows.map((row) => [row.path, shortValue(row), row.unit, row.confidence, row.asOf, numberOf(row.source)]),
  ).split("\n");
  const [head = "", rule = "", ...lines] = table;
  const body = rows.flatMap((row, index) => {
    const long = valueText(row);
    const beneath = [...(long.length > longestCell ? wrap(long) : []), ...(row.note ? wrap(row.note) : [])];
    return [lines[index]!, ...beneath.map((line) => `    ${line}`)];
  });
  const notes = used.map((key) => {
    const { title, publisher, url } = sources[key];
    return `${numberOf(key)} ${title}. ${publisher}${url === null ? "" : `, ${url}`}`;
  });
  return [head, rule, ...body, "", ...notes].join("\n");
}

function shortValue(row: FigureRow): string {
  const text = valueText(row);
  if (text.length <= longestCell) return text;
  return `${text.split(" ").length} entries`;
}

function valueText(row: FigureRow): string {
  const { value, low, high } = row;
  if (low === undefined && high === undefined) return String(value);
  return `${value} (${low ?? "…"} to ${high ?? "…"})`;
}

/** Words in lines no wider than a terminal likes. */
function wrap(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + 1 > lineWidth) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** `disperse data list`: the tables, the entries of a table, or the figures of an entry; all figures with `--all`. */
export function listData(prefix: string, options: { all?: boolean } = {}): void {
  const tables = figureTables();
  if (prefix === "" && !options.all) {
    process.stdout.write(
      `${textTable(
        ["table", "entries", "for example"],
        tables.map(({ name, entries }) => [name, String(entries.length), entries.slice(0, 4).join(", ")]),
      )}\n`,
    );
    process.stderr.write("\ndisperse data list <table> names its entries; cities have ids such as berlin-de.\n");
    return;
  }
  const table = options.all ? undefined : tables.find(({ name }) => name === prefix.trim().toLowerCase());
  const names = table?.entries ?? listFigures(prefix).map((row) => row.path);
  if (names.length === 0) {
    const { suggestions } = findFigures(prefix);
    const hint = suggestions.length > 0 ? `Did you mean ${suggestions.join(", ")}?` : tableNames(tables);
    throw new CommandFailure(exitCodes.invalid, `The catalogue has nothing below "${prefix}". ${hint}`);
  }
  process.stdout.write(`${names.join("\n")}\n`);
}

function tableNames(tables: readonly { readonly name: string }[]): string {
  return `Its tables are: ${tables.map(({ name }) => name).join(", ")}.`;
}
