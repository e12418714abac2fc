import { afterAll, describe, expect, it } from "vitest";
import { provingPlanner } from "../../../test/worlds/plan-worlds.ts";
import { tinyWorld } from "../../../test/worlds/tiny-world.ts";
import { egressUsdPerGB, type World } from "../../catalog/index.ts";
import type { PlanDocument } from "../document/plan-document.ts";
import { paretoFront } from "./pareto.ts";
import { sensitivity } from "./sensitivity.ts";
import { applyParameter, sensitivityParameters, speaksOf, type Parameter } from "./sensitivity-parameters.ts";
import { stressPlan, type Stress } from "./stress.ts";

const { plan, planWorld, close } = provingPlanner();
afterAll(close);

const range = (name: string, low: number, high: number) => ({
  parameter: sensitivityParameters.find((parameter) => parameter.name === name)!,
  low,
  high,
});

/** Two periods, of which the second has more demand and more power. */
const growing = (): World => {
  const world = tinyWorld();
  const second = (values: readonly number[], factor: number): number[] => [values[0]!, values[0]! * factor];
  return {
    ...world,
    periods: [
      { id: "p0", startYear: 2027, lengthYears: 1 },
      { id: "p1", startYear: 2028, lengthYears: 1 },
    ],
    demand: world.demand.map((row) => ({
      ...row,
      peakPerS: second(row.peakPerS, 2),
      meanPerS: second(row.meanPerS, 2),
    })),
    sites: world.sites.map((site) => ({ ...site, powerLimitKw: second(site.powerLimitKw, 3) })),
  };
};

describe("each parameter", () => {
  const asItIs = { factor: 1, years: 0, class: null } as const;
  it.each(sensitivityParameters.map((parameter) => [parameter.name, parameter] as const))(
    "%s leaves the world as it is where it says so, and changes it at either end",
    (_name, parameter) => {
      const base = asItIs[parameter.kind];
      if (base !== null) expect(applyParameter(parameter, growing(), base)).toEqual(growing());
      expect(applyParameter(parameter, growing(), parameter.high)).not.toEqual(growing());
      expect(applyParameter(parameter, growing(), parameter.low)).not.toEqual(
        applyParameter(parameter, growing(), parameter.high),
      );
    },
  );

  const named = (name: string): Parameter => sensitivityParameters.find((parameter) => parameter.name === name)!;

  it("a later power date keeps the power of before until then", () => {
    const kw = (years: number) => applyParameter(named("power-date"), growing(), years).sites[0]!.powerLimitKw;
    const [first, second] = growing().sites[0]!.powerLimitKw as [number, number];
    expect(kw(0)).toEqual([first, second]);
    expect(kw(0.5)).toEqual([first, first]);
    expect(kw(1)).toEqual([first, first]);
  });

  it("growth is bent, the first period stays", () => {
    const { demand } = applyParameter(named("demand-growth"), growing(), 0.5);
    const row = growing().demand[0]!;
    expect(demand[0]!.peakPerS).toEqual([row.peakPerS[0], row.peakPerS[0]! * Math.SQRT2]);
  });

  it("a class of egress prices holds at every site", () => {
    const { sites } = applyParameter(named("egress-class"), growing(), "cloud-list");
    expect(new Set(sites.map((site) => site.egressUsdPerGB))).toEqual(new Set([egressUsdPerGB["cloud-list"].value]));
  });

  it("is silent about worlds that do not have what it is about", () => {
    const mute = sensitivityParameters.filter((parameter) => !speaksOf(parameter, tinyWorld()));
    expect(mute.map(({ name }) => name)).toEqual(["power-date", "demand-growth"]);
    expect(sensitivityParameters.every((parameter) => speaksOf(parameter, growing()))).toBe(true);
  });
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
    const front = await paretoFront(tinyWorld(), planWorld, [1e-4, 1e-2, 1], []);
    expect(front).toHaveLength(3);
    expect(front.map((point) => point.penaltyFactor)).toEqual([1e-4, 1e-2, 1]);
    const cost = front.map((point) => point.figures.buildAndRunUsdPerYear);
    expect(cost).toEqual([...cost].sort((a, b) => a - b));
    expect(front[0]!.figures.servedRatio).toBeLessThan(front[2]!.figures.servedRatio);
  });
});

describe("the front of cost and attainment", () => {
  it("promises at most what it serves, and marks what another point beats", async () => {
    const front = await paretoFront(tinyWorld(), planWorld, [], [0.5, 0.9, 0.99]);
    expect(front).toHaveLength(3);
    for (const { attainedRatio, figures, attainmentRatio } of front) {
      expect(attainedRatio).toBeCloseTo(figures.servedRatio * attainmentRatio!, 9);
    }
    const kept = front.filter((point) => !point.dominated);
    const cost = kept.map((point) => point.figures.buildAndRunUsdPerYear);
    expect(cost).toEqual([...cost].sort((a, b) => a - b));
  });

  it("holds no point to be beaten by the same plan, whose sums may differ in the last digits", async () => {
    const document = await plan(tinyWorld());
    let turn = 0;
    const nearly = async () => ({
      ...document,
      objectiveUsdPerYear: document.objectiveUsdPerYear! * (1 - 1e-15 * ++turn),
    });
    const front = await paretoFront(tinyWorld(), nearly, [1, 3, 10], []);
    expect(front.map(({ dominated }) => dominated)).toEqual([false, false, false]);
    const dearer = async () => ({
      ...document,
      objectiveUsdPerYear: document.objectiveUsdPerYear! * (1 + 0.01 * ++turn),
    });
    expect((await paretoFront(tinyWorld(), dearer, [1, 3], [])).some(({ dominated }) => dominated)).toBe(true);
  });
});

describe("stress", () => {
  it("says that it was stopped before the plan was tried, not that there is none", async () => {
    expect(await stressPlan(await plan(tinyWorld()), 2, async () => null)).toBe("stopped");
  });

  it("serves all that was planned at a factor of 1, and a smaller share under a flood", async () => {
    const document = await plan(tinyWorld());
    const calm = (await stressPlan(document, 1, planWorld)) as Stress;
    expect(calm.stressed.servedRatio).toBeCloseTo(calm.planned.servedRatio, 6);
    expect(calm.lost).toEqual([]);
    const flood = (await stressPlan(document, 1000, planWorld)) as Stress;
    expect(flood.stressed.servedRatio).toBeLessThan(0.5);
    expect(flood.lost.length).toBeGreaterThan(0);
  });

  it("buys nothing", async () => {
    const document = await plan(tinyWorld());
    const flood = (await stressPlan(document, 1000, planWorld)) as Stress;
    expect(flood.stressed.capexUsd).toBe(0);
  });
});
