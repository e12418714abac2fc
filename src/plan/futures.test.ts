import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../adapters/solver-highs/index.ts";
import { tinyWorld } from "../../test/worlds/tiny-world.ts";
import { planFutures } from "./futures.ts";
import { planScenario } from "./plan-scenario.ts";
import { scaleDemand } from "./sensitivity-parameters.ts";

const solver = createHighsSolver();
afterAll(() => solver.close());
const tools = { solver, nowMs: () => 0 };
const options = { relativeGap: 1e-6, timeLimitS: 30 };
const world = tinyWorld();

describe("planning for several futures", () => {
  it("gives the plan of a world when every future is that world", async () => {
    const futures = [0.5, 0.3, 0.2].map((probability, index) => ({ name: `same-${index}`, probability, world }));
    const found = await planFutures(futures, tools, options);
    const plan = await planScenario(world, tools, { ...options, compare: false });
    expect(found.expectedUsdPerYear! / plan.objectiveUsdPerYear!).toBeCloseTo(1, 5);
    expect(found.evpi!.usdPerYear).toBeCloseTo(0, 1);
    expect(found.vss!.usdPerYear).toBeCloseTo(0, 1);
  });

  it("hedges: never worse in expectation than a plan for one future or for their average, and regret is not negative", async () => {
    const futures = [
      { name: "slump", probability: 0.4, world: scaleDemand(world, 0.3) },
      { name: "boom", probability: 0.6, world: scaleDemand(world, 40) },
    ];
    const found = await planFutures(futures, tools, { ...options, leastRegret: true });
    const [common, ...others] = found.decisions;
    for (const other of others) {
      expect(common!.expectedUsdPerYear!).toBeLessThanOrEqual(other.expectedUsdPerYear! * (1 + 1e-6));
      for (const { regretUsdPerYear } of other.outcomes) expect(regretUsdPerYear!).toBeGreaterThanOrEqual(-1e-6);
    }
    const least = found.decisions.find(({ name }) => name === "least-regret")!;
    for (const { greatestRegretUsdPerYear } of found.decisions) {
      expect(least.greatestRegretUsdPerYear!).toBeLessThanOrEqual(greatestRegretUsdPerYear! + 1e-3);
    }
    expect(found.evpi!.usdPerYear).toBeGreaterThanOrEqual(-1e-6);
    expect(found.bestBoundUsdPerYear!).toBeLessThanOrEqual(found.expectedUsdPerYear!);
  });

  it("lets modules stand idle where a future cannot power them", async () => {
    const dark = {
      ...world,
      sites: world.sites.map((site) => ({ ...site, powerLimitKw: site.powerLimitKw.map(() => 0) })),
    };
    const futures = [
      { name: "powered", probability: 0.9, world },
      { name: "dark", probability: 0.1, world: dark },
    ];
    const found = await planFutures(futures, tools, options);
    const [powered, inTheDark] = found.decisions[0]!.outcomes;
    expect(powered!.servedRatio).toBeGreaterThan(0);
    expect(inTheDark!.servedRatio).toBe(0);
    expect(inTheDark!.idleModules).toBeGreaterThan(0);
  });

  it("refuses futures that do not speak of the same sites", async () => {
    const fewer = { ...world, sites: world.sites.slice(1) };
    const futures = [world, fewer].map((each, index) => ({ name: `f${index}`, probability: 0.5, world: each }));
    await expect(planFutures(futures, tools, options)).rejects.toThrow(/same sites/);
  });
});
