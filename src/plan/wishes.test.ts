import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../adapters/solver-highs/index.ts";
import { tinyWorld } from "../../test/worlds/tiny-world.ts";
import { answerWishes } from "./wishes.ts";

const solver = createHighsSolver({ threads: 1 });
afterAll(() => solver.close());

describe("wishes under a least share", () => {
  it("are answered where training that asks for nothing yet could stand where the share counts", async () => {
    const world = tinyWorld();
    const run = { id: "run", pflops: [0], mfuRatio: 0.4, countries: "*" as const, unservedUsdPerPflopYear: 1 };
    const share = { id: "core", leastRatio: 0.5, of: "modules", sites: [2], among: [0, 1, 2] } as const;
    const ask = (leastRatio: number) =>
      answerWishes(
        {
          ...world,
          training: [{ ...run, precision: "bf16" as const }],
          limits: { ...world.limits, shares: [{ ...share, leastRatio }] },
        },
        { servedRatio: [0.9, null], costUsdPerYear: 1e6 },
        { solver, nowMs: () => 0 },
        { relativeGap: 0, timeLimitS: 20, seed: 1 },
      );
    expect(await ask(0.5)).toMatchObject({ possible: true });
    // Quick requests are served outside the core only, and no more stands in the core than others could use.
    const told = await ask(0.999);
    expect(told).toMatchObject({ possible: false, smallest: true });
    expect(told.clash.map(({ name }) => name)).toContain("least share core");
  });
});
