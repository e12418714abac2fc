import { describe, expect, it } from "vitest";
import { deployEverywhere } from "../../../test/worlds/random-world.ts";
import { testArea, testSite, testWorkload, tinyWorld } from "../../../test/worlds/tiny-world.ts";
import type { Deployment } from "../../route/index.ts";
import { defaultAutoscaling, loadSeconds } from "./autoscaler.ts";
import { simulate } from "../run/simulate.ts";
import type { SimulationOptions } from "../run/simulation-options.ts";

const world = tinyWorld({
  areas: [testArea({ id: "town" })],
  sites: [testSite({ id: "site", tier: "regional" })],
  workloads: [testWorkload({ id: "quick", ttft: { budgetMs: 500, attainmentRatio: 0.9 } })],
  demand: [{ area: 0, workload: 0, access: 0, peakPerS: [40], meanPerS: [10] }],
});
const group = { workloads: [0], tensorParallel: 1, replicas: 8, speedRatio: 1, plannedPerS: 40 };
const deployment: Deployment = {
  period: 0,
  flows: [],
  pools: [
    { id: "site/small-box", site: 0, module: 0, count: 8, trainingCount: 0, capacityUsdPerModuleS: 0, groups: [group] },
  ],
};
const run = (options: Partial<SimulationOptions>) =>
  simulate({ world, deployment, options: { durationS: 900, windowS: 60, demand: "mean", ...options } });

describe("autoscaling", () => {
  it("keeps as many engines up as the rate asks for at the plan's rate per engine, and saves what the others idle", () => {
    const scaled = run({ autoscaling: defaultAutoscaling });
    const always = run({});
    const [pool] = scaled.pools;
    // 10 requests/s of 40 planned for eight engines, a quarter kept spare: three or four of eight.
    expect(pool!.stoppedRatio).toBeGreaterThan(0.45);
    expect(pool!.stoppedRatio).toBeLessThan(0.75);
    expect(pool!.energyKwh).toBeLessThan(0.8 * always.pools[0]!.energyKwh);
    expect(scaled.requests.rejected).toBe(0);
    expect(scaled.workloads[0]!.ttftAttainmentRatio!).toBeGreaterThan(0.95);
  });

  it("makes a crowd wait for the engines that have to load first", () => {
    const crowd = { kind: "crowd" as const, areas: {}, factor: 8, fromS: 300, toS: 600 };
    const slow = { ...defaultAutoscaling, minRatio: 0, startS: 120 };
    // Long answers: an engine's 64 seats carry about 40 of them a second, the crowd sends 80.
    const long = {
      ...world,
      workloads: world.workloads.map((entry) => ({ ...entry, outputTokens: { mean: 400, cv: 0.3 } })),
    };
    const planned = { ...deployment, pools: [{ ...deployment.pools[0]!, groups: [{ ...group, plannedPerS: 160 }] }] };
    const shares = [slow, { ...slow, startS: 1 }].map((autoscaling) => {
      const options = { durationS: 700, windowS: 60, demand: "mean" as const, faults: [crowd], autoscaling };
      const result = simulate({ world: long, deployment: planned, options });
      expect(result.pools[0]!.engineStarts).toBeGreaterThan(3);
      const [early] = result.windows.filter(({ fromS }) => fromS === 360).map(({ workloads }) => workloads[0]!);
      return early!.withinSlo / early!.arrived;
    });
    expect(shares[0]!).toBeLessThan(shares[1]! - 0.2);
    expect(shares[1]!).toBeGreaterThan(0.8);
  });

  it("loads a model in the time its weights take", () => {
    const routesGroup = { ...group, pool: 0, site: 0, module: 0, firstReplica: 0, capacityUsdPerModuleS: 0 };
    const seconds = loadSeconds(world, routesGroup, { ...defaultAutoscaling, startS: 10, loadGBps: 0.1 });
    expect(seconds).toBeCloseTo(10 + 0.6 / 0.1, 6);
  });

  it("changes nothing where nothing is planned, and lets faults and stops overlap", () => {
    const unplanned = { ...deployment, pools: [{ ...deployment.pools[0]!, groups: [{ ...group, plannedPerS: 0 }] }] };
    const options = { durationS: 120, windowS: 60, autoscaling: defaultAutoscaling };
    expect(simulate({ world, deployment: unplanned, options }).pools[0]!.stoppedRatio).toBe(0);
    const down = { kind: "down" as const, where: {}, fromS: 100, toS: 200 };
    const result = run({ autoscaling: { ...defaultAutoscaling, idleS: 0 }, faults: [down] });
    const last = result.windows.at(-1)!.workloads[0]!;
    expect(last.withinSlo / last.arrived).toBeGreaterThan(0.9);
    expect(result.requests.arrived).toBe(result.requests.completed + result.requests.rejected);
  });
});

