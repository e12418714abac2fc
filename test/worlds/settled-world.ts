import type fc from "fast-check";
import type { World } from "../../src/catalog/index.ts";
import { worlds } from "./random-world.ts";

/**
 * Random worlds with something to serve: users live beside sites and have patience, and one site and one workload are
 * free of special wishes. Every other area lies in another country than the site beside it, so that the nearest place is
 * often one the law forbids.
 */
export const settledWorlds: fc.Arbitrary<World> = worlds.map((world) => ({
  ...world,
  sites: world.sites.map((site, index) => (index === 0 ? { ...site, status: "candidate" as const } : site)),
  areas: world.areas.map((area, index) => {
    const { country, latitude, longitude } = world.sites[index % world.sites.length]!;
    return { ...area, latitude, longitude, country: index % 2 === 0 ? country : area.country };
  }),
  workloads: world.workloads.map((workload, index) => ({
    ...workload,
    ttft: { ...workload.ttft, budgetMs: workload.ttft.budgetMs + 150 },
    ...(index === 0 ? { tiers: ["core", "regional", "edge"] as const, model: 0 } : {}),
  })),
}));
