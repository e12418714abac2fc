import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../../src/adapters/solver-highs/index.ts";
import { worldOf } from "../../bench/scale-world.ts";
import { tinyWorld } from "../worlds/tiny-world.ts";
import { seededRng } from "../worlds/random-world.ts";
import { solveDecomposed } from "../../src/plan/search/decomposed.ts";
import { planScenario } from "../../src/plan/document/plan-scenario.ts";
import type { PathTools } from "../../src/plan/problem/solution-path.ts";
import { countingWork } from "../../src/plan/problem/work-clock.ts";
import { worldProblem } from "../../src/plan/world/world-problem.ts";

const solver = createHighsSolver({ threads: 2 });
afterAll(() => solver.close());

/** Tools on a machine that is busy at random: answers come late and out of order, and the clock leaps. */
function onBusyMachine(seed: number): PathTools {
  const rng = seededRng(seed);
  let nowMs = 0;
  return {
    nowMs: () => (nowMs += 500 * rng()),
    solver: {
      async solve(model, options) {
        const result = await solver.solve(model, options);
        await new Promise((resolve) => setTimeout(resolve, 15 * rng()));
        return result;
      },
      close: () => solver.close(),
    },
  };
}

describe("time counted in work", () => {
  it("gives the same document, byte for byte, however busy the machine is", async () => {
    const plans = await Promise.all(
      [1, 2].map((seed) => planScenario(tinyWorld(), countingWork(onBusyMachine(seed)), { timeLimitS: 5, seed: 3 })),
    );
    expect(JSON.stringify(plans[0])).toBe(JSON.stringify(plans[1]));
  });

  it("takes the decomposition the same way, though neighbourhoods are solved side by side", async () => {
    const { problem } = worldProblem(worldOf(8, 24, 1), 0);
    const options = { relativeGap: 1e-5, timeLimitS: 1, seed: 3 };
    const [one, other] = [
      await solveDecomposed(problem, countingWork(onBusyMachine(1)), options),
      await solveDecomposed(problem, countingWork(onBusyMachine(2)), options),
    ];
    expect(other.curve).toEqual(one.curve);
    expect([other.objectiveUsd, other.bestBoundUsd, other.status]).toEqual([
      one.objectiveUsd,
      one.bestBoundUsd,
      one.status,
    ]);
    expect(other.solution).toEqual(one.solution);
  });

  it("ends a search at its limit of work", async () => {
    const { problem } = worldProblem(worldOf(8, 24, 1), 0);
    const tools = countingWork(onBusyMachine(1));
    const { status } = await solveDecomposed(problem, tools, { relativeGap: 0, timeLimitS: 0.02, seed: 3 });
    expect(status).toBe("timeLimit");
  });
});
