/** Names under which a column is found, the first being the one that errors call it by. See `plainName`. */
export const publishedColumns = {
  engine: ["backend", "engine", "framework"],
  system: ["system", "system_name", "accelerator"],
  model: ["model_path", "model"],
  inputTokens: ["isl", "input_tokens"],
  outputTokens: ["osl", "output_tokens"],
  batch: ["batch_size", "concurrency", "silicon_concurrency"],
  ttftMs: ["silicon_ttft_ms", "ttft_ms"],
  tpotMs: ["silicon_tpot_ms", "tpot_ms"],
} as const;
const plainColumns = [
  "engine",
  "accelerator",
  "tensorParallel",
  "model",
  "precision",
  "inputTokens",
  "outputTokens",
  "concurrency",
  "ttftMs",
  "tpotMs",
] as const;

/** Columns of either form that are looked at where they stand. */
const otherColumns = [
  "release",
  "version",
  "backend_version",
  "mode",
  "attentionDataParallel",
  "cachePrecision",
  "precision",
];

/** The text of a cell by any of the names of its column; empty when the file has no such column. */
export type Cell = (...names: readonly string[]) => string;

/** Where the columns of a file of measured runs stand. */
export interface RunColumns {
  /** In the form of AIConfigurator; else the plain one. */
  readonly isPublished: boolean;
  /** The cells of a row, by name. */
  readonly cellOf: (row: readonly string[]) => Cell;
  /** True where the row ends before a time that the file has. */
  readonly lacksTime: (row: readonly string[]) => boolean;
}

/** Finds the columns by the header, or says which are missing or stand twice; of the two times one is enough. */
export function runColumns(
  header: readonly string[],
): RunColumns | { readonly missing: readonly string[] } | { readonly twice: string } {
  const columns = new Map(header.map((name, column) => [plainName(name), column]));
  const has = (name: string) => columns.has(plainName(name));
  // By which form it has more columns of: one that lacks a column is told which.
  const published = Object.values(publishedColumns).filter((names) => names.some(has)).length;
  const isPublished = published > plainColumns.filter(has).length;
  const times: readonly (readonly string[])[] = isPublished
    ? [publishedColumns.ttftMs, publishedColumns.tpotMs]
    : [["ttftMs"], ["tpotMs"]];
  // An empty cell of chips means one; a file without the column does not say.
  const needed: readonly (readonly string[])[] = isPublished
    ? [...Object.values(publishedColumns), ["tp_size"]]
    : plainColumns.map((name) => [name]);
  const isTimed = times.some((names) => names.some(has));
  const isTime = (names: readonly string[]) => times.some(([first]) => first === names[0]);
  const missing = needed.flatMap((names) => (names.some(has) || (isTimed && isTime(names)) ? [] : [names[0]!]));
  if (missing.length > 0) return { missing };
  const looked = new Set([...needed.flat(), ...otherColumns].map(plainName));
  const twice = header.find((name, at) => looked.has(plainName(name)) && columns.get(plainName(name)) !== at);
  if (twice !== undefined) return { twice };
  return {
    isPublished,
    cellOf:
      (row) =>
      (...names) => {
        const column = names.map((name) => columns.get(plainName(name))).find((found) => found !== undefined);
        return column === undefined ? "" : (row[column]?.trim() ?? "");
      },
    lacksTime: (row) => times.flat().some((name) => (columns.get(plainName(name)) ?? -1) >= row.length),
  };
}

/** Columns are found whatever the case and whatever parts their words: `inputTokens`, `input_tokens`, `Input Tokens`. */
function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}

/** How files say that they do not say. */
export const unstated = /^(nan|none|null|n\/a|-)?$/i;

/** 0 for a time that was not measured. */
export function timeOf(text: string): number {
  if (unstated.test(text)) return 0;
  const ms = numberOf(text);
  // A zero that somebody wrote is no time.
  return ms === 0 ? Number.NaN : ms;
}

/** NaN for an empty cell: `Number("")` would be a zero that nobody wrote. */
export function numberOf(text: string): number {
  return text === "" ? Number.NaN : Number(text);
}
