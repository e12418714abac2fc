import { readFileSync } from "node:fs";
import { readMeasuredRuns, type MeasuredRow } from "../src/perf/index.ts";

/** The rows of a CSV of measured runs. Not a benchmark of its own. */
export function readRuns(path: string): readonly MeasuredRow[] {
  const result = readMeasuredRuns(readFileSync(path, "utf8"));
  if (!result.ok) throw new Error(`${path}: ${result.message}`);
  return result.rows;
}
