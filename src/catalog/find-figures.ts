import { nearest } from "../scenario/index.ts";
import { figureRows, type FigureRow } from "./figure-rows.ts";

export interface FigureSearch {
  /** Facts found, in the order of the catalogue. */
  readonly rows: readonly FigureRow[];
  /** When nothing was found: names of the catalogue that look alike. */
  readonly suggestions: readonly string[];
}

const lower = (text: string) => text.toLowerCase();

/** A path under `prefix`, or under it once the name of the table is left away: `h100-sxm` for `accelerators.h100-sxm`. */
function isUnder(path: string, prefix: string): boolean {
  const full = lower(path);
  const short = full.slice(full.indexOf(".") + 1);
  return [full, short].some((name) => name === prefix || name.startsWith(`${prefix}.`));
}

/** All facts under a path; everything when `prefix` is empty. */
export function listFigures(prefix = ""): readonly FigureRow[] {
  const wanted = lower(prefix.trim());
  return wanted === "" ? figureRows() : figureRows().filter((row) => isUnder(row.path, wanted));
}

/**
 * Facts by name: an id (`h100-sxm`), a fact (`h100-sxm.memoryGB`), a table (`prices.egress`), a country's rule
 * (`residency.DE.personal`, `electricity.DE`). Letter case does not matter.
 */
export function findFigures(query: string): FigureSearch {
  const rows = listFigures(query);
  if (rows.length > 0 && query.trim() !== "") return { rows, suggestions: [] };
  const names = new Set<string>();
  for (const { path } of figureRows()) {
    // Every prefix of a path is a name one may ask for; ids may hold dots, so the fact alone is cut off as well.
    names.add(path);
    names.add(path.slice(0, path.lastIndexOf(".")));
    const [table = ""] = path.split(".");
    names.add(table);
    names.add(path.slice(table.length + 1, Math.max(path.lastIndexOf("."), table.length + 1)));
    names.add(path.slice(table.length + 1));
  }
  names.delete("");
  return { rows: [], suggestions: suggest(query.trim(), [...names]) };
}

/** Names that hold what was written, shortest first; else the one that differs least. */
function suggest(written: string, names: readonly string[]): readonly string[] {
  if (written.length < 2) return [];
  const holding = names.filter((name) => lower(name).includes(lower(written)));
  if (holding.length > 0) return holding.toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1)).slice(0, 3);
  const near = nearest(written, names);
  return near === null ? [] : [near];
}
