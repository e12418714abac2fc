import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { parseRateCurve, type ClientProfileSet } from "../../simulate/index.ts";

/** Enough for a header. */
const headBytes = 4096;
/** A table of rates is small: a year of minutes has half a million rows. */
const largestBytes = 64e6;

/** Reads a table of rates over time (see `parseRateCurve`); null when the file is none. */
export function readRateCurve(path: string): ClientProfileSet | null {
  if (statSync(path).size > largestBytes) return null;
  const head = Buffer.alloc(headBytes);
  const file = openSync(path, "r");
  try {
    const text = head.toString("utf8", 0, readSync(file, head, 0, headBytes, 0));
    if (parseRateCurve(text.split("\n", 1)[0]!, path) === null) return null;
  } finally {
    closeSync(file);
  }
  return parseRateCurve(readFileSync(path, "utf8"), path);
}
