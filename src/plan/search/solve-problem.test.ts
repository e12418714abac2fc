import { describe, expect, it } from "vitest";
import { tinyWorld } from "../../../test/worlds/tiny-world.ts";
import { checkSolution, objectiveUsd } from "../problem/problem.ts";
import { emptySolution } from "../problem/solution-path.ts";
import { solveProblem } from "./solve-problem.ts";
import type { SolveResult } from "../problem/solver.ts";
import { worldProblem } from "../world/world-problem.ts";

/** A solver on a machine so busy that its time is up before it has found anything. */
const late: SolveResult = {
  status: "timeLimit",
  objective: Infinity,
  bound: -Infinity,
  solution: null,
  rowDuals: null,
  seconds: 1,
  message: "",
};
const solver = { solve: () => Promise.resolve(late), close: () => Promise.resolve() };

describe("a search whose solver had no time", () => {
  it("still gives a plan that serves, keeps every limit and says how far it is from what is proven", async () => {
    const { problem } = worldProblem(tinyWorld(), 0);
    const options = { relativeGap: 1e-6, timeLimitS: 1, seed: 1 };
    const found = await solveProblem(problem, { solver, nowMs: () => 0 }, options);
    expect(found.status).toBe(found.relativeGap <= options.relativeGap ? "optimal" : "timeLimit");
    expect(checkSolution(problem, found.solution)).toEqual([]);
    expect(found.objectiveUsd).toBeLessThan(0.9 * objectiveUsd(problem, emptySolution(problem)));
    expect(found.bestBoundUsd).toBeGreaterThan(0);
    expect(found.bestBoundUsd).toBeLessThanOrEqual(found.objectiveUsd);
  });
});
