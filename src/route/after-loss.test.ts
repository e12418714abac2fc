import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runs } from "../../test/laws/runs.ts";
import { deployEverywhere, seededRng } from "../../test/worlds/random-world.ts";
import { smallModule, testArea, testSite, tinyWorld } from "../../test/worlds/tiny-world.ts";
import type { World } from "../catalog/index.ts";
import { fullGroup } from "./after-loss.ts";
import { decide } from "./decide.ts";
import { filter } from "./filter.ts";
import { compilePolicy } from "./policy.ts";
import { compileRoutes } from "./routes.ts";
import { loadViewOf } from "./snapshot.ts";

const origin = { workload: 0, area: 0, access: 0 };

/** Two places within the budget of the first workload, one that only `failover` reaches and one beyond both. */
function worldWith(failoverBudgetMs: number | undefined): World {
  const world = tinyWorld({
    modules: [smallModule],
    areas: [testArea({ id: "area" })],
    sites: [
      testSite({ id: "here", tier: "edge", latitude: 50, longitude: 8 }),
      testSite({ id: "near", tier: "edge", latitude: 50.5, longitude: 8 }),
      testSite({ id: "far", tier: "edge", latitude: 50, longitude: 24 }),
      testSite({ id: "beyond", tier: "edge", latitude: 50, longitude: 120 }),
    ],
  });
  const budgetMs = 40;
  return {
    ...world,
    workloads: world.workloads.map((workload) => ({
      ...workload,
      ttft: { ...workload.ttft, budgetMs },
      ...(failoverBudgetMs !== undefined && { failoverBudgetMs }),
    })),
  };
}

type Engine = {
  readonly drainMs: number;
  readonly health: number;
  readonly isBusy?: boolean;
  readonly isAbsent?: boolean;
};
const idle: Engine = { drainMs: 0, health: 1 };
const down: Engine = { drainMs: 0, health: 0 };
const crowded: Engine = { drainMs: 400, health: 1 };
const full: Engine = { drainMs: 400, health: 0, isBusy: true };
const absent: Engine = { drainMs: 0, health: 0, isAbsent: true };

/** Decides for the first workload; engines by site, in the order of the world. */
function decided(world: World, bySite: readonly Engine[], seed = 1) {
  const routes = compileRoutes(compilePolicy(world), deployEverywhere(world));
  const engines = Array.from(routes.groupOfReplica, (group) => {
    const { drainMs, health, isBusy = false, isAbsent = false } = bySite[routes.groups[group]!.site]!;
    const signal = { atMs: 0, source: "test" };
    return {
      drain: { value: drainMs, unit: "ms" as const, ...signal },
      health: { value: health, unit: "ratio" as const, ...signal },
      isBusy,
      isAbsent,
    };
  });
  const snapshot = { maxAgeMs: 1000, engines };
  const decision = decide(routes, origin, snapshot, { nowMs: 0, rng: seededRng(seed) });
  const { target, fallbacks } = decision;
  const isFull = (group: number) => bySite[routes.groups[group]!.site]!.isBusy === true;
  const waitsFor = fullGroup(routes, origin, loadViewOf(snapshot), 0, isFull);
  return {
    target,
    budgetMs: decision.budgetMs,
    refusedAt: [...new Set(decision.rejected.map((refusal) => refusal.site))],
    site: target?.site ?? null,
    fallbacks: fallbacks.map(({ site }) => site),
    waitsFor: waitsFor < 0 ? null : world.sites[routes.groups[waitsFor]!.site]!.id,
  };
}

