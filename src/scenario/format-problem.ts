import type { Problem } from "./problem.ts";

/** Widest excerpt of a line, in characters. */
const excerptWidth = 100;

/**
 * Renders a problem for people: place and code, the line, a caret under the span, what to write instead. Plain text;
 * colours belong to the caller. `sources` holds the text of the files by path; without it the line is left out.
 */
export function formatProblem(problem: Problem, sources: ReadonlyMap<string, string> = new Map()): string {
  const head = `${problem.file}:${problem.line}:${problem.column}: ${problem.severity} ${problem.code}: ${problem.message}`;
  const line = sources.get(problem.file)?.split(/\r?\n/, problem.line)[problem.line - 1];
  return [
    head,
    ...(line === undefined ? [] : excerpt(problem, line)),
    `  hint: ${problem.hint}`,
    `  see ${problem.docs}`,
  ].join("\n");
}

function excerpt(problem: Problem, line: string): string[] {
  // A long line is cut to a window around the problem.
  const start = line.length <= excerptWidth ? 0 : Math.max(0, problem.column - 1 - excerptWidth / 2);
  // Tabs and control characters would move the caret away from what it points at.
  const shown = line.slice(start, start + excerptWidth).replace(/\p{Cc}/gu, " ");
  const column = Math.min(problem.column - 1 - start, shown.length);
  const width = Math.max(1, Math.min(problem.endColumn - problem.column, shown.length - column));
  const number = String(problem.line);
  const gutter = " ".repeat(number.length);
  return [`  ${number} | ${shown}`, `  ${gutter} | ${" ".repeat(column)}${"^".repeat(width)}`];
}
