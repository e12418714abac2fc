import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deployEverywhere, seededRng } from "../../test/worlds/random-world.ts";
import { runs } from "../../test/laws/runs.ts";
import { testArea, testSite, tinyWorld } from "../../test/worlds/tiny-world.ts";
import { tiers } from "../catalog/index.ts";
import { decide } from "./decide.ts";
import { emptyJudgement, judge } from "./filter.ts";
import { expectedUsd } from "./lane.ts";
import { laneTerm, termsAt } from "./lane-terms.ts";
import { place } from "./place.ts";
import { compilePolicy } from "./policy.ts";
import { compileRoutes, type Routes } from "./routes.ts";
import type { EngineSignals } from "./snapshot.ts";

const sites = fc.array(
  fc.record({
    latitude: fc.double({ min: 45, max: 55, noNaN: true }),
    longitude: fc.double({ min: 0, max: 15, noNaN: true }),
    country: fc.constantFrom("AA", "BB", "CC"),
    tier: fc.constantFrom(...tiers),
    egressUsdPerGB: fc.constantFrom(0.02, 0.08),
  }),
  { minLength: 1, maxLength: 16 },
);
const engines = fc.array(
  fc.record({
    drainMs: fc.oneof(fc.constantFrom(0, Number.NaN), fc.double({ min: 0, max: 300, noNaN: true })),
    health: fc.constantFrom(0, 1, 1, 1),
  }),
  { minLength: 128, maxLength: 128 },
);
type Engine = { readonly drainMs: number; readonly health: number };

function worldOf(places: readonly Partial<Parameters<typeof testSite>[0]>[]) {
  return tinyWorld({
    sites: places.map((entry, index) => testSite({ id: `site-${index}`, tier: "edge", ...entry })),
    areas: [testArea({ id: "area" })],
  });
}

const signal = (value: number, unit: "ms" | "ratio") => ({ value, unit, atMs: 0, source: "test" });

/** NaN stands for what nobody has measured. */
function signalsOf({ drainMs, health }: Engine): EngineSignals {
  return {
    ...(!Number.isNaN(drainMs) && { drain: signal(drainMs, "ms") }),
    health: signal(health, "ratio"),
  };
}

/** The cheapest engine of every pool, cheapest first, by looking at each engine of each eligible group. */
function readPlainly(routes: Routes, workload: number, known: readonly Engine[], tokens: number) {
  const lane = routes.wholeLane(workload, 0, 0);
  const { budgetMs, missUsd, latencyUsdPerMs } = lane.stakes;
  const pools = new Map<string, { pool: string; replica: number; usd: number }>();
  for (const [index, group] of lane.group.entries()) {
    const { firstReplica, replicas, pool } = routes.groups[group]!;
    const open = Array.from({ length: replicas }, (_, engine) => firstReplica + engine)
      .filter((replica) => known[replica]!.health !== 0)
      .toSorted((a, b) => (known[a]!.drainMs || 0) - (known[b]!.drainMs || 0))
      .toSorted((a, b) => Number(Number.isNaN(known[a]!.drainMs)) - Number(Number.isNaN(known[b]!.drainMs)));
    if (open.length === 0) continue;
    const replica = open[0]!;
    const { drainMs } = known[replica]!;
    const queueMs = Number.isNaN(drainMs) ? budgetMs : drainMs;
    const term = (position: number) => lane.terms[termsAt(lane, index) + position]!;
    const meanMs = term(laneTerm.prefillMs);
    const prefillMs = Math.max(meanMs / 10, meanMs + tokens * term(laneTerm.perTokenMs));
    const timing = {
      fixedUsd: term(laneTerm.fixedUsd),
      mu: term(laneTerm.mu),
      sigma: term(laneTerm.sigma),
      rttMs: term(laneTerm.rttMs),
    };
    const usd = expectedUsd(timing, queueMs + prefillMs, budgetMs, missUsd, latencyUsdPerMs);
    const { id } = routes.deployment.pools[pool]!;
    const before = pools.get(id);
    if (before === undefined || usd < before.usd) pools.set(id, { pool: id, replica, usd });
  }
  return [...pools.values()].toSorted((a, b) => a.usd - b.usd);
}

