import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseScenario } from "../../scenario/index.ts";
import { isAskedFor, type City, type Places } from "../fact/places.ts";
import { resolveWorld } from "./resolve-world.ts";
import { runs } from "../../../test/laws/runs.ts";

const cityList = fc
  .array(
    fc.record({ population: fc.integer({ min: 1, max: 30_000_000 }), country: fc.constantFrom("DE", "FR", "JP") }),
    {
      minLength: 1,
      maxLength: 12,
    },
  )
  .map((cities) =>
    cities
      .toSorted((a, b) => b.population - a.population)
      .map((city, index): City => ({
        ...city,
        id: `c${index}`,
        name: `City ${index}`,
        latitude: index,
        longitude: -index,
      })),
  );

/** Shares in whole percent that sum to 100 %. */
const mix = fc
  .tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 }))
  .map(([a, b]) => [Math.min(a, b), Math.max(a, b) - Math.min(a, b), 100 - Math.max(a, b)] as const);

function resolve(
  cities: readonly City[],
  peak: number,
  [fibre, cable, lte]: readonly [number, number, number],
  rows = "",
) {
  const text = `apiVersion: disperse/v1
kind: Scenario
metadata: { name: law }
horizon: { periods: 2 }
workloads:
  chat:
    model: qwen3-8b
    inputTokens: 100 tok
    outputTokens: 10 tok
    ttft: 1 s
    dataClass: public
    access: { fibre: ${fibre} %, cable: ${cable} %, lte: ${lte} % }
    demand: { peak: ${peak} req/s, peakToMean: 2.5, growth: 20 %/year }
areas: [{ select: { cities: { populationAbove: 0 } } }]
sites: [{ id: a, tier: core, country: DE, latitude: 50, longitude: 8 }]
${rows}`;
  const parsed = parseScenario("s.yaml", () => text);
  if (!parsed.ok) throw new Error(parsed.problems[0]!.message);
  const places: Places = { cities: (question = {}) => cities.filter((one) => isAskedFor(one, question)) };
  const result = resolveWorld(parsed.parsed, places);
  if (!result.ok) throw new Error(result.problems[0]!.message);
  return result.world;
}

describe("demand", () => {
  it("is conserved: areas and kinds of access share out exactly what was asked for, in every period", () => {
    fc.assert(
      fc.property(cityList, fc.integer({ min: 1, max: 1_000_000 }), mix, (cities, peak, shares) => {
        const { demand } = resolve(cities, peak, shares);
        for (const [period, growth] of [1, 1.2].entries()) {
          const sum = (key: "peakPerS" | "meanPerS") => demand.reduce((total, row) => total + row[key][period]!, 0);
          expect(sum("peakPerS") / (peak * growth)).toBeCloseTo(1, 9);
          expect(sum("meanPerS") / ((peak * growth) / 2.5)).toBeCloseTo(1, 9);
        }
      }),
      { numRuns: runs(60) },
    );
  });

  it("is positive in every row, with a peak not below the mean and positions that exist", () => {
    fc.assert(
      fc.property(cityList, fc.integer({ min: 1, max: 1_000_000 }), mix, (cities, peak, shares) => {
        const world = resolve(cities, peak, shares);
        for (const row of world.demand) {
          expect(row.peakPerS[0]).toBeGreaterThan(0);
          expect(row.peakPerS[0]).toBeGreaterThanOrEqual(row.meanPerS[0]!);
          expect(world.areas[row.area]).toBeDefined();
          expect(world.workloads[row.workload]).toBeDefined();
          expect(world.accessTypes[row.access]).toBeDefined();
        }
        const keys = world.demand.map((row) => `${row.area} ${row.workload} ${row.access}`);
        expect(new Set(keys).size).toBe(keys.length);
      }),
      { numRuns: runs(60) },
    );
  });

  it("of one access type lands on that type alone", () => {
    const cities: City[] = [{ id: "c0", name: "C", country: "DE", latitude: 0, longitude: 0, population: 5 }];
    const rows =
      "demand: [{ area: c0, workload: chat, access: lte, peak: 3 req/s }, { area: c0, workload: chat, peak: 10 req/s }]";
    const world = resolve(cities, 1, [50, 50, 0], rows);
    const byAccess = world.demand.map((row) => [world.accessTypes[row.access]!.id, row.peakPerS[0]!] as const);
    expect(new Map(byAccess)).toEqual(
      new Map([
        ["fibre", 5],
        ["cable", 5],
        ["lte", 3],
      ]),
    );
  });
});
