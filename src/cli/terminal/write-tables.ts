import { join } from "node:path";
import { makeFolder } from "../../adapters/files-node/index.ts";
import { CommandFailure, exitCodes } from "./exit-codes.ts";
import { fileFault } from "./file-errors.ts";
import { writeFile } from "./write-file.ts";

export type Cell = string | number | null;

/** A table that becomes a file; units are in the column names. */
export interface Table {
  readonly name: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** Writes tables into a folder, one CSV file each. `option` names the folder's option in an error. */
export function writeTables(folder: string, tables: readonly Table[], option: string): void {
  try {
    makeFolder(folder);
  } catch (error) {
    throw new CommandFailure(exitCodes.invalid, `${option}: the folder ${folder} cannot be made: ${fileFault(error)}.`);
  }
  for (const table of tables) {
    const path = join(folder, `${table.name}.csv`);
    writeFile(path, `${[table.head, ...table.rows].map((row) => row.map(quote).join(",")).join("\r\n")}\r\n`);
    process.stderr.write(`${path}: ${table.rows.length} ${table.rows.length === 1 ? "row" : "rows"}\n`);
  }
}

/** RFC 4180; a cell that a spreadsheet would run as a formula is kept as text. */
function quote(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "number") return String(cell);
  const text = /^[=+\-@\t]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
