import { describe, expect, it } from "vitest";
import { deployEverywhere } from "../../../test/worlds/random-world.ts";
import { testArea, testSite, testWorkload, tinyWorld } from "../../../test/worlds/tiny-world.ts";
import { defaultAutoscaling } from "../engine/autoscaler.ts";
import type { Fault } from "../fault/fault.ts";
import { drawFaults } from "../fault/random-faults.ts";
import { simulate } from "./simulate.ts";
import type { SimulationOptions } from "./simulation-options.ts";
import type { SimulationResult } from "./simulation-result.ts";

/** A town with an edge site in it, another town 500 km away with its own, and a regional site in a third place. */
const world = tinyWorld({
  areas: [testArea({ id: "town" }), testArea({ id: "other", latitude: 54.5 })],
  sites: [
    testSite({ id: "edge", tier: "edge" }),
    testSite({ id: "other-edge", tier: "edge", latitude: 54.5 }),
    testSite({ id: "region", tier: "regional", latitude: 52, longitude: 6 }),
  ],
  workloads: [testWorkload({ id: "quick", ttft: { budgetMs: 400, attainmentRatio: 0.9 } })],
  demand: [0, 1].map((area) => ({ area, workload: 0, access: 0, peakPerS: [20], meanPerS: [20] })),
});
const deployment = deployEverywhere(world);

function run(faults: readonly Fault[], options: Partial<SimulationOptions> = {}): SimulationResult {
  return simulate({
    world,
    deployment,
    options: { durationS: 60, windowS: 10, faults, bySiteWindow: true, rule: "nearest", ...options },
  });
}

/** Requests from the town that a site answered, sent within a span of windows. */
const answered = (result: SimulationResult, site: string, fromS: number, toS: number): number =>
  result.siteWindows
    .filter((entry) => entry.site === site && entry.fromS >= fromS && entry.fromS < toS)
    .reduce((sum, entry) => sum + entry.completed, 0);
const refused = (result: SimulationResult, reason: string): number =>
  result.workloads[0]!.rejections.find((entry) => entry.reason === reason)?.count ?? 0;

describe("a site that is cut off", () => {
  it("keeps serving the users of its town while nobody else reaches it, and takes part again afterwards", () => {
    const cut: Fault = { kind: "cut", where: { sites: ["edge"] }, fromS: 20, toS: 40 };
    const result = run([cut]);
    const before = answered(result, "edge", 0, 20);
    const during = answered(result, "edge", 20, 40);
    expect(during / before).toBeGreaterThan(0.85);
    expect(during / before).toBeLessThan(1.15);
    expect(answered(result, "edge", 40, 60) / before).toBeGreaterThan(0.85);
    expect(result.requests.completed).toBe(result.requests.arrived);
    expect(result.residencyViolations).toBe(0);
  });

  it("is not reached from elsewhere: those users are served by the next site after the first have waited in vain", () => {
    // The other town has no engine of its own, so its users come here as long as they can.
    const onlyEdge = deployEverywhere(world, (site) => site !== 1);
    const cut: Fault = { kind: "cut", where: { sites: ["edge"] }, fromS: 20, toS: 40 };
    const far = { ...world, demand: world.demand.filter((row) => row.area === 1) };
    const near = {
      ...far,
      sites: world.sites.map((site) => (site.id === "region" ? { ...site, latitude: 45 } : site)),
    };
    const options = { durationS: 60, windowS: 10, faults: [cut], bySiteWindow: true, rule: "nearest" as const };
    const result = simulate({ world: near, deployment: onlyEdge, options });
    expect(answered(result, "edge", 0, 20)).toBeGreaterThan(300);
    expect(answered(result, "edge", 20, 40)).toBe(0);
    expect(answered(result, "region", 20, 40)).toBeGreaterThan(300);
    expect(answered(result, "edge", 50, 60)).toBeGreaterThan(100);
    // Some found the lines dead before the heartbeats told; streams under way broke.
    expect(result.requests.retries).toBeGreaterThan(0);
    expect(refused(result, "interrupted")).toBeLessThan(20);
    expect(result.requests.arrived).toBe(result.requests.completed + result.requests.rejected);
  });

  it("serves its town by what it knows itself when the control network alone is cut, and the world fails over", () => {
    const control: Fault = { kind: "control", where: { sites: ["edge"] }, fromS: 20, toS: 40 };
    const result = run([control], { rule: "disperse" });
    const before = answered(result, "edge", 0, 20);
    expect(answered(result, "edge", 20, 40) / before).toBeGreaterThan(0.85);
    // No line is cut, so nothing breaks and nobody waits in vain.
    expect(result.requests.retries).toBe(0);
    expect(result.requests.rejected).toBe(0);
    const onlyEdge = deployEverywhere(world, (site) => site !== 1);
    const far = { ...world, demand: world.demand.filter((row) => row.area === 1) };
    const options = { durationS: 60, windowS: 10, faults: [control], bySiteWindow: true, rule: "nearest" as const };
    const beyond = simulate({ world: far, deployment: onlyEdge, options });
    const total = answered(beyond, "edge", 30, 40) + answered(beyond, "region", 30, 40);
    expect(answered(beyond, "region", 30, 40)).toBe(total);
    expect(total).toBeGreaterThan(100);
  });

  it("does not let data out of its country when the only lawful site is out of reach", () => {
    const abroad = tinyWorld({
      areas: [testArea({ id: "far", latitude: 54 })],
      sites: [
        testSite({ id: "home", tier: "edge" }),
        testSite({ id: "abroad", tier: "edge", country: "CC", latitude: 54 }),
      ],
      workloads: world.workloads,
      demand: [{ area: 0, workload: 0, access: 0, peakPerS: [20], meanPerS: [20] }],
    });
    const cut: Fault = { kind: "cut", where: { sites: ["home"] }, fromS: 20 };
    const result = simulate({
      world: abroad,
      deployment: deployEverywhere(abroad),
      options: { durationS: 60, windowS: 10, faults: [cut] },
    });
    expect(result.sites.find(({ site }) => site === "abroad")!.completed).toBe(0);
    expect(result.residencyViolations).toBe(0);
    expect(result.requests.rejected).toBeGreaterThan(600);
  });
});

