import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compilePolicy, compileRoutes, decide, filter } from "../../src/route/index.ts";
import { deployEverywhere, seededRng, worlds } from "../worlds/random-world.ts";
import { runs } from "./runs.ts";

describe("law 7: residency", () => {
  it("whatever is down, excluded or unknown, neither target nor fallback leaves the permitted countries", () => {
    fc.assert(
      fc.property(worlds, fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), fc.nat(), (world, downs, seed) => {
        const routes = compileRoutes(compilePolicy(world), deployEverywhere(world));
        const rng = seededRng(seed);
        const engines = Array.from({ length: routes.replicaCount }, (_, replica) =>
          downs[replica % downs.length]
            ? { health: { value: 0, unit: "ratio" as const, atMs: 0, source: "test" } }
            : undefined,
        );
        for (const row of world.demand) {
          const origin = world.areas[row.area]!.country;
          const rule = world.jurisdictions
            .find((entry) => entry.country === origin)
            ?.residency.find((entry) => entry.dataClass === world.workloads[row.workload]!.dataClass);
          const exclude = [Math.floor(rng() * Math.max(1, routes.replicaCount))];
          const decision = decide(routes, { ...row, exclude }, { maxAgeMs: 1000, engines }, { nowMs: 0, rng });
          for (const target of [decision.target, ...decision.fallbacks]) {
            if (!target || target.country === origin) continue;
            expect(rule).toBeDefined();
            if (rule!.allowed !== "*") expect(rule!.allowed).toContain(target.country);
          }
        }
      }),
      { numRuns: runs(80) },
    );
  });

  it("fails closed: an origin no jurisdiction describes keeps its data at home", () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const policy = compilePolicy({ ...world, jurisdictions: [] });
        for (const row of world.demand) {
          for (const [site, place] of world.sites.entries()) {
            if (place.country === world.areas[row.area]!.country) continue;
            expect(filter(policy, row, site, 0).ok).toBe(false);
          }
        }
      }),
      { numRuns: runs(40) },
    );
  });
});
