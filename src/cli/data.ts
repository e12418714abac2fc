import { findFigures, listFigures, sources, type FigureRow, type SourceKey } from "../catalog/index.ts";
import { CommandFailure, exitCodes } from "./exit-codes.ts";
import { textTable } from "./text-table.ts";

/** `disperse data show`: every figure with where it is from and how sure it is. */
export function showData(names: readonly string[], options: { json?: boolean }): void {
  const rows: FigureRow[] = [];
  for (const name of names) {
    const found = findFigures(name);
    if (found.rows.length === 0) {
      const hint = found.suggestions.length > 0 ? ` Did you mean ${found.suggestions.join(", ")}?` : "";
      throw new CommandFailure(
        exitCodes.invalid,
        `The catalogue has no figure "${name}".${hint} (disperse data list shows all names)`,
      );
    }
    rows.push(...found.rows);
  }
  if (options.json) {
    process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    return;
  }
  process.stdout.write(
    `${textTable(
      ["figure", "value", "unit", "confidence", "as of", "source", "note"],
      rows.map((row) => [
        row.path,
        typeof row.value === "number" ? String(row.value) : JSON.stringify(row.value),
        row.unit,
        row.confidence,
        row.asOf,
        sourceTitle(row.source),
        row.note ?? "",
      ]),
    )}\n`,
  );
}

/** `disperse data list`: names only, for searching. */
export function listData(prefix: string): void {
  const rows = listFigures(prefix);
  if (rows.length === 0) throw new CommandFailure(exitCodes.invalid, `The catalogue has nothing below "${prefix}".`);
  process.stdout.write(`${rows.map((row) => row.path).join("\n")}\n`);
}

function sourceTitle(key: SourceKey): string {
  return sources[key].title;
}
