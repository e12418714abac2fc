import { describe, expect, it } from "vitest";
import { readYaml } from "./read-yaml.ts";
import { plainOf } from "./tree.ts";

function valueOf(text: string): unknown {
  const result = readYaml(text, "s.yaml");
  if ("problems" in result) throw new Error(result.problems.map((item) => item.message).join("\n"));
  return plainOf(result.tree);
}

function firstProblem(text: string): string {
  const result = readYaml(text, "s.yaml");
  if (!("problems" in result)) return "";
  const { code, line, column, message, hint } = result.problems[0]!;
  return `${line}:${column} ${code}: ${message} (${hint})`;
}

describe("merge keys", () => {
  it("bring in the entries of a mapping, below those that stand beside them", () => {
    expect(valueOf("a: &a { x: 1, y: 2 }\nb:\n  y: 3\n  <<: *a\n  z: 4\n")).toEqual({
      a: { x: 1, y: 2 },
      b: { x: 1, y: 3, z: 4 },
    });
  });

  it("take the first of several mappings that has an entry", () => {
    expect(valueOf("a: &a { x: 1 }\nb: &b { x: 2, y: 2 }\nc: { <<: [*a, *b] }\n")).toMatchObject({ c: { x: 1, y: 2 } });
  });

  it("are a plain key when quoted", () => {
    expect(valueOf('"<<": 1\n')).toEqual({ "<<": 1 });
  });
});

it("takes a key for a name as it is written, also where it could be a number", () => {
  expect(valueOf("1e5: 1\n1.10: 2\n007: 3\n0x10: 4\n")).toEqual({ "1e5": 1, "1.10": 2, "007": 3, "0x10": 4 });
});

describe("what YAML allows and a scenario does not know", () => {
  it.each([
    ["a merge of no mapping", "a: { <<: 3 }\n", "1:6 DSP_SCENARIO_SYNTAX: `<<` merges mappings only"],
    ["an alias without its anchor", "a: *b\n", "1:4 DSP_SCENARIO_SYNTAX: there is no anchor `b` above"],
    ["bytes", "a: !!binary aGVsbG8=\n", "1:13 DSP_SCENARIO_SYNTAX"],
    ["a tag of one's own", "a: !power 3 MW\n", "1:4 DSP_SCENARIO_SYNTAX"],
  ])("is refused with its place: %s", (_what, text, start) => {
    expect(firstProblem(text).startsWith(start)).toBe(true);
  });
});
