import { describe, expect, it } from "vitest";
import { textTable } from "./text-table.ts";

const head = ["engine", "band", "because"];
const rows = [["vllm", "9 %", "it was measured on another chip of the same generation"]];

describe("a table in a terminal", () => {
  it("goes on below where its last words do not fit, and stays whole in a file", () => {
    expect(textTable(head, rows, 44).split("\n")).toEqual([
      "engine  band  because",
      "──────  ────  ───────────────────────────",
      "vllm     9 %  it was measured on another",
      "              chip of the same generation",
    ]);
    expect(textTable(head, rows, Number.POSITIVE_INFINITY).split("\n")).toHaveLength(3);
    expect(textTable(head, rows, 0).split("\n")).toHaveLength(3);
  });

  it("does not break figures, and keeps words legible in the narrowest window", () => {
    expect(textTable(["site", "power"], [["frankfurt", "1.25 MW"]], 10).split("\n")).toHaveLength(3);
    expect(
      textTable(head, rows, 5)
        .split("\n")
        .slice(2)
        .map((line) => line.slice(14)),
    ).toEqual(["it was measured on", "another chip of the same", "generation"]);
  });
});
