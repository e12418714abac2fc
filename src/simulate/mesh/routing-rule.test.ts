import { describe, expect, it } from "vitest";
import { deployEverywhere } from "../../../test/worlds/random-world.ts";
import { testArea, testSite, tinyWorld } from "../../../test/worlds/tiny-world.ts";
import { routingRules, type RoutingRule } from "./routing-rule.ts";
import { simulate } from "../run/simulate.ts";

/** Users beside site `near`, another site 300 km away; both may serve. */
const world = tinyWorld({
  areas: [testArea({ id: "users" })],
  sites: [
    testSite({ id: "near", tier: "regional" }),
    testSite({ id: "far", tier: "regional", latitude: 52.5, longitude: 9 }),
  ],
});

function sharesOf(rule: RoutingRule, rateFactor = 1) {
  const result = simulate({
    world,
    deployment: deployEverywhere(world),
    options: { rule, durationS: 30, windowS: 10, rateFactor, demand: "peak" },
  });
  const total = result.sites.reduce((sum, site) => sum + site.completed, 0);
  return Object.fromEntries(result.sites.map((site) => [site.site, site.completed / total]));
}

describe("routing rules", () => {
  it("all serve everything while there is room", () => {
    for (const rule of routingRules) {
      const { near, far } = sharesOf(rule);
      expect(near! + far!).toBeCloseTo(1, 9);
    }
  });

  it("nearest stays near, whatever the load", () => {
    expect(sharesOf("nearest", 5)["near"]).toBe(1);
  });

  it("round robin and power of two share evenly", () => {
    for (const rule of ["round-robin", "power-of-two"] as const) {
      expect(sharesOf(rule)["near"]).toBeGreaterThan(0.35);
      expect(sharesOf(rule)["near"]).toBeLessThan(0.65);
    }
  });

  it("regional spill stays near until the queue there is long", () => {
    expect(sharesOf("regional-spill")["near"]).toBeGreaterThan(0.95);
    expect(sharesOf("regional-spill", 60)["near"]).toBeLessThan(0.9);
  });

  it("prefix hash sends one origin to one engine", () => {
    const oneOrigin = { ...world, demand: world.demand.slice(0, 1) };
    const result = simulate({
      world: oneOrigin,
      deployment: deployEverywhere(oneOrigin),
      options: { rule: "prefix-hash", durationS: 30, windowS: 10 },
    });
    expect(result.pools.filter((pool) => pool.utilization > 0)).toHaveLength(1);
  });
});
