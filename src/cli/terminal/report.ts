import { textTable } from "./text-table.ts";

/** A part of a report: a table, or lines of prose. */
export type Section =
  | { readonly title: string; readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] }
  | { readonly title?: string; readonly lines: readonly string[] };

export const reportFormats = ["text", "md"] as const;
export type ReportFormat = (typeof reportFormats)[number];

/** What stands where something lacks that a figure follows from: somebody took it out of the document by hand. */
const noFigure = /(?:^|[\s$(±–-])(?:NaN|undefined)(?![\w-])/;
const lacking =
  "what follows says NaN or undefined where the plan lacks something to compute it from; disperse verify names what was changed.";

/** The same report for a terminal or as Markdown, for example for a pull request. Tables without rows are left out. */
export function report(sections: readonly Section[], format: ReportFormat = "text"): string {
  const shown = sections.filter((section) => ("rows" in section ? section.rows : section.lines).length > 0);
  const written = shown.map(format === "md" ? markdown : text).join("\n\n");
  if (noFigure.test(written)) process.stderr.write(`warning: ${lacking}\n`);
  return written;
}

function text(section: Section): string {
  if ("rows" in section) return `${section.title}:\n${textTable(section.head, section.rows)}`;
  return [...(section.title === undefined ? [] : [`${section.title}:`]), ...section.lines].join("\n");
}

function markdown(section: Section): string {
  if (!("rows" in section)) {
    const body = section.lines.map((line) => line.trim()).join("\n\n");
    return section.title === undefined ? body : `### ${section.title}\n\n${body}`;
  }
  const row = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  const rule = section.head.map((_, column) => (column === 0 ? "---" : "---:"));
  return [`### ${section.title}`, "", row(section.head), row(rule), ...section.rows.map(row)].join("\n");
}

/** A result as one line of JSON that says what it is, so that readers can refuse what they do not know. */
export function resultJson(kind: string, result: object): string {
  return JSON.stringify({ format: `disperse/${kind}/v1`, ...result });
}
