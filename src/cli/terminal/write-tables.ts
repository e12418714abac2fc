import { accessSync, constants, existsSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
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

/**
 * Writes tables into a folder, one CSV file each, over those of an earlier run and nothing else: a scenario's own `sites.csv` may lie there.
 * Where that cannot be done they are kept among the temporary files, and the error says where.
 *
 * @param option Names the folder's option in an error.
 */
export function writeTables(folder: string, tables: readonly Table[], option: string): void {
  try {
    requireFolder(folder, option);
    const foreign = tables.find((table) => holdsSomethingElse(pathOf(folder, table), table));
    if (foreign !== undefined) {
      throw new CommandFailure(
        exitCodes.invalid,
        `${option}: ${pathOf(folder, foreign)} is there already and is no such table. Choose another folder.`,
      );
    }
    writeAll(folder, tables);
  } catch (error) {
    const rescue = join(tmpdir(), `disperse-${process.pid}-tables`);
    try {
      makeFolder(rescue);
      writeAll(rescue, tables);
    } catch {
      throw error;
    }
    throw new CommandFailure(exitCodes.invalid, `${(error as Error).message} What was found is kept in ${rescue}.`);
  }
}

/** Ends the command with code 3, before any work is done, where tables could not be written into the folder. */
export function requireFolder(folder: string, option: string): void {
  try {
    makeFolder(folder);
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw new CommandFailure(exitCodes.invalid, `${option}: the folder ${folder} cannot be made: ${fileFault(error)}.`);
  }
}

const pathOf = (folder: string, { name }: Table): string => join(folder, `${name}.csv`);

function writeAll(folder: string, tables: readonly Table[]): void {
  for (const table of tables) {
    const path = pathOf(folder, table);
    writeFile(path, `${[table.head, ...table.rows].map((row) => row.map(quote).join(",")).join("\r\n")}\r\n`);
    process.stderr.write(`${path}: ${table.rows.length} ${table.rows.length === 1 ? "row" : "rows"}\n`);
  }
}

/** A table of ours begins with the name of its first column, whatever columns other versions had. */
function holdsSomethingElse(path: string, { head }: Table): boolean {
  if (!existsSync(path) || !statSync(path).isFile()) return false;
  const text = readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  return text !== "" && /^[^,;\t\r\n]*/.exec(text)![0] !== head[0];
}

/** RFC 4180; a cell that a spreadsheet would run as a formula is kept as text. */
function quote(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "number") return String(cell);
  const text = /^[=+\-@\t]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
