import type { EnginePrediction } from "../route/index.ts";
import { percent } from "./figures.ts";
import { textTable } from "./text-table.ts";

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
  const shown = predictions.slice(0, shownKinds);
  const rows = shown.map((entry) => [
    `${entry.model} on ${entry.accelerators > 1 ? `${entry.accelerators} × ` : ""}${entry.accelerator}`,
    entry.engine,
    words[entry.kind],
    `± ${percent(entry.bandRatio)}`,
    entry.because,
  ]);
  const more =
    predictions.length > shown.length ? [`  … and ${predictions.length - shown.length} surer kinds of engines`] : [];
  return [textTable(["engine times known by", "engine", "class", "TPOT, 9 of 10", "because"], rows), ...more].join(
    "\n",
  );
}
