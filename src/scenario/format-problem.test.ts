import { describe, expect, it } from "vitest";
import { formatProblem, nearest, problem } from "./index.ts";

describe("formatProblem", () => {
  const at = { file: "a.yaml", line: 2, column: 7, endColumn: 9 };
  const item = problem("DSP_UNIT_BARE_NUMBER", at, "`15` has no unit", "write `15 ms`");

  it("shows place, line, caret, hint and where to read more", () => {
    expect(formatProblem(item, new Map([["a.yaml", "x: 1\nttft: 15 # why\n"]]))).toBe(
      [
        "a.yaml:2:7: error DSP_UNIT_BARE_NUMBER: `15` has no unit",
        "  2 | ttft: 15 # why",
        "    |       ^^",
        "  hint: write `15 ms`",
        "  see docs/reference/errors.md#dsp_unit_bare_number",
      ].join("\n"),
    );
  });

  it("shows what a terminal would obey instead of printing it", () => {
    const odd = problem("DSP_SCENARIO_WRONG_VALUE", at, "there is no model `a\u001b[31m`", "not \u202eb\nbut c");
    expect(
      formatProblem(odd, new Map([["a.yaml", "x: 1\nm: \u001b[31mred"]]))
        .split("\n")
        .slice(0, 2),
    ).toEqual(["a.yaml:2:7: error DSP_SCENARIO_WRONG_VALUE: there is no model `a<U+001B>[31m`", "  2 | m:  [31mred"]);
    expect(formatProblem(odd)).toContain("hint: not <U+202E>b\nbut c");
  });

  it("leaves the line out when the file is not at hand", () => {
    expect(formatProblem(item).split("\n")).toHaveLength(3);
  });

  it("cuts a long line to a window around the problem", () => {
    const far = problem("DSP_UNIT_BARE_NUMBER", { file: "a", line: 1, column: 5001, endColumn: 5003 }, "m", "h");
    const [, line, caret] = formatProblem(far, new Map([["a", `${"x".repeat(5000)}15${"y".repeat(5000)}`]])).split(
      "\n",
    );
    expect(line!.length).toBeLessThan(120);
    expect(line!.slice(caret!.indexOf("^"), caret!.indexOf("^") + 2)).toBe("15");
  });
});

describe("nearest", () => {
  it.each([
    ["modle", "model"],
    ["dataclass", "dataClass"],
    ["zzz", null],
  ])("finds for %s the word %s", (word, expected) => {
    expect(nearest(word, ["model", "dataClass", "ttft"])).toBe(expected);
  });
});
