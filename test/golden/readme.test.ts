import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { geonamesPlaces } from "../../src/adapters/places-geonames/index.ts";
import { resolveWorld } from "../../src/catalog/index.ts";
import { buildProgram } from "../../src/cli/program.ts";
import { formatProblem, parseScenario, scenarioJsonSchema } from "../../src/scenario/index.ts";

const root = join(import.meta.dirname, "../..");
const pages = ["README.md", "CONTRIBUTING.md", ...globSync("{docs,examples}/**/*.md", { cwd: root })].sort();

describe("what the documentation shows", () => {
  const scenarios = pages.flatMap((page) =>
    [...readFileSync(join(root, page), "utf8").matchAll(/^```ya?ml\n([\s\S]*?)^```/gm)]
      .map((match) => match[1]!)
      .filter((text) => text.includes("apiVersion: disperse/v1"))
      .map((text, index) => [`${page} #${index + 1}`, text] as const),
  );

  it.each(scenarios)("the scenario in %s resolves", (page, text) => {
    const result = parseScenario(page, (name) => (name === page ? text : null));
    if (!result.ok)
      throw new Error(result.problems.map((problem) => formatProblem(problem, result.sources)).join("\n"));
    const resolved = resolveWorld(result.parsed, geonamesPlaces());
    if (!resolved.ok) throw new Error(resolved.problems.map((problem) => problem.message).join("\n"));
    expect(resolved.world.demand.length).toBeGreaterThan(0);
  });

  const accepts = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(scenarioJsonSchema());
  it.each(globSync("examples/*/scenario.yaml", { cwd: root }))(
    "the JSON Schema accepts %s, as editors would",
    (file) => {
      const value: unknown = parse(readFileSync(join(root, file), "utf8"), { merge: true });
      expect(accepts(value) ? [] : accepts.errors).toEqual([]);
    },
  );

  it("the README shows a scenario", () => {
    expect(scenarios.some(([page]) => page.startsWith("README"))).toBe(true);
  });

  it.each(pages)("no merge was left unfinished in %s", (page) => {
    expect(readFileSync(join(root, page), "utf8")).not.toMatch(/^(<{7} |={7}$|>{7} )/m);
  });

  it("the glossary has every word once, in alphabetical order", () => {
    const rows = readFileSync(join(root, "docs/glossary.md"), "utf8").matchAll(/^\| (?!word \|)([^|]+) \|/gm);
    const words = [...rows].map((row) => row[1]!.toLowerCase());
    expect(words).toEqual([...new Set(words)].sort());
  });

  it.each(pages)("the commands in %s exist with their options", (page) => {
    const blocks = readFileSync(join(root, page), "utf8").matchAll(/^```(?:sh|bash)?\n([\s\S]*?)^```/gm);
    const lines = [...blocks].flatMap((block) => block[1]!.split("\n"));
    for (const line of lines) {
      const words = /^(?:npm run -s disperse -- |disperse )([a-z][^#]*)/.exec(line)?.[1]?.trim().split(/\s+/) ?? [];
      let command = buildProgram();
      while (words.length > 0) {
        const inner = command.commands.find((each) => each.name() === words[0]);
        if (inner === undefined) break;
        words.shift();
        command = inner;
      }
      if (words.length > 0) expect(command.name(), `"${line}" names a verb`).not.toBe("disperse");
      const known = [...command.options.map(({ long }) => long), "--help", "--version"];
      for (const word of words) {
        const option = /^(--[a-z][a-z-]*)/.exec(word)?.[1];
        if (option !== undefined) expect(known, `"${line}" uses ${option}`).toContain(option);
      }
    }
  });

  it.each(pages)("every local link of %s leads somewhere", (page) => {
    const links = [...readFileSync(join(root, page), "utf8").matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)];
    const missing = links.map((match) => match[1]!).filter((link) => !existsSync(join(root, dirname(page), link)));
    expect(missing).toEqual([]);
  });
});
