import { describe, expect, it } from "vitest";
import { figureTables, findFigures, listFigures } from "./find-figures.ts";
import type { City } from "./places.ts";

describe("findFigures", () => {
  it("finds a thing by its id and one fact of it by name, whatever the letter case", () => {
    const chip = findFigures("h100-sxm");
    expect(chip.rows.length).toBeGreaterThan(8);
    const memory = findFigures("H100-SXM.memorygb").rows;
    expect(memory).toEqual([
      expect.objectContaining({
        path: "accelerators.h100-sxm.memoryGB",
        value: 80,
        unit: "GB",
        source: "aic-systems",
        confidence: "vendor",
      }),
    ]);
    expect(findFigures("accelerators.h100-sxm.memoryGB").rows).toEqual(memory);
  });

  it("copes with ids that hold dots", () => {
    const paths = findFigures("llama-3.1-8b").rows.map((row) => row.path);
    expect(paths).toContain("models.llama-3.1-8b.totalParameters");
    expect(paths.every((path) => path.startsWith("models.llama-3.1-8b."))).toBe(true);
  });

  it("shows prices, electricity, and law by country", () => {
    expect(findFigures("prices.egress").rows.length).toBeGreaterThanOrEqual(6);
    expect(findFigures("electricity.DE").rows).toHaveLength(1);
    const [rule] = findFigures("residency.DE.personal").rows;
    expect(rule?.value).toMatch(/^DE .*\bFR\b/);
    expect(rule?.note).toContain("GDPR");
    expect(findFigures("export.CN").rows.map((row) => row.value)).toEqual(["restricted", 21_000, 6_500]);
  });

  it("takes the name of a country for its code", () => {
    expect(findFigures("residency.germany.personal").rows).toEqual(findFigures("residency.DE.personal").rows);
    expect(findFigures("United Kingdom").rows).toEqual(findFigures("GB").rows);
  });

  it("shows a city by id or by name when it is given a gazetteer", () => {
    const city = (id: string, name: string, population: number): City => ({
      id,
      name,
      country: "DE",
      latitude: 50,
      longitude: 8,
      population,
    });
    const places = { cities: () => [city("koln-de", "Köln", 963_395), city("koln-de-7", "Köln", 12)] };
    const paths = (query: string) => findFigures(query, places).rows.map((row) => row.path);
    expect(paths("koln-de")).toEqual(["population", "latitude", "longitude"].map((name) => `cities.koln-de.${name}`));
    expect(paths("köln").filter((path) => path.endsWith("population"))).toHaveLength(2);
    expect(findFigures("koln-de").rows).toEqual([]);
  });

  it("names its tables and their entries, ids with dots among them", () => {
    const tables = new Map(figureTables().map(({ name, entries }) => [name, entries]));
    expect(tables.get("models")).toContain("qwen3-0.6b");
    expect(tables.get("accelerators")!.length).toBeGreaterThanOrEqual(15);
    expect(tables.get("metros")!.length).toBeGreaterThanOrEqual(100);
    const paths = listFigures().map((row) => row.path);
    for (const [name, entries] of tables) {
      for (const entry of entries) {
        const start = `${name}.${entry}`;
        expect(
          paths.some((path) => path === start || path.startsWith(`${start}.`)),
          start,
        ).toBe(true);
      }
    }
  });

  it("suggests the nearest names for an unknown one", () => {
    expect(findFigures("h100-sxn").rows).toEqual([]);
    expect(findFigures("h100-sxn").suggestions).toContain("h100-sxm");
    expect(findFigures("elektricity.DE").suggestions[0]).toBe("electricity.DE");
    expect(findFigures("zzzzzzzz").suggestions).toEqual([]);
  });

  it("lists everything under an empty prefix", () => {
    expect(listFigures().length).toBeGreaterThan(1_500);
    expect(listFigures("modules").every((row) => row.path.startsWith("modules."))).toBe(true);
  });
});
