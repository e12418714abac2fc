import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../../src/adapters/solver-highs/index.ts";
import type { Callers, World } from "../../src/catalog/index.ts";
import { planScenario, type PlanDocument } from "../../src/plan/index.ts";
import {
  defaultAutoscaling,
  routingRules,
  Simulation,
  simulate,
  type Fault,
  type SimulationOptions,
  type SimulationResult,
} from "../../src/simulate/index.ts";
import { deployEverywhere } from "../worlds/random-world.ts";
import { settledWorlds } from "../worlds/settled-world.ts";
import { tinyWorld } from "../worlds/tiny-world.ts";
import { runs } from "./runs.ts";

const solver = createHighsSolver();
afterAll(() => solver.close());

const fault: fc.Arbitrary<Fault> = fc
  .record({
    kind: fc.constantFrom("down", "drain", "stale", "slow", "link", "cut", "control", "crowd"),
    fromS: fc.integer({ min: 0, max: 40 }),
    lengthS: fc.integer({ min: 1, max: 30 }),
    lasts: fc.boolean(),
    scope: fc.constantFrom(
      {},
      { tier: "edge" as const },
      { country: "AA" },
      { module: "small-box" },
      { sites: ["site-0"] },
      { pool: "site-0/small-box", engine: 1 },
    ),
    factor: fc.constantFrom(0.5, 3, 10),
  })
  .map(({ kind, fromS, lengthS, lasts, scope, factor }): Fault => {
    const span = { fromS, ...(lasts ? {} : { toS: fromS + lengthS }) };
    if (kind === "crowd") return { kind, ...span, factor, areas: {} };
    if (kind === "slow" || kind === "link") return { kind, ...span, factor, where: scope };
    return { kind: kind as "down" | "drain" | "stale" | "cut" | "control", ...span, where: scope };
  });

const restless = { meanHoursBetweenFailures: 0.01, meanHoursToRepair: 0.003, where: {} };

/** Callers of different rights, and none named. */
const callers: fc.Arbitrary<readonly Callers[] | undefined> = fc.constantFrom(undefined, [
  { account: "app", accounts: 1, shareRatio: 0.3, priority: "high", weight: 1 },
  { account: "crawler", accounts: 3, shareRatio: 0.7, priority: "low", weight: 0.5 },
]);

const troubledRuns = fc.record({
  world: fc.tuple(settledWorlds, callers).map(([world, named]): World => {
    if (!named) return world;
    return { ...world, workloads: world.workloads.map((workload) => ({ ...workload, callers: named })) };
  }),
  options: fc.record({
    seed: fc.nat({ max: 10_000 }),
    faults: fc.array(fault, { maxLength: 4 }),
    rule: fc.constantFrom(...routingRules),
    randomFaults: fc.constantFrom(null, restless, [
      { ...restless, unit: "engine" as const },
      { ...restless, kind: "cut" as const },
    ]),
    autoscaling: fc.constantFrom(null, { ...defaultAutoscaling, minRatio: 0, idleS: 5, intervalS: 5 }),
    responseCaching: fc.constantFrom(null, { distinct: 50, zipf: 1, entries: 5, hitMs: 1 }),
    maxAttempts: fc.constantFrom(1, 3),
    warmUpS: fc.constantFrom(0, 7),
    waitingLine: fc.constantFrom(
      { maxQueued: 1000, patienceMs: 30_000 },
      { maxQueued: 5, patienceMs: 100, gateways: "area" as const },
      null,
    ),
  }),
});

function begin(world: World, options: Partial<SimulationOptions>): Simulation {
  return new Simulation({
    world,
    deployment: deployEverywhere(world),
    options: { durationS: 45, windowS: 5, ...options },
  });
}

