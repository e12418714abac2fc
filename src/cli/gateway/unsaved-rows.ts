import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ledgerColumns, rollUpColumns, type LedgerRow, type RowQueue } from "../../serve/index.ts";
import { readText } from "../document/read-plan.ts";
import { CommandFailure, exitCodes } from "../terminal/exit-codes.ts";
import { openLedger } from "./open-ledger.ts";

/** Rows handed to the ledger at once. */
const atOnce = 1_000;

/**
 * Writes what a ledger has refused to the end among the temporary files, which may lie on another disk, readable by their owner
 * alone. Returns what the operator is to know.
 */
export function keepUnsaved(rows: RowQueue, ledger: string | null): string {
  const unsaved = `${rows.size} rows of the ledger could not be saved`;
  try {
    const path = join(mkdtempSync(join(tmpdir(), "disperse-ledger-")), "rows.jsonl");
    const lines = Array.from(rows.rest(), (row) => `${JSON.stringify(row)}\n`);
    writeFileSync(path, lines.join(""), { mode: 0o600, flush: true });
    return `${unsaved} and are kept in ${path}: once it can be written, add them with: disperse ledger add ${ledger} ${path}`;
  } catch {
    return `${unsaved} and are lost: neither the ledger nor the folder for temporary files takes them`;
  }
}

/** `disperse ledger add`: puts rows that a gateway could not save into its ledger, each once however often it is added. */
export async function addRows(ledger: string, paths: readonly string[]): Promise<void> {
  // All are read before any is added: half a file would be harder to put right than none of it.
  const rows = paths.flatMap(rowsIn);
  const store = await openLedger(ledger);
  try {
    const before = await rowsOf(store);
    for (let from = 0; from < rows.length; from += atOnce) await store.append(rows.slice(from, from + atOnce));
    const added = (await rowsOf(store)) - before;
    const known = rows.length - added;
    process.stdout.write(`${added} rows added${known > 0 ? `, ${known} were there already` : ""}\n`);
  } catch (error) {
    throw new CommandFailure(exitCodes.invalid, `${ledger} does not take the rows: ${(error as Error).message}.`);
  } finally {
    await store.close();
  }
}

async function rowsOf(store: Awaited<ReturnType<typeof openLedger>>): Promise<number> {
  return (await store.rollUps()).reduce((sum, { attempts }) => sum + attempts, 0);
}

function rowsIn(path: string): LedgerRow[] {
  const lines = readText(path).split("\n");
  return lines.flatMap((line, index) => {
    if (line === "") return [];
    const row = rowOf(line);
    if (typeof row !== "string") return row;
    throw new CommandFailure(exitCodes.invalid, `${path}:${index + 1} is no row of a ledger${row}.`);
  });
}

/** The row of a line, of an earlier version too, which knew fewer columns: nobody can tell what stood there. Else why it is none. */
function rowOf(line: string): LedgerRow | string {
  let value: Partial<Record<string, unknown>> | null;
  try {
    value = JSON.parse(line) as typeof value;
  } catch {
    return "";
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "";
  const unknown = Object.keys(value).filter((name) => !Object.hasOwn(ledgerColumns, name));
  if (unknown.length > 0) return ` that this version knows: it has ${unknown.join(", ")}`;
  const row: Record<string, unknown> = {};
  for (const [name, kind] of Object.entries(ledgerColumns)) {
    const cell = value[name] ?? null;
    const missing = kind === "id" ? cell === "" || cell === null : cell === null && needed.has(name);
    if (missing) return `: it has no ${name}`;
    // A number may be too large for one.
    const fits =
      kind === "label" ? typeof cell !== "object" : kind === "id" ? typeof cell === "string" : Number.isFinite(cell);
    if (cell !== null && !fits) return `: its ${name} is ${typeof cell === "number" ? cell : JSON.stringify(cell)}`;
    row[name] = cell;
  }
  return row as unknown as LedgerRow;
}

/** What a row cannot do without: which attempt it was, when, and everything that is summed. */
const needed: ReadonlySet<string> = new Set(["attempt", "epochMs", ...rollUpColumns.measures]);
