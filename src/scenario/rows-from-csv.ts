import type { AnyField, ListField, ObjectField } from "./field.ts";
import { nearest } from "./nearest.ts";
import { problem, type Place, type Problem } from "./problem.ts";
import { readCsv, type Cell, type Table } from "./read-csv.ts";
import { textProblem, type Unreadable } from "./read-text.ts";
import type { Entry, MapTree, Tree } from "./tree.ts";

/** Largest CSV file, in characters. */
const maxCsvLength = 32_000_000;

/**
 * Reads a file as text; null, or the reason in words, when it cannot be read. The path is the one in the scenario,
 * joined to its folder.
 */
export type ReadFile = (path: string) => string | null | Unreadable;

/** What expanding files needs and leaves behind. */
export interface FileContext {
  /** Path of the scenario; other paths are relative to its folder. */
  readonly scenarioPath: string;
  readonly read: ReadFile;
  readonly problems: Problem[];
  /** What is odd about files and no error. */
  readonly warnings: Problem[];
  /** Text of every file read, by path, for showing lines. */
  readonly sources: Map<string, string>;
}

/**
 * Replaces every entry `{ file: rows.csv, … }` of a list by one entry per row. Columns are named like the keys of an
 * entry, with the unit of bare numbers in brackets (`powerLimit [MW]`), and `installed.h100x8` is a key of a mapping; other keys
 * beside `file` apply to every row that does not say otherwise. An empty cell is a key left out; `;` separates lists.
 */
export function expandRows(list: Tree, field: ListField, context: FileContext): Tree {
  if (list.kind !== "list") return list;
  const items = list.items.flatMap((item) => {
    const file = item.kind === "map" ? item.entries.get("file") : undefined;
    return item.kind === "map" && file !== undefined ? rowsOf(item, file, field, context) : [item];
  });
  return { ...list, items };
}

function rowsOf(entry: MapTree, file: Entry, field: ListField, context: FileContext): Tree[] {
  if (file.value.kind !== "scalar" || file.value.value === null) {
    context.problems.push(
      problem("DSP_SCENARIO_WRONG_TYPE", file.value.at, "`file` is a path", "write for example `file: sites.csv`"),
    );
    return [];
  }
  const path = joinPath(context.scenarioPath, file.value.text);
  const text = context.read(path);
  const unreadable = textProblem(text, path, file.value.at, maxCsvLength);
  if (unreadable !== null || typeof text !== "string") {
    if (unreadable !== null) context.problems.push(unreadable);
    return [];
  }
  context.sources.set(path, text);
  const result = readCsv(text, path);
  if ("problems" in result) {
    context.problems.push(...result.problems);
    return [];
  }
  const { header, rows } = withoutEmptyEnds(result.table);
  const columns = readHeader(header, entryFields(field.of, header), context.problems);
  if (rows.length === 0) {
    const message = "the file has a header and no rows, so it adds nothing";
    context.warnings.push(
      problem("DSP_SCENARIO_NOTHING_SELECTED", file.value.at, message, "add rows below the header", "warning"),
    );
  }
  const shared = [...entry.entries].filter(([key]) => key !== "file");
  return rows.map((row): MapTree => {
    const entries = new Map(shared);
    for (const [index, cell] of row.entries()) {
      const column = columns[index];
      if (column === undefined || column === null || cell.text === "") continue;
      const value = { keyAt: column.at, value: cellTree(cell, column) };
      if (column.inner === null) entries.set(column.key, value);
      else entries.set(column.key, withInner(entries.get(column.key), column.inner, value));
    }
    return { kind: "map", entries, at: row[0]?.at ?? entry.at };
  });
}

/** A mapping with one more key: what several columns `installed.h100x8`, `installed.l4x4` make together. */
function withInner(outer: Entry | undefined, key: string, value: Entry): Entry {
  const before = outer?.value.kind === "map" ? outer.value.entries : [];
  const entries = new Map([...before, [key, value] as const]);
  return { keyAt: outer?.keyAt ?? value.keyAt, value: { kind: "map", entries, at: outer?.value.at ?? value.value.at } };
}

