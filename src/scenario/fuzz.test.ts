import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatProblem, parseScenario, starterScenario } from "./index.ts";
import { readCsv } from "./read-csv.ts";
import { codePoints } from "../../test/laws/code-points.ts";
import { runs } from "../../test/laws/runs.ts";

const starter = starterScenario();

/** Parses, formats every problem, and checks what must hold of any answer. */
function mustAnswer(text: string, csv = ""): void {
  const result = parseScenario("s.yaml", (path) => (path === "s.yaml" ? text : csv), { set: [text.slice(0, 40)] });
  const sources = result.ok ? result.parsed.sources : result.sources;
  const problems = result.ok ? result.parsed.warnings : result.problems;
  expect(result.ok || problems.length > 0).toBe(true);
  for (const item of problems) {
    expect(item.line).toBeGreaterThanOrEqual(1);
    expect(item.column).toBeGreaterThanOrEqual(1);
    expect(item.endColumn).toBeGreaterThan(item.column);
    expect(item.hint.length).toBeGreaterThan(0);
    expect(formatProblem(item, sources)).toContain(item.code);
  }
}

describe("parseScenario", () => {
  it("answers any text without throwing", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: codePoints }), fc.string({ unit: "grapheme" })), (text) =>
        mustAnswer(text),
      ),
    );
  });

  it("answers any text of YAML's special characters without throwing", () => {
    const piece = fc.constantFrom(
      "a",
      ": ",
      "- ",
      "\n",
      "  ",
      "{",
      "}",
      "[",
      "]",
      ",",
      "&x ",
      "*x",
      "!t ",
      '"',
      "'",
      "|",
      ">",
      "#",
      "? ",
      "<<",
      "\t",
      "---\n",
      "%",
      "@",
      "~",
      "__proto__: ",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => mustAnswer(pieces.join(""))),
      { numRuns: runs(300) },
    );
  });

  it("answers mutations of the starter without throwing", () => {
    const noise = fc.constantFrom(
      "",
      "-",
      "null",
      "[]",
      "{}",
      "*",
      "NaN",
      "1e999",
      "-1 ms",
      "\t",
      "\n",
      ": ",
      "- ",
      "~",
      "__proto__",
      "constructor",
      "&a *a",
      "file: x.csv",
      "'",
      "€",
    );
    const mutation = fc.record({ at: fc.nat(starter.length), cut: fc.nat(30), insert: noise });
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
        const text = mutations.reduce(
          (current, { at, cut, insert }) => current.slice(0, at) + insert + current.slice(at + cut),
          starter,
        );
        mustAnswer(text);
      }),
      { numRuns: runs(300) },
    );
  });

  it("answers any CSV file without throwing", () => {
    const text = starter.replace("areas:\n", "areas:\n  - file: x.csv\n");
    const piece = fc.constantFrom(
      "id",
      "country",
      "population",
      ",",
      "\n",
      "\r\n",
      '"',
      "a",
      "1",
      " [",
      "]",
      ";",
      "\u0001",
      "__proto__",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => mustAnswer(text, pieces.join(""))),
      { numRuns: runs(300) },
    );
  });
});

describe("readCsv", () => {
  it("reads back any table that was quoted", () => {
    const table = fc
      .integer({ min: 2, max: 4 })
      .chain((width) =>
        fc.array(fc.array(fc.string(), { minLength: width, maxLength: width }), { minLength: 1, maxLength: 6 }),
      );
    fc.assert(
      fc.property(table, fc.constantFrom("\n", "\r\n"), (rows, newline) => {
        const text = rows.map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(",")).join(newline);
        const result = readCsv(text, "t.csv");
        const cells =
          "table" in result
            ? [result.table.header, ...result.table.rows].map((row) => row.map((cell) => cell.text))
            : null;
        expect(cells).toEqual(rows);
      }),
    );
  });
});
