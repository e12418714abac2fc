import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ledgerColumns, type LedgerRow, type RowQueue } from "../../serve/index.ts";
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
    if (row === null) throw new CommandFailure(exitCodes.invalid, `${path}:${index + 1} is no row of a ledger.`);
    return row;
  });
}

function rowOf(line: string): LedgerRow | null {
  let value: Partial<Record<string, unknown>> | null;
  try {
    value = JSON.parse(line) as typeof value;
  } catch {
    return null;
  }
  const names = Object.keys(ledgerColumns);
  if (typeof value !== "object" || value === null || Object.keys(value).length !== names.length) return null;
  const isRow = Object.entries(ledgerColumns).every(([name, kind]) => {
    const cell = value[name];
    if (kind === "id") return typeof cell === "string" && cell !== "";
    return kind === "number"
      ? cell === null || Number.isFinite(cell)
      : (cell !== undefined && typeof cell !== "object") || cell === null;
  });
  return isRow ? (value as unknown as LedgerRow) : null;
}