describe("law 6: requests", () => {
  it("are conserved in all, by workload and over the windows, whatever fails and whenever one looks", () => {
    fc.assert(
      fc.property(troubledRuns, fc.integer({ min: 1, max: 44_000 }), ({ world, options }, lookMs) => {
        const simulation = begin(world, options);
        simulation.advance(lookMs);
        expectConserved(simulation.result());
        simulation.advance(simulation.durationMs);
        const end = simulation.result();
        expectConserved(end);
        for (const [index, workload] of end.workloads.entries()) {
          const inWindows = end.windows.reduce((sum, window) => sum + window.workloads[index]!.arrived, 0);
          expect(inWindows).toBe(workload.arrived);
        }
      }),
      { numRuns: runs(25) },
    );
  });

  function expectConserved({ requests, workloads, sites, tiers }: SimulationResult): void {
    expect(requests.arrived).toBe(requests.completed + requests.rejected + requests.inFlight);
    const sum = (pick: (entry: SimulationResult["workloads"][number]) => number): number =>
      workloads.reduce((total, entry) => total + pick(entry), 0);
    expect([sum((entry) => entry.arrived), sum((entry) => entry.completed), sum((entry) => entry.rejected)]).toEqual([
      requests.arrived,
      requests.completed,
      requests.rejected,
    ]);
    for (const { callers: counted, ...workload } of workloads) {
      if (!counted) continue;
      for (const count of ["arrived", "completed", "rejected", "outputTokens"] as const)
        expect(counted.reduce((total, caller) => total + caller[count], 0)).toBe(workload[count]);
    }
    expect(sites.reduce((total, site) => total + site.completed, 0)).toBe(requests.completed);
    expect(tiers.reduce((total, tier) => total + tier.completed, 0)).toBe(requests.completed);
  }
});

describe("law 7 in simulation", () => {
  it("no site answers a request that none of its permitted origins could have sent, whatever fails", () => {
    fc.assert(
      fc.property(troubledRuns, ({ world, options }) => {
        const simulation = begin(world, options);
        simulation.advance(simulation.durationMs);
        const { residencyViolations, sites } = simulation.result();
        expect(residencyViolations).toBe(0);
        for (const { site, completed } of sites) {
          const { country } = world.sites.find((entry) => entry.id === site)!;
          if (!world.demand.some((row) => mayEnter(world, row, country))) expect(completed).toBe(0);
        }
      }),
      { numRuns: runs(25) },
    );
  });

  /** Read from the law as it is written in the world, without the routing policy. */
  function mayEnter(world: World, row: World["demand"][number], country: string): boolean {
    const origin = world.areas[row.area]!.country;
    if (origin === country) return true;
    const rule = world.jurisdictions
      .find((entry) => entry.country === origin)
      ?.residency.find((entry) => entry.dataClass === world.workloads[row.workload]!.dataClass);
    return rule !== undefined && (rule.allowed === "*" || rule.allowed.includes(country));
  }
});

describe("law 8: simulated load", () => {
  let simulated: SimulationResult | undefined;

  /** The planned world at its peak, simulated once. */
  async function quarterHour(): Promise<SimulationResult> {
    const { world, deployment } = await plannedWorld();
    return (simulated ??= simulate({ world, deployment, options: { seed: 11, durationS: 900, demand: "peak" } }));
  }

  it("is the planned load, pool by pool, as far as chance allows", async () => {
    const { agreement, requests } = await quarterHour();
    expect(agreement.unplannedRequests).toBeCloseTo(0, 3);
    expect(agreement.plannedRequests).toBeGreaterThan(10_000);
    // Whatever is not served as planned is what a moment's crowd pushes to another site.
    expect(agreement.movedRatio).toBeLessThan(0.05);
    expect(requests.completed / agreement.plannedRequests).toBeCloseTo(1, 1);
    for (const pool of agreement.pools) {
      if (pool.plannedRequests > 500) expect(Math.abs(pool.relativeDifference!)).toBeLessThan(0.1);
    }
  });

  it("keeps the latency objectives the plan was made for", async () => {
    const { workloads, requests } = await quarterHour();
    for (const { arrived, attainmentOfArrivedRatio, targetRatio } of workloads) {
      expect(arrived).toBeGreaterThan(1000);
      // Three standard deviations of a share over so many requests.
      const chance = 3 * Math.sqrt((targetRatio * (1 - targetRatio)) / arrived);
      expect(attainmentOfArrivedRatio!).toBeGreaterThan(targetRatio - chance);
    }
    expect(requests.rejected).toBe(0);
  });
});

describe("a simulation", () => {
  it("gives the same bytes for the same seed, and other ones for another", async () => {
    const { world, deployment } = await plannedWorld();
    const bytes = (seed: number): string =>
      JSON.stringify(simulate({ world, deployment, options: { seed, durationS: 60, randomFaults: restless } }));
    expect(bytes(4)).toBe(bytes(4));
    expect(bytes(4)).not.toBe(bytes(5));
  });
});

let planned: Promise<PlanDocument> | undefined;

/** A plan of the tiny world, made once. */
function plannedWorld(): Promise<PlanDocument> {
  planned ??= planScenario(tinyWorld(), { solver, nowMs: () => 0 }, { relativeGap: 0, timeLimitS: 20, compare: false });
  return planned;
}
