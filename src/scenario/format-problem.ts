import type { Problem } from "./problem.ts";

/** Widest excerpt of a line, in characters. */
const excerptWidth = 100;

/** What a terminal obeys instead of showing: control characters, and marks that turn the direction of text. */
const unseen = /[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069]/gu;

/** The first character of a text that a terminal would obey, as `U+001B`; line ends and tabs may stand. */
export function hiddenCharacter(text: string): string | null {
  const found = (text.match(unseen) ?? []).find((character) => character !== "\t" && character !== "\r");
  return found === undefined ? null : codePoint(found);
}

function codePoint(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** Text from a file for a terminal: what would not be seen is written as its code point. */
function seen(text: string): string {
  return text.replace(unseen, (character) => `<${codePoint(character)}>`);
}

/**
 * Renders a problem for people: place and code, the line, a caret under the span, what to write instead. Plain text;
 * colours belong to the caller. `sources` holds the text of the files by path; without it the line is left out.
 */
export function formatProblem(problem: Problem, sources: ReadonlyMap<string, string> = new Map()): string {
  const head = `${problem.file}:${problem.line}:${problem.column}: ${problem.severity} ${problem.code}: ${seen(problem.message)}`;
  const line = sources.get(problem.file)?.split(/\r?\n/, problem.line)[problem.line - 1];
  return [
    head,
    ...(line === undefined ? [] : excerpt(problem, line)),
    `  hint: ${seen(problem.hint)}`,
    `  see ${problem.docs}`,
  ].join("\n");
}

function excerpt(problem: Problem, line: string): string[] {
  // A long line is cut to a window around the problem.
  const start = line.length <= excerptWidth ? 0 : Math.max(0, problem.column - 1 - excerptWidth / 2);
  // Tabs and control characters would move the caret away from what it points at.
  const shown = line.slice(start, start + excerptWidth).replace(unseen, " ");
  const column = Math.min(problem.column - 1 - start, shown.length);
  const width = Math.max(1, Math.min(problem.endColumn - problem.column, shown.length - column));
  const number = String(problem.line);
  const gutter = " ".repeat(number.length);
  return [`  ${number} | ${shown}`, `  ${gutter} | ${" ".repeat(column)}${"^".repeat(width)}`];
}
