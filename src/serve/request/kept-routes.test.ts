import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compilePolicy, compileRoutes, decide, place } from "../../route/index.ts";
import { deployEverywhere, seededRng, worlds } from "../../../test/worlds/random-world.ts";
import type { Admitted } from "./admitted.ts";
import { KeptRoutes, type AttemptEnd } from "./kept-routes.ts";
import type { Routes } from "../../route/index.ts";

const attempt: AttemptEnd = {
  number: 1,
  reason: "first",
  replica: 0,
  outcome: "upstream-failed",
  status: 503,
  startedAfterMs: 0.25,
  ttftMs: null,
  durationMs: 12.5,
};

/** A request as far as a kept route looks at it. */
function request(routes: Routes, requestId: string, row: { workload: number; area: number; access: number }): Admitted {
  const { workload, area, access } = row;
  const nothing = { replicas: [], queueMs: [], loadKnown: [], targetTokens: 0, tokens: 0 };
  const known = { slo: "budget", accountId: "team", drained: [], redacted: { counts: null } };
  return { requestId, workload, area, access, routes, placement: nothing, ...known } as unknown as Admitted;
}

describe("kept routes", () => {
  it("tell later what was decided then, whatever has become of the engines", () => {
    fc.assert(
      fc.property(worlds, fc.nat(), (world, seed) => {
        const routes = compileRoutes(compilePolicy(world), deployEverywhere(world));
        const rng = seededRng(seed);
        const engines = Array.from({ length: routes.replicaCount }, () => ({
          drain: { value: rng() < 0.5 ? 0 : rng() * 60, unit: "ms" as const, atMs: 0, source: "test" },
          health: { value: rng() < 0.1 ? 0 : 1, unit: "ratio" as const, atMs: 0, source: "test" },
        }));
        const kept = new KeptRoutes(1_000, 4, () => routes);
        const decisions = world.demand.map((row, index) => {
          const asked = { ...row, uncachedTokens: Math.floor(rng() * 2_000) };
          const draw = Math.floor(rng() * 1e6);
          const placement = place(routes, asked, { maxAgeMs: 1_000, engines }, { nowMs: 0, rng: seededRng(draw) });
          kept.keep({ ...request(routes, `req_${index}`, row), placement });
          return decide(routes, asked, { maxAgeMs: 1_000, engines }, { nowMs: 0, rng: seededRng(draw) });
        });
        for (const { drain, health } of engines) {
          drain.value = 1e6;
          health.value = 0;
        }
        for (const [index, decision] of decisions.entries())
          expect(kept.find(`req_${index}`)?.decision).toEqual(decision);
      }),
      { numRuns: 12 },
    );
  });

  it("are found by ids of any length", () => {
    const world = fc.sample(worlds, { numRuns: 1, seed: 1 })[0]!;
    const routes = compileRoutes(compilePolicy(world), deployEverywhere(world));
    const kept = new KeptRoutes(4, 4, () => routes);
    const ids = ["req_1", "r".repeat(100), "req_12", "Übung\ud800"];
    for (const id of ids) kept.keep(request(routes, id, { workload: 0, area: 0, access: 0 }));
    for (const id of ids) expect(kept.find(id)?.requestId).toBe(id);
    expect(["", "req_", "req_123", "r".repeat(99)].map((id) => kept.find(id))).toEqual([null, null, null, null]);
  });

  it("forget the oldest, and what is tried for a route that is forgotten is nobody else's", () => {
    const world = fc.sample(worlds, { numRuns: 1, seed: 1 })[0]!;
    const routes = compileRoutes(compilePolicy(world), deployEverywhere(world));
    const kept = new KeptRoutes(2, 4, () => routes);
    const slots = ["a", "b", "c"].map((id) => kept.keep(request(routes, id, { workload: 0, area: 0, access: 0 })));
    expect(kept.find("a")).toBeNull();
    kept.tried(slots[0]!, attempt);
    kept.tried(slots[1]!, attempt);
    kept.tried(slots[1]!, { ...attempt, number: 2, reason: "fallback", outcome: "served", ttftMs: 3 });
    expect(kept.find("c")?.trail).toEqual([]);
    expect(kept.find("b")?.trail).toMatchObject([
      { number: 1, reason: "first", outcome: "upstream-failed", status: 503, ttftMs: null, durationMs: 12.5 },
      { number: 2, reason: "fallback", outcome: "served", ttftMs: 3 },
    ]);
  });
});