/** Without the rows and the last columns that hold no text at all, as spreadsheets leave them around a table. */
function withoutEmptyEnds({ header, rows }: Table): Table {
  const isEmpty = (column: number): boolean => [header, ...rows].every((row) => row[column]!.text === "");
  let width = header.length;
  while (width > 0 && isEmpty(width - 1)) width--;
  return { header: header.slice(0, width), rows: rows.filter((row) => row.some(({ text }) => text !== "")) };
}

interface Column {
  readonly key: string;
  /** Key within the mapping that `key` holds; null where it holds no mapping. */
  readonly inner: string | null;
  readonly unit: string | null;
  /** What several values in a cell are: entries of a list, which one value is too, or values per period, for all of which one stands. */
  readonly several: "list" | "series" | null;
  readonly at: Place;
}

/** The keys an entry of the list may have: those of the form without a telling key, unless a column is that key. */
function entryFields(of: AnyField, header: readonly Cell[]): ObjectField["fields"] {
  if (of.kind === "object") return of.fields;
  if (of.kind !== "either") return {};
  return header.some((cell) => cell.text === of.key) ? of.withKey.fields : of.withoutKey.fields;
}

function readHeader(header: readonly Cell[], fields: ObjectField["fields"], problems: Problem[]): (Column | null)[] {
  const seen = new Set<string>();
  return header.map((cell): Column | null => {
    const match = /^([^[\]]+?)\s*(?:\[([^[\]]*)\])?$/.exec(cell.text);
    const name = match?.[1] ?? cell.text;
    const [key, inner] = keysOf(name, fields);
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    const refuse = (message: string, hint: string): null => {
      problems.push(problem("DSP_SCENARIO_CSV_HEADER", cell.at, message, hint));
      return null;
    };
    if (field === undefined) {
      const near = nearest(key, Object.keys(fields));
      return refuse(
        `there is no column \`${key}\` here`,
        near === null ? `the columns are: ${Object.keys(fields).join(", ")}` : `did you mean \`${near}\`?`,
      );
    }
    if (seen.has(name)) return refuse(`the column \`${name}\` stands twice`, "remove one of them");
    seen.add(name);
    if (field.kind === "map" && inner === null)
      return refuse(`\`${key}\` takes a column for each of its keys`, `name the column \`${key}.<${field.keys}>\``);
    if (field.kind === "object")
      return refuse(`\`${key}\` cannot be given in a CSV file`, "give it in the scenario, beside `file`");
    return {
      key,
      inner,
      unit: match?.[2]?.trim() ?? null,
      several: field.kind === "list" || field.kind === "series" ? field.kind : null,
      at: cell.at,
    };
  });
}

/** `installed.h100x8` where `installed` is a mapping: its name, and the key within it. */
function keysOf(name: string, fields: ObjectField["fields"]): readonly [string, string | null] {
  const dot = name.indexOf(".");
  const outer = name.slice(0, dot);
  return dot > 0 && Object.hasOwn(fields, outer) && fields[outer]!.kind === "map"
    ? [outer, name.slice(dot + 1)]
    : [name, null];
}

function cellTree(cell: Cell, column: Column): Tree {
  const scalar = (written: string): Tree => {
    // Blanks within quotes are as good as those without.
    const content = written.trim();
    // The unit of the column is for bare numbers; a cell may carry its own.
    const isBare = /^[+-]?\d[\d_.eE+-]*$/.test(content);
    const text = column.unit === null || !isBare ? content : `${content} ${column.unit}`;
    return { kind: "scalar", value: text, text, at: cell.at };
  };
  if (column.several === null || cell.text.trim() === "*") return scalar(cell.text);
  if (column.several === "series" && !cell.text.includes(";")) return scalar(cell.text);
  // A sign at the end parts nothing.
  const parts = cell.text.trim().replace(/;$/, "").split(";");
  return { kind: "list", items: parts.map((part) => scalar(part.trim())), at: cell.at };
}

function joinPath(scenarioPath: string, path: string): string {
  const isAbsolute = /^(?:[/\\]|[A-Za-z]:[/\\])/.test(path);
  const folder = /^.*[/\\]/.exec(scenarioPath)?.[0] ?? "";
  return isAbsolute ? path : folder + path.replace(/^\.\//, "");
}