describe("a failover time beyond the budget", () => {
  const patient = worldWith(100);

  it("is what the test takes it for: the far place keeps it and not the budget, the one beyond neither", () => {
    const ok = (world: World) => world.sites.map((_, site) => filter(compilePolicy(world), origin, site, 0).ok);
    expect(ok(patient)).toEqual([true, true, false, false]);
    const waiting = patient.workloads.map((one) => ({ ...one, ttft: { ...one.ttft, budgetMs: 100 } }));
    expect(ok({ ...patient, workloads: waiting })).toEqual([true, true, true, false]);
  });

  it("is used by nobody while all engines within the budget are in service, however crowded", () => {
    expect(decided(patient, [idle, idle, idle, idle]).site).not.toBe("far");
    expect(decided(patient, [crowded, crowded, idle, idle]).site).not.toBe("far");
  });

  it("is not for those who find every engine within the budget full, but for the loss of one while the others are", () => {
    expect(decided(patient, [full, full, idle, idle]).site).toBeNull();
    expect(decided(patient, [full, crowded, idle, idle]).site).toBe("near");
    expect(decided(patient, [full, down, idle, idle]).site).toBe("far");
  });

  it("is used when every engine within the budget is out of service", () => {
    const { site, target } = decided(patient, [down, down, idle, idle]);
    expect(site).toBe("far");
    expect(target!.terms.missRatio).toBeLessThan(0.5);
    expect(decided(worldWith(undefined), [down, down, idle, idle]).site).toBeNull();
    expect(decided(worldWith(30), [down, down, idle, idle]).site).toBeNull();
  });

  it("is not for a gateway that never had the others, but for the loss of one it has", () => {
    expect(decided(patient, [absent, crowded, idle, idle]).site).toBe("near");
    expect(decided(patient, [absent, absent, idle, idle]).site).toBeNull();
    expect(decided(patient, [absent, down, idle, idle]).site).toBe("far");
  });

  it("is used after a loss where the engines left within the budget would be late, not where they have room", () => {
    expect(decided(patient, [down, crowded, idle, idle]).site).toBe("far");
    expect(decided(patient, [down, idle, idle, idle]).site).toBe("near");
    expect(decided(patient, [down, crowded, crowded, idle]).site).toBe("near");
  });

  it("is worth waiting for as well where all that is left is full, and not without a loss", () => {
    expect(decided(patient, [full, full, full, idle]).waitsFor).toBe("here");
    expect(decided(patient, [down, down, full, full])).toMatchObject({ site: null, waitsFor: "far" });
    expect(decided(patient, [idle, idle, full, full]).waitsFor).toBeNull();
    expect(decided(worldWith(undefined), [down, down, full, full])).toMatchObject({ site: null, waitsFor: null });
  });

  it("is told as what the target was judged by, and nobody is told that the place is both taken and refused", () => {
    const calm = decided(worldWith(undefined), [idle, down, idle, idle]);
    expect(calm).toMatchObject({ site: "here", budgetMs: 40, refusedAt: ["far", "beyond"] });
    expect(decided(patient, [idle, down, idle, idle])).toMatchObject({
      site: "here",
      fallbacks: ["far"],
      budgetMs: 40,
      refusedAt: ["beyond"],
    });
    expect(decided(patient, [down, down, idle, idle])).toMatchObject({
      site: "far",
      budgetMs: 100,
      refusedAt: ["beyond"],
    });
  });

  it("gives an attempt that fails a last place to go", () => {
    expect(decided(patient, [idle, down, idle, idle]).fallbacks).toEqual(["far"]);
    const { site, fallbacks } = decided(patient, [idle, idle, idle, idle]);
    expect(new Set([site, fallbacks[0]])).toEqual(new Set(["here", "near"]));
    expect(fallbacks.slice(1)).toEqual(["far"]);
  });

  it("never sends anyone beyond the budget unless something within it is out of service", () => {
    const engine = fc.record({
      drainMs: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 500, noNaN: true })),
      health: fc.constantFrom(0, 0.5, 1),
      isBusy: fc.boolean(),
      isAbsent: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.tuple(engine, engine, engine, engine), fc.nat(), (bySite, seed) => {
        const { site } = decided(patient, bySite, seed);
        expect(site).not.toBe("beyond");
        const isLost = ({ health, isBusy, isAbsent }: Engine) => health === 0 && !isBusy && !isAbsent;
        if (site === "far") expect(bySite.slice(0, 2).some(isLost)).toBe(true);
        if (site === null) expect(bySite.slice(0, 2).every(({ health }) => health === 0)).toBe(true);
      }),
      { numRuns: runs(200) },
    );
  });
});
