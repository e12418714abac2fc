import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { createHighsSolver } from "../../src/adapters/solver-highs/index.ts";
import type { World } from "../../src/catalog/index.ts";
import { annualCost } from "../../src/finance/index.ts";
import { planScenario, type PlanDocument } from "../../src/plan/index.ts";
import { arcTable, compilePolicy, filter } from "../../src/route/index.ts";
import { settledWorlds } from "../worlds/settled-world.ts";
import { tinyWorld } from "../worlds/tiny-world.ts";
import { runs } from "./runs.ts";

const solver = createHighsSolver();
afterAll(() => solver.close());

function planOf(world: World): Promise<PlanDocument> {
  return planScenario(world, { solver, nowMs: () => 0 }, { relativeGap: 0, timeLimitS: 20, compare: false });
}

/** Random worlds in which what decides is power, ports, engines and money. */
const strainedWorlds: fc.Arbitrary<World> = fc
  .record({
    world: settledWorlds,
    powerKw: fc.array(fc.constantFrom(0.3, 1, 20, 500), { minLength: 6, maxLength: 6 }),
    portGbps: fc.constantFrom(0.01, 100),
    portHeadroomRatio: fc.constantFrom(0.7, 1),
    peakPerS: fc.constantFrom(2, 60, 900),
    penaltyUsd: fc.constantFrom(0.000_1, 0.01),
  })
  .map(({ world, powerKw, portGbps, portHeadroomRatio, peakPerS, penaltyUsd }) => ({
    ...world,
    limits: { ...world.limits, portHeadroomRatio },
    sites: world.sites.map((site, index) => ({ ...site, powerLimitKw: [powerKw[index]!], portGbps })),
    workloads: world.workloads.map((workload) => ({ ...workload, unservedUsdPerRequest: penaltyUsd })),
    demand: world.demand.map((row, index) => ({
      ...row,
      peakPerS: [peakPerS * (1 + (index % 3))],
      meanPerS: [(peakPerS * (1 + (index % 3))) / 2.5],
    })),
  }));

/** Slack for sums of solver values, which are exact to about 1e-7 of the row. */
const slack = 1e-5;

describe("law 5: a plan's objective", () => {
  it("is what finance recomputes from the plan and the world, after a trip through JSON", async () => {
    await fc.assert(
      fc.asyncProperty(strainedWorlds, async (world) => {
        const document = JSON.parse(JSON.stringify(await planOf(world))) as PlanDocument;
        const training = document.training.map((entry) => ({ ...entry, demand: entry.training }));
        const again = annualCost(document.world, { ...document.deployment, training }, document.period);
        expect(again.totalUsdPerYear / document.objectiveUsdPerYear!).toBeCloseTo(1, 9);
        expect(document.bestBoundUsdPerYear!).toBeLessThanOrEqual(document.objectiveUsdPerYear! * (1 + 1e-9));
      }),
      { numRuns: runs(10) },
    );
  });

  it("never rises when a site is added, and does not depend on the order of sites", async () => {
    await fc.assert(
      fc.asyncProperty(strainedWorlds, async (world) => {
        const whole = (await planOf(world)).objectiveUsdPerYear!;
        const mirrored = (await planOf({ ...world, sites: world.sites.toReversed() })).objectiveUsdPerYear!;
        expect(mirrored / whole).toBeCloseTo(1, 6);
        fc.pre(world.sites.at(-1)!.status === "candidate");
        const fewer = (await planOf({ ...world, sites: world.sites.slice(0, -1) })).objectiveUsdPerYear!;
        expect(fewer).toBeGreaterThanOrEqual(whole * (1 - 1e-6));
      }),
      { numRuns: runs(6) },
    );
  });
});

describe("a plan, checked against the world alone", () => {
  it("serves or leaves unserved every request once, over arcs, within engines, power, ports and law", async () => {
    await fc.assert(
      fc.asyncProperty(strainedWorlds, async (world) => {
        const document = await planOf(world);
        const { deployment, unserved } = document;
        const policy = compilePolicy(world);
        const table = arcTable(policy);
        const served = world.demand.map(() => 0);
        const busyModules = deployment.pools.map(() => 0);
        const portGbps = world.sites.map(() => 0);
        for (const flow of deployment.flows) {
          const { site, module } = deployment.pools[flow.pool]!;
          const row = world.demand[flow.row]!;
          expect(filter(policy, row, site, module).ok).toBe(true);
          const arc = arcOf(table, flow.row, site, module);
          expect(flow.peakPerS).toBeGreaterThan(0);
          expect(flow.meanPerS / flow.peakPerS).toBeCloseTo(row.meanPerS[0]! / row.peakPerS[0]!, 6);
          served[flow.row]! += flow.peakPerS;
          busyModules[flow.pool]! += flow.peakPerS / (table.perModulePerS[arc]! * world.limits.headroomRatio);
          portGbps[site]! += (flow.peakPerS * world.workloads[row.workload]!.responseBytes * 8) / 1e9;
        }
        for (const [index, row] of world.demand.entries()) {
          expect(served[index]!).toBeLessThanOrEqual(row.peakPerS[0]! * (1 + slack));
        }
        for (const [index, pool] of deployment.pools.entries()) {
          expect(busyModules[index]!).toBeLessThanOrEqual(pool.count + slack);
          expect(Number.isInteger(pool.count) && pool.count >= 0).toBe(true);
        }
        for (const [index, site] of world.sites.entries()) {
          const pools = deployment.pools.filter((pool) => pool.site === index);
          const kw = pools.reduce((sum, pool) => sum + pool.count * world.modules[pool.module]!.powerKw * site.pue, 0);
          expect(kw).toBeLessThanOrEqual(site.powerLimitKw[0]! * (1 + slack));
          expect(portGbps[index]!).toBeLessThanOrEqual(site.portGbps * world.limits.portHeadroomRatio! * (1 + slack));
          if (site.status === "forbidden") expect(pools).toEqual([]);
        }
        for (const { module, site } of deployment.pools) {
          expect(world.modules[module]!.tiers).toContain(world.sites[site]!.tier);
        }
        expectConserved(world, served, unserved);
      }),
      { numRuns: runs(20) },
    );
  }, 90_000);

  it("leaves nothing unserved in a world where everything can be served at a profit", async () => {
    const { unserved, deployment } = await planOf(tinyWorld());
    expect(unserved).toEqual([]);
    expect(deployment.flows.reduce((sum, flow) => sum + flow.peakPerS, 0)).toBeCloseTo(80, 6);
  });
});

function arcOf(table: ReturnType<typeof arcTable>, row: number, site: number, module: number): number {
  for (let arc = table.rowStart[row]!; arc < table.rowStart[row + 1]!; arc++) {
    if (table.site[arc] === site && table.module[arc] === module) return arc;
  }
  throw new Error(`demand row ${row} flows to site ${site}, module ${module}, where it has no arc`);
}

/** Per workload: served plus reported as unserved is all that was asked for. */
function expectConserved(world: World, served: readonly number[], unserved: PlanDocument["unserved"]): void {
  for (const [index, workload] of world.workloads.entries()) {
    let asked = 0;
    let kept = 0;
    for (const [row, demand] of world.demand.entries()) {
      if (demand.workload !== index) continue;
      asked += demand.peakPerS[0]!;
      kept += served[row]!;
    }
    const missing = unserved
      .filter((entry) => entry.workload === workload.id)
      .reduce((sum, entry) => sum + entry.shareOfWorkload, 0);
    expect(kept / asked + missing).toBeCloseTo(1, 5);
  }
}