describe("faults of parts", () => {
  it("take one engine away while its neighbours go on", () => {
    const pool = deployment.pools.find((entry) => entry.id === "edge/small-box")!;
    const engine: Fault = { kind: "down", where: { pool: pool.id, engine: 0 }, fromS: 20 };
    const result = run([engine]);
    expect(answered(result, "edge", 30, 60)).toBeGreaterThan(400);
    expect(result.requests.rejected).toBeLessThan(10);
    const both = run([engine, { ...engine, where: { pool: pool.id, engine: 1 } }]);
    expect(both.pools.find((entry) => entry.pool === pool.id)!.utilization).toBeLessThan(
      0.6 * result.pools.find((entry) => entry.pool === pool.id)!.utilization,
    );
  });

  it("lengthen the way over a bad link, for the users of that site alone", () => {
    const link: Fault = { kind: "link", where: { sites: ["edge"] }, factor: 10, fromS: 0 };
    const slow = run([link]);
    const usual = run([]);
    expect(slow.workloads[0]!.ttftMs.p90! / usual.workloads[0]!.ttftMs.p90!).toBeGreaterThan(3);
    const elsewhere = run([{ ...link, where: { sites: ["region"] } }]);
    expect(elsewhere.workloads[0]!.ttftMs).toEqual(usual.workloads[0]!.ttftMs);
  });

  it("make answers wait when a port carries less than is sent through it", () => {
    const narrow = {
      ...world,
      sites: world.sites.map((site) => ({ ...site, portGbps: 0.002 })),
      workloads: world.workloads.map((workload) => ({ ...workload, responseBytes: 20_000 })),
    };
    // 20 answers a second of 160 kbit need 3.2 Mbit/s, the port has 2.
    const options = { durationS: 60, windowS: 10, rule: "nearest" as const };
    const waiting = simulate({ world: narrow, deployment, options });
    expect(waiting.workloads[0]!.ttftMs.p90!).toBeGreaterThan(5_000);
    expect(waiting.sites[0]!.portRatio).toBeGreaterThan(1);
    const wide = simulate({ world, deployment, options });
    expect(wide.workloads[0]!.ttftMs.p90!).toBeLessThan(400);
  });
});

describe("a warm-up", () => {
  it("leaves no trace in what is counted: neither attempts that failed in it nor the line there was", () => {
    const shared = { rule: "disperse" as const, rateFactor: 20, waitingLine: { maxQueued: 100, patienceMs: 100 } };
    const where = { sites: ["edge", "region"] };
    const dark: Fault = { kind: "down", where, fromS: 5, toS: 8 };
    const counted = run([dark], { ...shared, durationS: 10 });
    expect(counted.requests.retries).toBeGreaterThan(0);
    expect(counted.waitingLine!.largestQueued).toBeGreaterThan(0);
    const warm = run([dark], { ...shared, durationS: 19, warmUpS: 18.9, rateFactor: 20 });
    expect(warm.requests.retries).toBe(0);
    expect(warm.waitingLine!.largestQueued).toBeLessThan(counted.waitingLine!.largestQueued);
  });
});

