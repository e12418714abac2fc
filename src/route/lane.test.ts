import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deployEverywhere } from "../../test/worlds/random-world.ts";
import { testArea, testSite, tinyWorld } from "../../test/worlds/tiny-world.ts";
import { tiers } from "../catalog/index.ts";
import { shortlistPerTier } from "./lane.ts";
import { compilePolicy } from "./policy.ts";
import { compileRoutes } from "./routes.ts";

const site = fc.record({
  latitude: fc.double({ min: 40, max: 60, noNaN: true }),
  longitude: fc.double({ min: 0, max: 20, noNaN: true }),
  country: fc.constantFrom("AA", "BB", "CC"),
  tier: fc.constantFrom(...tiers),
  egressUsdPerGB: fc.constantFrom(0.005, 0.02, 0.08),
  electricityUsdPerKwh: fc.constantFrom(0.05, 0.3),
});

describe("the shortlist of a lane", () => {
  it("holds the cheapest groups of every tier, in the order of the whole list, however far sites are passed over", () => {
    fc.assert(
      fc.property(fc.array(site, { minLength: 80, maxLength: 160 }), (places) => {
        const world = tinyWorld({
          sites: places.map((place, index) => testSite({ id: `site-${index}`, ...place })),
          areas: [testArea({ id: "area" })],
        });
        const routes = compileRoutes(compilePolicy(world), deployEverywhere(world));
        for (const workload of world.workloads.keys()) {
          const whole = [...routes.wholeLane(workload, 0, 0).group];
          const tierOf = (group: number) => world.sites[routes.groups[group]!.site]!.tier;
          const best = tiers.flatMap((tier) =>
            whole.filter((group) => tierOf(group) === tier).slice(0, shortlistPerTier),
          );
          const short = routes.lane(workload, 0, 0);
          expect([...short.group]).toEqual(whole.filter((group) => best.includes(group)));
          if (short.isWhole) expect(short.group.length).toBe(whole.length);
        }
      }),
      { numRuns: 15 },
    );
  });
});
