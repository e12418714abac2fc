/** A last column of words is never made narrower than this. */
const leastWidth = 24;

/**
 * A table for people: words to the left, columns of figures to the right, no lines drawn. Where it is wider than the
 * terminal and ends with words, these go on below.
 *
 * @param columns Width of the terminal; a file has none, and one that does not know its own says 0.
 */
export function textTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  columns = process.stdout.columns ?? Number.POSITIVE_INFINITY,
): string {
  const width = (column: number): number =>
    Math.max(head[column]!.length, ...rows.map((row) => row[column]?.length ?? 0));
  const last = head.length - 1;
  const before = head.slice(0, last).reduce((sum, _title, column) => sum + width(column) + 2, 0);
  const room = Math.max(leastWidth, head[last]!.length, columns - before);
  if (
    last === 0 ||
    columns === 0 ||
    before + width(last) <= columns ||
    rows.every((row) => looksLikeFigure(row[last] ?? ""))
  ) {
    return plainTable(head, rows);
  }
  const folded = rows.flatMap((row) =>
    wrapped(row[last] ?? "", room).map((text, line) => [
      ...row.slice(0, last).map((cell) => (line === 0 ? cell : "")),
      text,
    ]),
  );
  return plainTable(head, folded);
}

/** A text in lines of at most so many characters, parted between words. */
function wrapped(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!;
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function plainTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
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