describe("answers kept at sites", () => {
  const responseCaching = { distinct: 1000, zipf: 1, entries: 100, hitMs: 1 };

  it("serve the questions that are asked again, the more of them the more unequal they are", () => {
    const hits = [0, 1, 1.5].map((zipf) => {
      const served = run({ responseCaching: { ...responseCaching, zipf } }).workloads[0]!;
      expect(served.completed).toBe(served.arrived);
      return served.answeredFromCache / served.completed;
    });
    // A hundred of a thousand equally likely ones.
    expect(hits[0]!).toBeCloseTo(0.1, 1);
    expect(hits[1]!).toBeGreaterThan(0.4);
    expect(hits[2]!).toBeGreaterThan(hits[1]! + 0.2);
  });

  it("save the engines the work, and no time when the site is down", () => {
    const cached = run({ responseCaching });
    expect(cached.pools[0]!.utilization).toBeLessThan(0.7 * run({}).pools[0]!.utilization);
    expect(cached.workloads[0]!.ttftMs.p50!).toBeLessThan(run({}).workloads[0]!.ttftMs.p50!);
    const down = { kind: "down" as const, where: {}, fromS: 450 };
    const result = run({ responseCaching, faults: [down] });
    expect(result.windows.at(-1)!.workloads[0]!.completed).toBe(0);
  });

  it("are not kept by a site that is down or cut off while others answer for it", () => {
    const two = {
      ...world,
      sites: [world.sites[0]!, testSite({ id: "other", tier: "edge", latitude: 51.5 })],
      workloads: world.workloads.map((workload) => ({ ...workload, ttft: { ...workload.ttft, budgetMs: 2000 } })),
      demand: world.demand.map((row) => ({ ...row, peakPerS: [30], meanPerS: [30] })),
    };
    for (const kind of ["down", "cut"] as const) {
      // The users live farther from either site than a town is wide, so the cut takes the site from them.
      const moved = { ...two, areas: two.areas.map((area) => ({ ...area, latitude: 48.5 })) };
      const { workloads } = simulate({
        world: moved,
        deployment: deployEverywhere(moved),
        options: {
          durationS: 60.5,
          warmUpS: 60,
          demand: "peak",
          responseCaching: { distinct: 300, zipf: 0, entries: 300, hitMs: 1 },
          faults: [{ kind, where: { sites: [moved.sites[0]!.id] }, fromS: 0, toS: 60 }],
        },
      });
      expect(workloads[0]!.completed).toBeGreaterThan(8);
      expect(workloads[0]!.answeredFromCache).toBeLessThan(0.3 * workloads[0]!.completed);
    }
  });

  it("stay within the law: a site abroad is never asked", () => {
    const abroad = {
      ...world,
      sites: [testSite({ id: "site", tier: "edge", country: "CC" })],
    };
    const result = simulate({ world: abroad, deployment, options: { durationS: 60, windowS: 60, responseCaching } });
    expect(result.requests.completed).toBe(0);
    expect(result.residencyViolations).toBe(0);
  });
});
