/** A table for people: words to the left, columns of figures to the right, no lines drawn. */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)));
  const figures = head.map((_title, column) => column > 0 && rows.every((row) => looksLikeFigure(row[column] ?? "")));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (figures[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join("  ")
      .trimEnd();
  return [line(head), line(widths.map((width) => "─".repeat(width))), ...rows.map(line)].join("\n");
}

function looksLikeFigure(cell: string): boolean {
  return cell === "" || /^[-–$€<]?\d|^–$/.test(cell);
}