describe("engines that have done nothing since the warm-up", () => {
  it("were busy for no time, and not for less", () => {
    const dark: Fault = { kind: "down", where: {}, fromS: 5 };
    for (let seed = 1; seed <= 8; seed++) {
      const { pools } = run([dark], { seed, durationS: 10, warmUpS: 5, rateFactor: 5, rule: "round-robin" });
      for (const { utilization, servingEnergyKwh } of pools) expect([utilization, servingEnergyKwh]).toEqual([0, 0]);
    }
  });
});

describe("faults at random", () => {
  it("come for each unit by itself at the rates asked for", () => {
    const random = { meanHoursBetweenFailures: 1, meanHoursToRepair: 0.25, where: {} };
    const hours = 5000;
    for (const unit of ["site", "engine", "tier"] as const) {
      const faults = drawFaults(world, deployment, { ...random, unit, kind: "cut" }, hours * 3600, 3);
      const engines = deployment.pools.reduce((sum, pool) => sum + pool.groups.length * 2, 0);
      const units = { site: 3, engine: engines, tier: 2 }[unit];
      expect(faults.length / (units * (hours / 1.25))).toBeCloseTo(1, 1);
      expect(faults.every((fault) => fault.kind === "cut" && fault.toS! > fault.fromS)).toBe(true);
    }
  });

  it("leave the fate of the others alone when one more is drawn", () => {
    const random = { meanHoursBetweenFailures: 1, meanHoursToRepair: 0.25, where: {} };
    const all = drawFaults(world, deployment, random, 360_000, 3);
    const one = drawFaults(world, deployment, { ...random, where: { tier: "regional" } }, 360_000, 3);
    const spans = (faults: readonly Fault[]) => faults.map(({ fromS, toS }) => [fromS, toS]);
    const ofRegion = all.filter((fault) => "where" in fault && fault.where.sites?.includes("region"));
    expect(spans(one)).toEqual(spans(ofRegion));
  });
});

describe("a failover time beyond the budget", () => {
  // The region lies beyond the town's budget, and keeps the time that its users accept after a loss.
  const [workload] = world.workloads;
  const demand = world.demand.filter((row) => row.area === 0);
  const without = { ...world, demand, workloads: [{ ...workload!, ttft: { budgetMs: 28, attainmentRatio: 0.9 } }] };
  const patient = { ...without, workloads: [{ ...without.workloads[0]!, failoverBudgetMs: 200 }] };
  const edgeAndRegion = deployEverywhere(world, (site) => site !== 1);
  const dark: Fault = { kind: "down", where: { sites: ["edge"] }, fromS: 20, toS: 40 };
  const during = (one: typeof world) =>
    simulate({
      world: one,
      deployment: edgeAndRegion,
      options: { durationS: 60, windowS: 10, faults: [dark], bySiteWindow: true },
    });

  it("lets a place beyond the budget take over while the place within it is dark, and no longer", () => {
    const result = during(patient);
    expect(answered(result, "region", 0, 20)).toBe(0);
    expect(answered(result, "region", 20, 40)).toBeGreaterThan(0.9 * answered(result, "edge", 0, 20));
    expect(answered(result, "region", 50, 60)).toBe(0);
    expect(refused(result, "unhealthy")).toBe(0);
    expect(refused(during(without), "unhealthy")).toBeGreaterThan(0);
  });

  it("takes nobody beyond the budget while the place within it is merely full, or sleeps", () => {
    const engines = patient.engines.map((engine) => ({ ...engine, maxSequences: 2 }));
    const crowded = {
      ...patient,
      engines,
      demand: demand.map((row) => ({ ...row, peakPerS: [200], meanPerS: [200] })),
    };
    for (const autoscaling of [null, { ...defaultAutoscaling, minRatio: 0 }]) {
      const result = simulate({
        world: crowded,
        deployment: edgeAndRegion,
        options: { durationS: 20, windowS: 10, bySiteWindow: true, autoscaling },
      });
      expect(refused(result, "overloaded")).toBeGreaterThan(100);
      expect(answered(result, "edge", 0, 20)).toBeGreaterThan(100);
      expect(answered(result, "region", 0, 20)).toBe(0);
    }
  });

  it("lets requests wait for engines beyond the budget that are full, while those within it are lost", () => {
    const engines = patient.engines.map((engine) => ({ ...engine, maxSequences: 2 }));
    const options = { durationS: 4, rateFactor: 20, faults: [{ ...dark, fromS: 0 }], bySiteWindow: true };
    const result = simulate({ world: { ...patient, engines }, deployment: edgeAndRegion, options });
    expect(answered(result, "region", 0, 4)).toBeGreaterThan(0);
    expect(refused(result, "overloaded")).toBeGreaterThan(0);
    expect(refused(result, "unhealthy")).toBe(0);
  });
});
