import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { errorRegistry, referencePages } from "../../src/scenario/index.ts";

const root = new URL("../../", import.meta.url);

describe("the generated reference pages", () => {
  it.each(referencePages())("$path is what the tables say (rewrite with UPDATE=1)", ({ path, text }) => {
    const file = fileURLToPath(new URL(path, root));
    if (process.env["UPDATE"] === "1") {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    expect(readFileSync(file, "utf8")).toBe(text);
  });

  it("list exactly the codes of the error registry", () => {
    const page = readFileSync(new URL("docs/reference/errors.md", root), "utf8");
    const listed = [...page.matchAll(/^## (\S+)$/gm)].map((match) => match[1]);
    expect(new Set(listed)).toEqual(new Set(Object.keys(errorRegistry)));
    expect(listed).toHaveLength(Object.keys(errorRegistry).length);
  });
});
