/**
 * Results of the command line that a reader opens in the console: they carry their format in `format`, and everything here
 * copes with files that do not.
 */
import type { Comparison, FuturesPlan, ParetoPoint, PlanDiff, Sensitivity } from "../../../src/plan/index.ts";

export type Study =
  | ({ readonly format: "disperse/comparison/v1" } & Comparison)
  | ({ readonly format: "disperse/sensitivity/v1" } & Sensitivity)
  | { readonly format: "disperse/pareto/v1"; readonly points: readonly ParetoPoint[] }
  | ({ readonly format: "disperse/diff/v1" } & PlanDiff)
  | FuturesPlan;

/** What a file of each format must hold to be drawn. */
const parts: Readonly<Record<Study["format"], readonly string[]>> = {
  "disperse/comparison/v1": ["variants", "verdict"],
  "disperse/sensitivity/v1": ["swings", "base"],
  "disperse/pareto/v1": ["points"],
  "disperse/diff/v1": ["before", "after", "items", "modules"],
  "disperse/futures/v1": ["futures", "decisions"],
};

export type Opened =
  | { readonly ok: true; readonly study: Study }
  /** Why the file cannot be shown, in words for whoever chose it. */
  | { readonly ok: false; readonly why: string };

/** Reads the text of a file the reader chose. */
export function openStudy(text: string): Opened {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return {
      ok: false,
      why: "It is no JSON. Write it with --json, for example: disperse sensitivity scenario.yaml --json",
    };
  }
  if (typeof value !== "object" || value === null) return { ok: false, why: "It holds no result." };
  const record = value as Readonly<Record<string, unknown>>;
  const { format } = record;
  if (typeof format !== "string" || !format.startsWith("disperse/")) {
    return { ok: false, why: "It does not say which result it is. Write it with --json." };
  }
  if (!Object.hasOwn(parts, format)) {
    const [, kind] = format.split("/");
    const known = Object.keys(parts).find((name) => name.split("/")[1] === kind);
    return known === undefined
      ? { ok: false, why: `Results of the kind “${kind}” are not drawn here.` }
      : { ok: false, why: `It is of format ${format}, this console reads ${known}.` };
  }
  const missing = parts[format as Study["format"]].find((part) => record[part] === undefined);
  if (missing !== undefined) return { ok: false, why: `It has no “${missing}”: it was cut or edited.` };
  return { ok: true, study: record as unknown as Study };
}
