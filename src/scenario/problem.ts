import { docsAnchor } from "./error-registry.ts";

/** A span of text in a file; lines and columns count from 1, `endColumn` is exclusive. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
}

/** Something wrong with what the user wrote, where it is, and what to write instead. */
export interface Problem extends Place {
  /** A key of an error registry. */
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly hint: string;
  /** Anchor in the reference of errors. */
  readonly docs: string;
}

/** Makes a problem at a place; the code is one of an error registry, of this room's or of the caller's own. */
export function problem(
  code: string,
  at: Place,
  message: string,
  hint: string,
  severity: Problem["severity"] = "error",
): Problem {
  const { file, line, column, endColumn } = at;
  return { code, severity, file, line, column, endColumn, message, hint, docs: docsAnchor(code) };
}

/** Most problems that are shown at once. */
const maxProblems = 20;

/** Most problems that are collected; a file of a hundred thousand bad rows is not worth more work than that. */
export const maxCollected = 100;

/** Puts problems in the order of the text, each once, and all beyond the first 20 into one line. */
export function orderProblems(problems: readonly Problem[]): readonly Problem[] {
  const fileOrder = new Map([...new Set(problems.map((item) => item.file))].map((file, index) => [file, index]));
  const unique = new Map(problems.map((item) => [JSON.stringify(item), item]));
  const sorted = [...unique.values()].toSorted(
    (a, b) => fileOrder.get(a.file)! - fileOrder.get(b.file)! || a.line - b.line || a.column - b.column,
  );
  const last = sorted[maxProblems - 1];
  if (sorted.length <= maxProblems || last === undefined) return sorted;
  const more = sorted.length - maxProblems;
  const rest = `${problems.length >= maxCollected ? `at least ${more}` : more} more problems are not shown`;
  return [
    ...sorted.slice(0, maxProblems),
    problem("DSP_SCENARIO_TOO_MANY", last, rest, "mend the first ones; often the others go with them"),
  ];
}