describe("a placement", () => {
  it("offers the cheapest engine and the cheapest at other pools, as if every engine had been looked at", () => {
    fc.assert(
      fc.property(sites, engines, fc.integer({ min: -200, max: 400 }), fc.nat(), (places, known, more, seed) => {
        const world = worldOf(places);
        const routes = compileRoutes(compilePolicy(world), deployEverywhere(world));
        const snapshot = { maxAgeMs: 1000, engines: known.map(signalsOf) };
        for (const [workload, { inputTokens, prefixHitRatio }] of world.workloads.entries()) {
          const meanTokens = inputTokens.mean * (1 - prefixHitRatio);
          const asked = { workload, area: 0, access: 0, uncachedTokens: meanTokens + more };
          const { target, fallbacks } = decide(routes, asked, snapshot, { nowMs: 0, rng: seededRng(seed) });
          const plain = readPlainly(routes, workload, known, more);
          expect(target === null).toBe(plain.length === 0);
          if (target === null) continue;
          // Equal costs are told apart by lot; of the two engines of a group both are drawn, so the least is found.
          expect(target.terms.expectedUsd).toBeCloseTo(plain[0]!.usd, 9);
          const others = plain.filter(({ pool }) => pool !== target.pool).slice(0, 3);
          expect(fallbacks.length).toBe(others.length);
          for (const [position, { usd }] of others.entries()) {
            expect(fallbacks[position]!.terms.expectedUsd).toBeCloseTo(usd, 9);
          }
        }
      }),
      { numRuns: runs(30) },
    );
  });

  it("takes the first of several engines without a queue, and none that is down", () => {
    const world = worldOf([{}, { latitude: 51 }, { latitude: 52 }]);
    const routes = compileRoutes(compilePolicy(world), deployEverywhere(world));
    const known = Array.from({ length: routes.replicaCount }, (_, replica) => ({
      drainMs: 0,
      health: replica % 2 === 0 ? 0 : 1,
    }));
    const snapshot = { maxAgeMs: 1000, engines: known.map(signalsOf) };
    const { replicas } = place(routes, { workload: 0, area: 0, access: 0 }, snapshot, { nowMs: 0, rng: () => 0 });
    expect(replicas.length).toBeGreaterThan(1);
    for (const replica of replicas) expect(known[replica]!.health).toBe(1);
  });

  it("prefers an engine known to live to one whose last queue alone is known", () => {
    const world = worldOf([{}]);
    const routes = compileRoutes(compilePolicy(world), deployEverywhere(world));
    const { firstReplica, replicas } = routes.groups.find(
      (group) => group.replicas > 1 && group.workloads.includes(0),
    )!;
    const last = firstReplica + replicas - 1;
    const engines = Array.from({ length: routes.replicaCount }, (_, replica) =>
      replica === last
        ? signalsOf({ drainMs: 40, health: 1 })
        : {
            drain: signal(0, "ms"),
            ...(replica < firstReplica || replica > last ? { health: signal(0, "ratio") } : {}),
          },
    );
    expect(replicas).toBe(2);
    for (const lot of [0, 0.3, 0.7, 0.999]) {
      const drawn = { nowMs: 0, rng: () => lot };
      const { replicas: chosen } = place(
        routes,
        { workload: 0, area: 0, access: 0 },
        { maxAgeMs: 1000, engines },
        drawn,
      );
      expect(chosen[0]).toBe(last);
    }
  });
});

describe("refusals", () => {
  it("are told of the nearest sites, in the order of a whole list by distance and name", () => {
    fc.assert(
      fc.property(fc.array(sites, { minLength: 4, maxLength: 6 }), (parts) => {
        const world = worldOf(parts.flat());
        const policy = compilePolicy(world);
        const routes = compileRoutes(policy, deployEverywhere(world));
        for (const workload of world.workloads.keys()) {
          const refused = routes.groups.flatMap(({ workloads, site, module, pool }) => {
            const judgement = { ...emptyJudgement(), km: Number.POSITIVE_INFINITY };
            if (!workloads.includes(workload)) return [];
            if (judge(policy, { workload, area: 0, access: 0 }, site, module, judgement) === null) return [];
            return [{ km: judgement.km, pool: routes.deployment.pools[pool]!.id }];
          });
          refused.sort((a, b) => (a.km === b.km ? (a.pool < b.pool ? -1 : 1) : a.km - b.km));
          const told = routes.lane(workload, 0, 0).rejected.map(({ pool }) => pool);
          expect(told).toEqual(refused.slice(0, 32).map(({ pool }) => pool));
        }
      }),
      { numRuns: runs(12) },
    );
  });
});
