import { globSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, expect, it } from "vitest";
import { circlesOf } from "./circles.ts";
import { storeys } from "./floors.ts";
import { importsOf } from "./imports.ts";
import { violationsOf } from "./violations.ts";

const root = join(import.meta.dirname, "../..");
const sources = globSync(["src/**/*.ts", "console/src/**/*.{ts,tsx}"], { cwd: root }).sort();

describe("the floor table", () => {
  it("is kept by every source file", () => {
    expect(sources.length).toBeGreaterThan(20);
    // Tests beside the code run under vitest and may use Node and the test libraries.
    const product = sources.filter((path) => !/\.test\.tsx?$/.test(path));
    expect(product.flatMap((path) => violationsOf(path, readFileSync(join(root, path), "utf8")))).toEqual([]);
  });

  it("leaves nothing but doors and the program beside the rooms within a room", () => {
    const beside = Object.keys(storeys).flatMap((room) => globSync(`src/${room}/*.ts`, { cwd: root }));
    const program = ["main", "program", "demo", "demo-traffic"].map((name) => `src/cli/${name}.ts`);
    const doors = Object.keys(storeys).map((room) => `src/${room}/index.ts`);
    expect(beside.filter((path) => !program.includes(path) && !doors.includes(path))).toEqual([]);
  });

  it.each([
    ["a verb importing another verb", "src/plan/x.ts", `import { simulate } from "../simulate/index.ts";`],
    ["a type-only import upwards", "src/units/x.ts", `import type { Plan } from "../plan/index.ts";`],
    ["a type-only re-export upwards", "src/route/x.ts", `export type { Plan } from "../plan/index.ts";`],
    ["an inline type re-export sideways", "src/serve/x.ts", `export { type Plan } from "../plan/index.ts";`],
    ["a star re-export of types", "src/route/x.ts", `export type * from "../plan/index.ts";`],
    ["a type written as an import", "src/route/x.ts", `export type X = import("../plan/index.ts").PlanDocument;`],
    ["the type of a whole module", "src/serve/x.ts", `export let x: typeof import("../plan/index.ts");`],
    ["an import for its effects", "src/serve/x.ts", `import "../plan/index.ts";`],
    ["an import by require", "src/serve/x.ts", `import p = require("../plan/index.ts");`],
    ["a module declared anew", "src/serve/x.ts", `declare module "../plan/index.ts" {}`],
    ["a reference comment", "src/serve/x.ts", `/// <reference path="../plan/index.ts" />\nexport {};`],
    ["a module found by its address", "src/serve/x.ts", `const w = new URL("../plan/index.ts", import.meta.url);`],
    ["a module that is resolved", "src/serve/x.ts", `const p = import.meta.resolve("../plan/index.ts");`],
    ["a star re-export sideways", "src/simulate/x.ts", `export * from "../serve/index.ts";`],
    ["a dynamic import sideways", "src/plan/x.ts", `const s = await import("../serve/index.ts");`],
    ["a computed import in a pure room", "src/plan/x.ts", `const s = await import(name);`],
    ["a way past the door", "src/plan/x.ts", `import { judge } from "../route/filter.ts";`],
    ["Node in a pure room", "src/perf/x.ts", `import { readFileSync } from "node:fs";`],
    ["a package in a pure room", "src/route/x.ts", `import { z } from "zod";`],
    ["an adapter knowing another", "src/adapters/a/x.ts", `import { b } from "../b/index.ts";`],
    ["the cli imported from below", "src/adapters/a/x.ts", `import { main } from "../../cli/index.ts";`],
    ["plan as a value in the console", "console/src/x.ts", `import { planScenario } from "../../src/plan/index.ts";`],
    ["a file outside every room", "src/utils/x.ts", ``],
    ["a room within a room that nobody named", "src/plan/helpers/x.ts", ``],
    ["a lower room within a room using a higher one", "src/plan/bound/x.ts", `import { y } from "../search/y.ts";`],
    ["a type from a higher room within a room", "src/plan/bound/x.ts", `import type { Y } from "../search/y.ts";`],
    ["a room within a room using its door", "src/plan/bound/x.ts", `import { y } from "../index.ts";`],
    ["an import out of the house", "src/cli/x.ts", `import { run } from "../../bench/location.ts";`],
  ])("finds %s", (_what, path, source) => {
    expect(violationsOf(path, source)).toHaveLength(1);
  });

  it.each([
    ["a lower room through its door", "src/plan/x.ts", `import { judge } from "../route/index.ts";`],
    ["a neighbour file", "src/plan/x.ts", `import { y } from "./y.ts";`],
    ["a lower room within a room", "src/plan/search/x.ts", `import { y } from "../bound/y.ts";`],
    ["a neighbour in a room within a room", "src/plan/search/x.ts", `import { y } from "./y.ts";`],
    ["a worker beside its adapter", "src/adapters/a/x.ts", `new Worker(new URL("./worker.ts", import.meta.url));`],
    ["a port seen by its adapter", "src/adapters/a/x.ts", `import type { Solver } from "../../plan/index.ts";`],
    [
      "plan as a type in the console",
      "console/src/x.ts",
      `import type { PlanDocument } from "../../src/plan/index.ts";`,
    ],
  ])("lets %s pass", (_what, path, source) => {
    expect(violationsOf(path, source)).toEqual([]);
  });
});

describe("what files need when they run", () => {
  it("never leads back to themselves", () => {
    const needs = new Map(
      sources.map((path) => [
        path,
        importsOf(path, readFileSync(join(root, path), "utf8"))
          .filter(({ typeOnly, specifier }) => !typeOnly && specifier.startsWith("."))
          .map(({ specifier }) => posix.join(posix.dirname(path), specifier)),
      ]),
    );
    expect([...needs.values()].flat().length).toBeGreaterThan(1_000);
    expect(circlesOf(needs)).toEqual([]);
  });

  it("is followed as far as it goes", () => {
    const needs = new Map([
      ["a", ["b"]],
      ["b", ["c", "d"]],
      ["c", []],
      ["d", ["b"]],
    ]);
    expect(circlesOf(needs)).toEqual([["b", "d"]]);
  });
});
