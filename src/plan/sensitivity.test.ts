import { afterAll, describe, expect, it } from "vitest";
import { provingPlanner } from "../../test/worlds/plan-worlds.ts";
import { tinyWorld } from "../../test/worlds/tiny-world.ts";
import type { PlanDocument } from "./plan-document.ts";
import { paretoFront } from "./pareto.ts";
import { sensitivity } from "./sensitivity.ts";
import { sensitivityParameters } from "./sensitivity-parameters.ts";
import { stressPlan } from "./stress.ts";

const { plan, planWorld, close } = provingPlanner();
afterAll(close);

const range = (name: string, low: number, high: number) => ({
  parameter: sensitivityParameters.find((parameter) => parameter.name === name)!,
  low,
  high,
});

describe("each parameter", () => {
  it.each(sensitivityParameters.map((parameter) => [parameter.name, parameter] as const))(
    "%s leaves the world as it is at a factor of 1",
    (_name, parameter) => {
      expect(parameter.apply(tinyWorld(), 1)).toEqual(tinyWorld());
      expect(parameter.apply(tinyWorld(), parameter.high)).not.toEqual(tinyWorld());
      expect(parameter.low).toBeLessThan(1);
      expect(parameter.high).toBeGreaterThan(1);
    },
  );
});

describe("sensitivity", () => {
  it("puts the largest swing first and prices a rise as a rise", async () => {
    const ranges = [range("egress", 0.99, 1.01), range("accelerator-price", 0.5, 2)];
    const { swings, complete } = await sensitivity(tinyWorld(), ranges, planWorld);
    expect(complete).toBe(true);
    expect(swings.map((swing) => swing.name)).toEqual(["accelerator-price", "egress"]);
    for (const { low, high } of swings) {
      expect(high.figures!.objectiveUsdPerYear).toBeGreaterThanOrEqual(low.figures!.objectiveUsdPerYear);
    }
    expect(swings[0]!.significant).toBe(true);
  });

  it("does not call a swing significant that the gaps may hide", async () => {
    const loose = async (world: Parameters<typeof plan>[0]): Promise<PlanDocument> => {
      const document = await plan(world);
      return { ...document, bestBoundUsdPerYear: document.objectiveUsdPerYear! * 0.5, relativeGap: 0.5 };
    };
    const { swings } = await sensitivity(tinyWorld(), [range("accelerator-price", 0.9, 1.1)], loose);
    expect(swings[0]).toMatchObject({ significant: false });
    expect(swings[0]!.swingUsdPerYear).toBeGreaterThan(0);
  });

  it("does not plan again for a factor of 1", async () => {
    let plans = 0;
    const counting = (world: Parameters<typeof plan>[0]) => (plans++, plan(world));
    await sensitivity(tinyWorld(), [range("egress", 1, 2), range("wacc", 1, 2)], counting);
    expect(plans).toBe(3);
  });

  it("keeps what is done when the user stops", async () => {
    let left = 3;
    const impatient = (world: Parameters<typeof plan>[0]) => (left-- > 0 ? plan(world) : Promise.resolve(null));
    const found = await sensitivity(tinyWorld(), [range("egress", 0.5, 2), range("wacc", 0.5, 2)], impatient);
    expect(found).toMatchObject({ complete: false, swings: [{ name: "egress" }] });
  });
});

describe("the front of cost and service", () => {
  it("serves no less under a higher penalty, at no lower cost", async () => {
    const front = await paretoFront(tinyWorld(), planWorld, [1e-4, 1e-2, 1]);
    expect(front).toHaveLength(3);
    expect(front.map((point) => point.penaltyFactor)).toEqual([1e-4, 1e-2, 1]);
    const cost = front.map((point) => point.figures.buildAndRunUsdPerYear);
    expect(cost).toEqual([...cost].sort((a, b) => a - b));
    expect(front[0]!.figures.servedRatio).toBeLessThan(front[2]!.figures.servedRatio);
  });
});

describe("stress", () => {
  it("serves all that was planned at a factor of 1, and a smaller share under a flood", async () => {
    const document = await plan(tinyWorld());
    const calm = await stressPlan(document, 1, planWorld);
    expect(calm!.stressed.servedRatio).toBeCloseTo(calm!.planned.servedRatio, 6);
    expect(calm!.lost).toEqual([]);
    const flood = await stressPlan(document, 1000, planWorld);
    expect(flood!.stressed.servedRatio).toBeLessThan(0.5);
    expect(flood!.lost.length).toBeGreaterThan(0);
  });

  it("buys nothing", async () => {
    const document = await plan(tinyWorld());
    const flood = await stressPlan(document, 1000, planWorld);
    expect(flood!.stressed.capexUsd).toBe(0);
  });
});
