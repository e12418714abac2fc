import type { EnginePrediction } from "../../route/index.ts";
import { percent } from "../terminal/figures.ts";
import { textTable } from "../terminal/text-table.ts";

/** Kinds of engines shown in a summary; documents have all. */
const shownKinds = 8;

const words = {
  measured: "measured",
  interpolated: "interpolated",
  extrapolated: "extrapolated",
} as const;

/** How well the times behind a plan or a simulation are known: a line for all, and a table of the least sure engines. */
export function predictionLines(predictions: readonly EnginePrediction[]): string {
  if (predictions.length === 0) return "";
  // Modules of one chip differ in their number of accelerators, which tells nothing about an engine that needs one.
  const rows = new Map<string, string[]>();
  for (const entry of predictions) {
    const row = [
      `${entry.model} on ${entry.accelerators > 1 ? `${entry.accelerators} × ` : ""}${entry.accelerator}`,
      entry.engine,
      words[entry.kind],
      `± ${percent(entry.bandRatio)}`,
      entry.because,
    ];
    rows.set(row.join("\t"), row);
  }
  const shown = [...rows.values()].slice(0, shownKinds);
  const more = rows.size > shown.length ? [`  … and ${rows.size - shown.length} surer kinds of engines`] : [];
  return [textTable(["engine times known by", "engine", "class", "TPOT, 9 of 10", "because"], shown), ...more].join(
    "\n",
  );
}
