import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../src/adapters/solver-highs/index.ts";
import { solveProblem } from "../src/plan/index.ts";
import {
  LocationFileFault,
  LocationSizeFault,
  readMedian,
  readOrLibrary,
  readTestBed,
  usualReader,
} from "./location-files.ts";
import { solveServingEveryone } from "./serve-everyone.ts";

const solver = createHighsSolver({ threads: 1 });
afterAll(() => solver.close());
const tools = { solver, nowMs: () => performance.now() };

describe("a file of a location problem", () => {
  it.each([
    ["an infeasible one", "2 2 5 1 5 1 10 1 2 10 2 1", /ask for 20, all sites together carry 10; there is no solution/],
    ["an empty one", " \n", /is empty/],
    ["one that was cut", "2 2 5 1 5 1 10", /12 numbers expected, 7 found; the file was cut/],
    ["one of another kind", "1 1 5 7 3 2 9 9", /6 numbers expected, 8 found/],
    ["one with an absurd number", "1 1 1e300 7 3 2", /number 3 is 1e300, too large/],
    ["one without its capacity", "1 1 capacity 7 3 2", /name it by the number/],
  ])("%s is refused in words", (_what, text, words) => {
    expect(() => readOrLibrary("capa", text)).toThrow(words);
    expect(() => readOrLibrary("capa", text)).toThrow(LocationFileFault);
  });

  it("takes the capacity from its name, however it is written", () => {
    for (const name of ["capa_8000", "capa-8000", "capa8000"]) {
      const { problem } = readOrLibrary(name, "1 1 capacity 7 4000 2");
      expect(problem.arcs.load[0]).toBe(0.5);
    }
  });

  it("tells the kinds apart by how many numbers they hold", () => {
    const orLibrary = "2 3 9 1 9 1 2 1 2 2 1 2 2 1 2";
    expect(readOrLibrary("x", orLibrary).problem.rows.count).toBe(3);
    expect(() => readTestBed("x", orLibrary)).toThrow(LocationSizeFault);
    expect(() => readMedian("x", orLibrary)).toThrow(LocationSizeFault);
  });

  it("tells square ones apart by their lines where the name says nothing", () => {
    const orLibrary = "3 3\n9 1\n9 1\n9 1\n1\n1 2 3\n1\n1 2 3\n1\n1 2 3\n";
    const testBed = "3 3\n1 1 1\n9 9 9\n1 1 1\n1 2 3\n1 2 3\n1 2 3\n";
    expect(usualReader("x", orLibrary)).toBe(readOrLibrary);
    expect(usualReader("x", testBed)).toBe(readTestBed);
    expect(usualReader("cap41", testBed)).toBe(readOrLibrary);
    expect(Array.from(usualReader("x", testBed)("x", testBed).problem.arcs.load.slice(0, 1))).toEqual([1 / 9]);
  });

  it("has a customer without demand served from an open site", async () => {
    const { problem } = readOrLibrary("cap", "2 2 5 1 5 1 0 1 2 0 2 1");
    expect((await solveProblem(problem, tools, { relativeGap: 0, timeLimitS: 10, seed: 1 })).objectiveUsd).toBeCloseTo(
      4,
      6,
    );
  });

  it("is solved by serving everybody whole, where leaving out a part would be cheaper than a further site", async () => {
    // Demand 11 and two sites of 10: the one left over is a sixth of the last customer, and a site costs 50 to 100.
    const { problem } = readOrLibrary("cap", "2 3 10 100 10 50 0 8 12 5 10 5 6 6 18");
    const result = await solveServingEveryone(problem, tools, { relativeGap: 0, timeLimitS: 10, seed: 1 });
    expect(
      [result.status, result.objectiveUsd, result.bestBoundUsd].map((value) =>
        typeof value === "number" ? Math.round(value * 1e6) / 1e6 : value,
      ),
    ).toEqual(["optimal", 169, 169]);
  });
});
