import { describe, expect, it } from "vitest";
import { findFigures, listFigures } from "./find-figures.ts";

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
