import { describe, expect, it } from "vitest";
import { testArea, testSite, tinyWorld } from "../../../test/worlds/tiny-world.ts";
import { compilePolicy, compileRoutes, type Deployment } from "../../route/index.ts";
import { contendersOf } from "./contenders.ts";

/** Two areas with a site in each, the second so many degrees further east. */
function contenders(degreesEast: number, waitMs: number): number[] {
  const ttft = { budgetMs: 2000, attainmentRatio: 0.9 };
  const places = [0, degreesEast].map((east, i) => ({ id: `${i}`, longitude: 8 + east }));
  const { workloads } = tinyWorld();
  const world = tinyWorld({
    areas: places.map(testArea),
    sites: places.map((place) => testSite({ ...place, tier: "regional" })),
    workloads: workloads.map((workload) => ({ ...workload, ttft })),
    demand: places.map((_, area) => ({ area, workload: 0, access: 0, peakPerS: [10], meanPerS: [10] })),
  });
  const groups = [{ workloads: [0], tensorParallel: 1, replicas: 1, speedRatio: 1, plannedPerS: 10 }];
  const deployment: Deployment = {
    period: 0,
    flows: [],
    pools: places.map(({ id }, site) => {
      return { id, site, module: 0, count: 1, trainingCount: 0, capacityUsdPerModuleS: 0, groups };
    }),
  };
  const routes = compileRoutes(compilePolicy(world), deployment);
  return [...contendersOf(world, routes, new Float64Array(2).fill(waitMs), 60)];
}

describe("groups that compete for the requests of each", () => {
  it("are all of one place, and none that a wait at home would not pay for", () => {
    expect(contenders(0, 5)).toEqual([2, 2]);
    expect(contenders(20, 5)).toEqual([1, 1]);
    expect(contenders(20, 500)).toEqual([2, 2]);
  });
});
