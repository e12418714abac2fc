import fc from "fast-check";
import type { World } from "../../src/catalog/index.ts";
import { testArea, testSite, testWorkload, tinyWorld } from "./tiny-world.ts";

export { deployEverywhere } from "./deploy-everywhere.ts";

const place = fc.record({
  // Within a few hundred kilometres, where budgets bite; some farther out.
  latitude: fc.oneof(fc.double({ min: 48, max: 52, noNaN: true }), fc.double({ min: -60, max: 70, noNaN: true })),
  longitude: fc.oneof(fc.double({ min: 6, max: 12, noNaN: true }), fc.double({ min: -180, max: 180, noNaN: true })),
  country: fc.constantFrom("AA", "BB", "CC", "DD", "ZZ"),
});

/** Worlds with a few sites, areas and workloads in every combination of country, tier, data class and budget. */
export const worlds: fc.Arbitrary<World> = fc
  .record({
    sites: fc.array(
      fc.tuple(
        place,
        fc.constantFrom("core" as const, "regional" as const, "edge" as const),
        fc.constantFrom("candidate" as const, "existing" as const, "forbidden" as const),
      ),
      { minLength: 1, maxLength: 6 },
    ),
    areas: fc.array(place, { minLength: 1, maxLength: 4 }),
    workloads: fc.array(
      fc.record({
        model: fc.constantFrom(0, 1),
        budgetMs: fc.double({ min: 5, max: 900, noNaN: true }),
        attainmentRatio: fc.constantFrom(0.5, 0.9, 0.99),
        dataClass: fc.constantFrom("personal", "public", "secret"),
        tiers: fc.constantFrom(["edge"], ["core", "regional"], ["core", "regional", "edge"]),
        inputMean: fc.integer({ min: 16, max: 2000 }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  })
  .map(({ sites, areas, workloads }) =>
    tinyWorld({
      sites: sites.map(([at, tier, status], index) => testSite({ id: `site-${index}`, tier, status, ...at })),
      areas: areas.map((at, index) => testArea({ id: `area-${index}`, ...at })),
      workloads: workloads.map((entry, index) =>
        testWorkload({
          id: `workload-${index}`,
          model: entry.model,
          inputTokens: { mean: entry.inputMean, cv: 0.5 },
          ttft: { budgetMs: entry.budgetMs, attainmentRatio: entry.attainmentRatio },
          dataClass: entry.dataClass,
          tiers: entry.tiers as World["workloads"][number]["tiers"],
        }),
      ),
      demand: areas.flatMap((_area, area) =>
        workloads.flatMap((_workload, workload) =>
          [0, 1].map((access) => ({ area, workload, access, peakPerS: [10], meanPerS: [4] })),
        ),
      ),
    }),
  );

/** Seeded lots for tests (mulberry32). */
export function seededRng(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
