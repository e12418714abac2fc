import { readFileSync } from "node:fs";
import { readMeasuredRuns, type MeasuredRow } from "../src/perf/index.ts";

/** The rows of a CSV of measured runs, and how many stand for other set-ups than one engine. Not a benchmark of its own. */
export function readRuns(path: string): { readonly rows: readonly MeasuredRow[]; readonly otherModes: number } {
  const result = readMeasuredRuns(readText(path));
  if (!result.ok) return refuse(`${path}: ${result.message}`);
  return result;
}

/** The text of a file; ends the benchmark with words for the user when it cannot be read. */
export function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    return refuse(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? "unknown error"}`);
  }
}

/** Ends the benchmark: the input is not what it takes. */
export function refuse(why: string): never {
  process.stderr.write(`${why}\n`);
  process.exit(3);
}
