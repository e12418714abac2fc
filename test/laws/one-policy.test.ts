import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { World } from "../../src/catalog/index.ts";
import {
  arcTable,
  compilePolicy,
  compileRoutes,
  decide,
  emptyJudgement,
  filter,
  judge,
  type Decision,
  type Deployment,
  type Snapshot,
} from "../../src/route/index.ts";
import { deployEverywhere, seededRng, worlds } from "../worlds/random-world.ts";
import { runs } from "./runs.ts";

const idle = (replicas: number): Snapshot => ({
  maxAgeMs: 1000,
  engines: Array.from({ length: replicas }, () => ({
    drain: { value: 0, unit: "ms" as const, atMs: 0, source: "test" },
    health: { value: 1, unit: "ratio" as const, atMs: 0, source: "test" },
  })),
});

/** Queues, outages, stale and missing signals. */
const snapshots = (replicas: number): fc.Arbitrary<Snapshot> =>
  fc.record({
    maxAgeMs: fc.constant(1000),
    engines: fc.array(
      fc.record(
        {
          drain: fc.record({
            value: fc.double({ min: 0, max: 500, noNaN: true }),
            unit: fc.constant("ms" as const),
            atMs: fc.integer({ min: -3000, max: 0 }),
            source: fc.constant("test"),
          }),
          health: fc.record({
            value: fc.constantFrom(0, 0.5, 1),
            unit: fc.constant("ratio" as const),
            atMs: fc.integer({ min: -3000, max: 0 }),
            source: fc.constant("test"),
          }),
        },
        { requiredKeys: [] },
      ),
      { minLength: replicas, maxLength: replicas },
    ),
  });

function decideAll(world: World, deployment: Deployment, snapshot: Snapshot, seed = 1): Decision[] {
  const routes = compileRoutes(compilePolicy(world), deployment);
  const rng = seededRng(seed);
  return world.demand.map((row) => decide(routes, row, snapshot, { nowMs: 0, rng }));
}

/** `row site module` of every arc of the plan's model. */
function arcsOf(world: World): Set<string> {
  const table = arcTable(compilePolicy(world));
  const arcs = new Set<string>();
  for (let row = 0; row < world.demand.length; row++) {
    for (let arc = table.rowStart[row]!; arc < table.rowStart[row + 1]!; arc++) {
      arcs.add(`${row} ${table.site[arc]} ${table.module[arc]}`);
    }
  }
  return arcs;
}

describe("law 1: one policy", () => {
  it("the arc table lists exactly what filter accepts", () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const policy = compilePolicy(world);
        const accepted = new Set<string>();
        for (const [row, origin] of world.demand.entries()) {
          for (let site = 0; site < world.sites.length; site++) {
            for (let module = 0; module < world.modules.length; module++) {
              if (filter(policy, origin, site, module).ok) accepted.add(`${row} ${site} ${module}`);
            }
          }
        }
        expect(arcsOf(world)).toEqual(accepted);
      }),
      { numRuns: runs(60) },
    );
  });

  it("decide picks only sites with an arc, and any arc to a healthy engine can be picked", () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const arcs = arcsOf(world);
        const everywhere = deployEverywhere(world);
        const replicas = everywhere.pools.length * world.workloads.length * 2;
        for (const [row, decision] of decideAll(world, everywhere, idle(replicas)).entries()) {
          for (const target of [decision.target, ...decision.fallbacks]) {
            if (!target) continue;
            const pool = everywhere.pools.find((entry) => entry.id === target.pool)!;
            expect(arcs).toContain(`${row} ${pool.site} ${pool.module}`);
          }
        }
        for (const arc of [...arcs].slice(0, 12)) {
          const [row, site, module] = arc.split(" ").map(Number) as [number, number, number];
          const alone = deployEverywhere(world, (s, m) => s === site && m === module);
          expect(decideAll(world, alone, idle(world.workloads.length * 2))[row]!.target?.pool).toBe(alone.pools[0]!.id);
        }
      }),
      { numRuns: runs(30) },
    );
  });
});

describe("law 2: replay", () => {
  it("the same snapshot and seed give the same bytes", () => {
    fc.assert(
      fc.property(
        worlds.chain((world) =>
          fc.tuple(
            fc.constant(world),
            snapshots(world.sites.length * world.modules.length * world.workloads.length * 2),
          ),
        ),
        fc.nat(),
        ([world, snapshot], seed) => {
          const deployment = deployEverywhere(world);
          const first = JSON.stringify(decideAll(world, deployment, snapshot, seed));
          const recorded = JSON.parse(JSON.stringify({ world, deployment, snapshot })) as {
            world: World;
            deployment: Deployment;
            snapshot: Snapshot;
          };
          expect(JSON.stringify(decideAll(recorded.world, recorded.deployment, recorded.snapshot, seed))).toBe(first);
        },
      ),
      { numRuns: runs(30) },
    );
  });
});

describe("law 3: relaxing a budget", () => {
  it("never removes a site and never lowers what a module carries", () => {
    fc.assert(
      fc.property(worlds, fc.double({ min: 1, max: 20, noNaN: true }), (world, factor) => {
        const relaxed: World = {
          ...world,
          workloads: world.workloads.map((workload) => ({
            ...workload,
            ttft: { ...workload.ttft, budgetMs: workload.ttft.budgetMs * factor },
          })),
        };
        const [tight, loose] = [compilePolicy(world), compilePolicy(relaxed)];
        const [before, after] = [emptyJudgement(), emptyJudgement()];
        for (const origin of world.demand) {
          for (let site = 0; site < world.sites.length; site++) {
            for (let module = 0; module < world.modules.length; module++) {
              if (judge(tight, origin, site, module, before) !== null) continue;
              expect(judge(loose, origin, site, module, after)).toBeNull();
              expect(after.perModulePerS).toBeGreaterThanOrEqual(before.perModulePerS * (1 - 1e-9));
            }
          }
        }
      }),
      { numRuns: runs(60) },
    );
  });
});

describe("law 4: order", () => {
  it("the order in which pools are listed does not change a decision", () => {
    fc.assert(
      fc.property(worlds, fc.nat(), (world, seed) => {
        const deployment = deployEverywhere(world);
        const reversed: Deployment = { ...deployment, pools: [...deployment.pools].reverse() };
        const snapshot = idle(deployment.pools.length * world.workloads.length * 2);
        const poolsOf = (decisions: Decision[]) =>
          decisions.map((entry) => [entry.target?.pool, ...entry.fallbacks.map((target) => target.pool)]);
        expect(poolsOf(decideAll(world, reversed, snapshot, seed))).toEqual(
          poolsOf(decideAll(world, deployment, snapshot, seed)),
        );
      }),
      { numRuns: runs(40) },
    );
  });
});
